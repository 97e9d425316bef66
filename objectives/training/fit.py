"""One run's training: the loop over its epochs, in which Keras's callbacks and our listeners are heard."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from objectives.training.costs import model_costs
from objectives.training.metrics import METRICS, VALIDATION, scores
from objectives.training.run import Listener, Pruned, RunState
from objectives.training.scoring import Scoring
from objectives.training.trainers.base import Trainer, Training

if TYPE_CHECKING:
    import keras


def fit(
    training: Training,
    state: RunState,
    *,
    trainer: Trainer,
    scoring: Scoring,
    seed_of: Callable[..., int],
    listeners: Sequence[Listener] = (),
) -> RunState:
    """Train from that state until the run is over; return its last state.

    `seed_of(epoch)` decides what is random in an epoch beside the layers, so that the curve is that of a run never
    interrupted. Keras's callbacks see their `on_train_end` whatever is raised.

    Raises:
        TrainingError: a metric is not among the logs.
    """
    import keras

    loop = _Loop(training, trainer, scoring, seed_of, listeners)
    callbacks = keras.callbacks.CallbackList(
        [*training.callbacks, keras.callbacks.LambdaCallback(on_epoch_end=loop.note)],
        model=training.model,
        epochs=state.epochs,
        steps=-(-len(training.data.x_train) // training.batch_size),
        verbose=0,
    )
    training.model.stop_training = False
    callbacks.on_train_begin()
    try:
        if state.logs:
            loop.resume(state, callbacks)
        if not state.reported:
            state = loop.report(state)
        while not state.over:
            state = loop.report(loop.advance(state, callbacks))
    finally:
        callbacks.on_train_end()
    return state


@dataclass
class _Loop:
    training: Training
    trainer: Trainer
    scoring: Scoring
    seed_of: Callable[..., int]
    listeners: Sequence[Listener]
    noted: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.costs = model_costs(self.training.model, self.scoring.metrics)

    def note(self, epoch: int, logs: dict[str, float]) -> None:
        """The last of Keras's callbacks, since each list of them has a copy of the logs."""
        self.noted = {name: float(value) for name, value in logs.items()}

    def resume(self, state: RunState, callbacks: keras.callbacks.CallbackList) -> None:
        """Bring the callbacks to where they were by the logs they have seen, and then the listeners the model."""
        for epoch, logs in enumerate(state.logs):
            callbacks.on_epoch_begin(epoch)
            callbacks.on_epoch_end(epoch, dict(logs))
        for listener in self.listeners:
            listener.on_resume(state)

    def advance(self, state: RunState, callbacks: keras.callbacks.CallbackList) -> RunState:
        """The state after one more epoch."""
        import numpy as np

        epoch, began = state.epoch, time.monotonic()
        callbacks.on_epoch_begin(epoch)
        # The layers' own random states are variables of the model. Not `keras.utils.set_random_seed`: TensorFlow
        # forgets its compiled kernels at that, and makes them again in every epoch (0.1 s).
        random.seed(self.seed_of(epoch))
        np.random.seed(self.seed_of(epoch))
        logs = self.trainer.epoch(state)
        callbacks.on_epoch_end(epoch, {**logs, **_predicted(self.training, self.trainer, self.scoring.metrics, logs)})
        seconds = state.seconds + time.monotonic() - began
        logs = {**self.noted, **self.costs}
        if "seconds" in self.scoring.metrics:
            logs["seconds"] = seconds
        # Refuses a metric that is not there before anybody hears of the epoch.
        self.scoring.values(logs)
        return replace(
            state,
            logs=(*state.logs, logs),
            seconds=seconds,
            diverged=self.scoring.not_finite(logs) is not None,
            stopped=bool(self.training.model.stop_training),
            reported=False,
        )

    def report(self, state: RunState) -> RunState:
        """The state after all listeners have heard of it."""
        try:
            for listener in self.listeners:
                listener.on_epoch(state)
        except Pruned:
            return replace(state, pruned=True, reported=True)
        except BaseException:
            for listener in self.listeners:
                listener.on_interrupt(state)
            raise
        return replace(state, reported=True)


def _predicted(training: Training, trainer: Trainer, wanted: Sequence[str], logs: dict[str, float]) -> dict[str, float]:
    """The metrics that Keras has not computed, from the predictions."""
    data = training.data
    parts = {VALIDATION: (data.x_validation, data.y_validation), "": (data.x_train, data.y_train)}
    scored = [name for name in wanted if name not in logs and name in METRICS and METRICS[name].score is not None]
    found: dict[str, float] = {}
    for prefix, (x, y) in parts.items():
        names = [name.removeprefix(VALIDATION) for name in scored if name.startswith(VALIDATION) == bool(prefix)]
        if names:
            output = trainer.predict(x)
            if data.target is not None:
                y, output = data.target.undo(y), data.target.undo(output)
            found |= {f"{prefix}{name}": value for name, value in scores(names, y, output, data.classes).items()}
    return found
