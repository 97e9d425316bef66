"""One trial's training: Keras's own fit and callbacks, tied to Optuna's reports and pruning."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from objectives.wording import by_nearness

if TYPE_CHECKING:
    import optuna

    from objectives.data import SearchData
    from objectives.settings import EarlyStopping, TrainSettings


class TrainingFault(Exception):
    """The training cannot be judged as the study asks."""


@dataclass(kw_only=True)
class Recorder:
    """Reports the metric of every epoch to the trial, and decides when training ends.

    Nothing is raised while Keras trains, because its other callbacks would then never see
    `on_train_end`: what goes wrong, and the wish to prune, wait for `raise_what_waited`.
    """

    model: Any
    trial: optuna.Trial
    metric: str
    epochs: int
    values: list[float] = field(default_factory=list)
    """The metric of each epoch that was run."""
    curves: dict[str, list[float | None]] = field(default_factory=dict)
    """Every log of each epoch, 6 significant digits; None where it was not finite, as JSON wants."""
    pruned: bool = False
    _raised: BaseException | None = None

    def __post_init__(self) -> None:
        # A trial that was handed back keeps its reports, and Optuna warns at each that comes again.
        frozen = getattr(self.trial, "_cached_frozen_trial", None)
        self._reported = set(frozen.intermediate_values) if frozen is not None else set()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keras's hook; `epoch` counts from 0."""
        try:
            self._record(epoch, logs or {})
        # Also the worker's own interruption, which need be no Exception.
        except BaseException as error:  # noqa: BLE001
            self._raised = error
            self.model.stop_training = True

    def raise_what_waited(self) -> None:
        """Raise, after training, whatever was raised during it."""
        if self._raised is not None:
            raise self._raised

    def _record(self, epoch: int, logs: dict[str, float]) -> None:
        if self.metric not in logs:
            near = ", ".join(by_nearness(self.metric, logs))
            raise TrainingFault(f"no metric {self.metric!r} in what this model logs; there are: {near}")
        for name, log in logs.items():
            self.curves.setdefault(name, []).append(_rounded(float(log)))
        value = float(logs[self.metric])
        self.values.append(value)
        if epoch not in self._reported:
            self.trial.report(value, step=epoch)
        if not math.isfinite(value):
            self.model.stop_training = True
        # Early stopping has spoken before: a trial that is over anyway is complete, not pruned.
        elif epoch + 1 < self.epochs and not self.model.stop_training and self.trial.should_prune():
            self.pruned = True
            self.model.stop_training = True

    @property
    def ended(self) -> str:
        """Why training is over: "all epochs", "early stopping", "pruned" or "diverged"."""
        if self.values and not math.isfinite(self.values[-1]):
            return "diverged"
        if self.pruned:
            return "pruned"
        return "all epochs" if len(self.values) == self.epochs else "early stopping"


def fit(
    model: Any,
    data: SearchData,
    trial: optuna.Trial,
    *,
    epochs: int,
    batch_size: int,
    metric: str,
    direction: str,
    train: TrainSettings,
) -> float:
    """Train a compiled Keras model and return the trial's value; NaN when the metric diverged.

    Every epoch's metric is reported under its number from 0. Afterwards the trial has the user
    attributes `epochs` (run), `ended` (see Recorder), `curves`, and, unless it diverged,
    `best_epoch` (the step whose metric is the trial's value) and `value_rule` ("best val_accuracy"
    or "last val_accuracy"). Raises `optuna.TrialPruned` for a pruned trial, TrainingFault for a
    metric that is not there, and whatever reporting raised; Keras's callbacks have ended by then.
    """
    import keras

    recorder = Recorder(model=model, trial=trial, metric=metric, epochs=epochs)
    callbacks = _early_stopping(train.early_stopping, metric, direction)
    callbacks.append(keras.callbacks.LambdaCallback(on_epoch_end=recorder.on_epoch_end))
    model.fit(
        data.x_train,
        data.y_train,
        validation_data=(data.x_validation, data.y_validation),
        epochs=epochs,
        batch_size=batch_size,
        callbacks=callbacks,
        verbose=0,
    )
    recorder.raise_what_waited()
    # Optuna takes the last report as the value of a pruned trial, whatever the study's rule is.
    rule = "last" if recorder.pruned else train.value
    return _concluded(recorder, rule, direction)


def _concluded(recorder: Recorder, rule: str, direction: str) -> float:
    facts: dict[str, Any] = {
        "epochs": len(recorder.values),
        "ended": recorder.ended,
        "curves": recorder.curves,
    }
    value = math.nan
    if recorder.ended != "diverged":
        best = max if direction == "maximize" else min
        value = recorder.values[-1] if rule == "last" else best(recorder.values)
        last = len(recorder.values) - 1
        facts["best_epoch"] = last if rule == "last" else recorder.values.index(value)
        facts["value_rule"] = f"{rule} {recorder.metric}"
    for name, fact in facts.items():
        recorder.trial.set_user_attr(name, fact)
    if recorder.pruned:
        from optuna import TrialPruned

        raise TrialPruned(f"pruned after {len(recorder.values)} of {recorder.epochs} epochs")
    return value


def _early_stopping(settings: EarlyStopping | None, metric: str, direction: str) -> list[Any]:
    import keras

    if settings is None:
        return []
    mode = "max" if direction == "maximize" else "min"
    return [
        keras.callbacks.EarlyStopping(
            monitor=metric, mode=mode, patience=settings.patience, min_delta=settings.min_delta
        )
    ]


def _rounded(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None
