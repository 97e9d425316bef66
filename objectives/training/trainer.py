"""What trains one epoch: the seam behind which Keras's own `fit` stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from objectives.training.batches import EpochOrder, training_batches, validation_batches
from objectives.training.run import RunState

if TYPE_CHECKING:
    import keras
    import numpy as np

    from objectives.data.arrays import SearchData

TRAINING_VERSION = 3
"""Of what training makes of a configuration and a seed. CONTRIBUTING.md says when it is raised."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """One model ready to be trained on one split of the data."""

    model: keras.Model
    """Compiled with its optimizer and loss, and the metrics "accuracy" for classes, "mae" else."""
    data: SearchData
    """As this model wants it."""
    batch_size: int
    callbacks: Sequence[keras.callbacks.Callback] = ()
    """They hear of the training and its epochs, not of batches. What they do follows from the logs: a run that goes on
    in another process brings them there by the logs of the epochs before."""
    sample_weight: np.ndarray | None = None
    """What each training row counts in the loss, shape (rows,), float32. None: all alike."""


class Trainer(Protocol):
    """Trains a model epoch by epoch. All that it keeps between two epochs lies in the variables of the model."""

    def epoch(self, state: RunState) -> dict[str, float]:
        """Train epoch `state.epoch` and return what Keras would log of it, the validation split's after `val_`."""


class FitTrainer:
    """Keras's `fit`, one epoch a call."""

    def __init__(self, training: Training, seed_of: Callable[[int], int]) -> None:
        """`seed_of(epoch)` decides the order of the rows in an epoch."""
        data = training.data
        self._model = training.model
        self._order = EpochOrder(rows=len(data.x_train), seed_of=seed_of)
        self._batches = training_batches(
            data.x_train, data.y_train, training.batch_size, self._order, training.sample_weight
        )
        # Made once: from arrays, Keras makes its pipeline anew in every call (a fifth of a small network's training).
        self._validation = validation_batches(data.x_validation, data.y_validation, training.batch_size)

    def epoch(self, state: RunState) -> dict[str, float]:
        """Train one epoch."""
        self._order.epoch = state.epoch
        history = self._model.fit(
            self._batches,
            validation_data=self._validation,
            initial_epoch=state.epoch,
            epochs=state.epoch + 1,
            shuffle=False,
            verbose=0,
        ).history
        return {name: values[-1] for name, values in history.items()}
