"""Keras's own `fit`, one epoch a call: on every backend and device."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from objectives.training.run import RunState
from objectives.training.trainers.base import Training, forget_models
from objectives.training.trainers.batches import EpochOrder, training_batches, validation_batches

if TYPE_CHECKING:
    import numpy as np


class FitTrainer:
    """Calls `fit` for each epoch."""

    def __init__(self, training: Training, seed_of: Callable[[int], int]) -> None:
        """`seed_of(epoch)` decides the order of the rows in an epoch."""
        data = training.data
        self._model = training.model
        self._batch_size = training.batch_size
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

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Predict by Keras's `predict`."""
        found: np.ndarray = self._model.predict(x, batch_size=self._batch_size, verbose=0)
        return found

    def close(self) -> None:
        """Have Keras forget the model."""
        forget_models()
