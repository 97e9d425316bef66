"""The seam behind which an epoch is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

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
    metrics: Sequence[str | keras.metrics.Metric] | None = None
    """Those that the model was compiled with. None: not known, so that its program is for this model alone."""
    callbacks: Sequence[keras.callbacks.Callback] = ()
    """They hear of the training and its epochs, not of batches. What they do follows from the logs: a run that goes on
    in another process brings them there by the logs of the epochs before."""
    sample_weight: np.ndarray | None = None
    """What each training row counts in the loss, shape (rows,), float32. None: all alike."""


class Trainer(Protocol):
    """Trains a model epoch by epoch. All that it keeps between two epochs lies in the variables of the model."""

    def epoch(self, state: RunState) -> dict[str, float]:
        """Train epoch `state.epoch` and return what Keras would log of it, the validation split's after `val_`."""

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the outputs of the model for those inputs of the training, as its `predict` does."""

    def close(self) -> None:
        """Let go of what the framework keeps of this training beside the model."""


def forget_models() -> None:
    """Let go of what Keras and TensorFlow keep of every model, compiled programs included (optuna#1178)."""
    import keras

    keras.backend.clear_session(free_memory=False)
