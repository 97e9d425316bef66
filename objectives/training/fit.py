"""One run's training: Keras's own fit and callbacks, with the record that the trial is judged by."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from objectives.training.batches import EpochOrder, training_batches
from objectives.training.metrics import METRICS, VALIDATION, scores
from objectives.training.recorder import Recorder
from objectives.training.settings import TrainSettings

if TYPE_CHECKING:
    import numpy as np

    from objectives.data.arrays import SearchData

    Array = np.ndarray[Any, Any]
    from objectives.training.scoring import Goal


@dataclass(kw_only=True)
class Training:
    """One model ready to be trained on one division of the data."""

    model: Any
    """A `keras.Model`, compiled with its optimizer and loss, and the metrics "accuracy" for classes, "mae" else."""
    data: SearchData
    """As this model wants it."""
    batch_size: int
    callbacks: list[Any] = field(default_factory=list)
    """Keras's. What changes in them must lie in plain attributes, which resuming.Keeper saves."""
    row_weights: Array | None = None
    """What each training row counts in the loss, shape (rows,), float32. None: all alike."""


def fit(training: Training, recorder: Recorder, callbacks: Sequence[Any], seed_of: Callable[..., int]) -> None:
    """Train until the recorder says that it is over; go on where it was resumed.

    `seed_of(epoch, ...)` decides what is random in an epoch, so that the curve is that of a run never interrupted.
    Raises TrainingError for a metric that is not there, and whatever reporting raised; Keras's callbacks have ended
    by then.
    """
    import keras
    import numpy as np

    model, data = training.model, training.data
    order = EpochOrder(rows=len(data.x_train), seed_of=lambda epoch: seed_of(epoch, "rows"))

    def on_epoch_begin(epoch: int, logs: dict[str, float] | None = None) -> None:
        order.epoch = epoch
        # The layers' own random states are variables of the model. Not `keras.utils.set_random_seed`: TensorFlow
        # forgets its compiled kernels at that, and makes them again in every epoch (0.1 s).
        random.seed(seed_of(epoch))
        np.random.seed(seed_of(epoch))

    ours = keras.callbacks.LambdaCallback(
        on_train_begin=recorder.on_train_begin, on_epoch_begin=on_epoch_begin, on_epoch_end=recorder.on_epoch_end
    )
    if not recorder.over:
        model.fit(
            training_batches(data.x_train, data.y_train, training.batch_size, order, training.row_weights),
            validation_data=(data.x_validation, data.y_validation),
            validation_batch_size=training.batch_size,
            initial_epoch=len(recorder.rows),
            epochs=recorder.epochs,
            shuffle=False,
            callbacks=[*_scoring(training, recorder.goal.metrics), *callbacks, ours],
            verbose=0,
        )
    recorder.raise_what_waited()


def _scoring(training: Training, wanted: Sequence[str]) -> list[Any]:
    """A callback, first of all, that adds what Keras has not computed to the logs that the others read."""
    import keras

    data = training.data
    parts = {VALIDATION: (data.x_validation, data.y_validation), "": (data.x_train, data.y_train)}
    scored = [name for name in wanted if name in METRICS and METRICS[name].score is not None]

    def add(epoch: int, logs: dict[str, float]) -> None:
        for prefix, (x, y) in parts.items():
            names = [
                name.removeprefix(VALIDATION)
                for name in scored
                if name not in logs and name.startswith(VALIDATION) == bool(prefix)
            ]
            if names:
                output = training.model.predict(x, batch_size=training.batch_size, verbose=0)
                logs.update({f"{prefix}{name}": v for name, v in scores(names, y, output, data.classes).items()})

    return [keras.callbacks.LambdaCallback(on_epoch_end=add)] if scored else []


def early_stopping(train: TrainSettings, goal: Goal) -> list[Any]:
    """The callback that the settings ask for, if any."""
    import keras

    settings = train.early_stopping
    if settings is None:
        return []
    metric, direction = goal.monitored
    mode = "max" if direction == "maximize" else "min"
    return [
        keras.callbacks.EarlyStopping(
            monitor=metric, mode=mode, patience=settings.patience, min_delta=settings.min_delta
        )
    ]
