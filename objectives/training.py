"""One trial's training: Keras's own fit and callbacks, tied to Optuna's reports and pruning."""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from objectives.batches import EpochOrder, training_batches
from objectives.resuming import Keeper
from objectives.seeds import derive_seed
from objectives.wording import by_nearness

if TYPE_CHECKING:
    import numpy as np
    import optuna

    from objectives.data import SearchData
    from objectives.settings import EarlyStopping, TrainSettings

    Array = np.ndarray[Any, Any]

log = logging.getLogger("studyhall.training")


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
    keeper: Keeper
    values: list[float] = field(default_factory=list)
    """The metric of each epoch that was run."""
    curves: dict[str, list[float | None]] = field(default_factory=dict)
    """Every log of each epoch, 6 significant digits; None where it was not finite, as JSON wants."""
    diverged: bool = False
    stopped: bool = False
    """Whether another callback ended training."""
    pruned: bool = False
    _raised: BaseException | None = None

    def __post_init__(self) -> None:
        # A trial that was handed back keeps its reports, and Optuna warns at each that comes again.
        frozen = getattr(self.trial, "_cached_frozen_trial", None)
        self._reported = set(frozen.intermediate_values) if frozen is not None else set()
        # Epochs before this one were judged by the attempt that reported a later one.
        self._judged = max(self._reported, default=0)

    def resume(self) -> None:
        """Go on from the trial's checkpoint, if it has one that fits; see `_tell` for what is raised."""
        progress = self.keeper.restore()
        if progress is None:
            return
        self.values, self.curves = progress["values"], progress["curves"]
        self.diverged, self.stopped = progress["diverged"], progress["stopped"]
        resumed_at = [*self.trial.user_attrs.get("resumed_at", []), len(self.values)]
        self.trial.set_user_attr("resumed_at", resumed_at)
        log.info("trial %d goes on with epoch %d", self.trial.number, len(self.values))
        if not progress["told"]:
            self._tell()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keras's hook, after those of all other callbacks; `epoch` counts from 0."""
        try:
            self._note(logs or {})
            self._tell_and_keep()
        # Also the worker's own interruption, which need be no Exception.
        except BaseException as error:  # noqa: BLE001
            self._raised = error
        if self.over or self._raised is not None:
            self.model.stop_training = True

    def raise_what_waited(self) -> None:
        """Raise, after training, whatever was raised during it."""
        if self._raised is not None:
            raise self._raised

    def _note(self, logs: dict[str, float]) -> None:
        if self.metric not in logs:
            near = ", ".join(by_nearness(self.metric, logs))
            raise TrainingFault(f"no metric {self.metric!r} in what this model logs; there are: {near}")
        for name, value in logs.items():
            self.curves.setdefault(name, []).append(_rounded(float(value)))
        self.values.append(float(logs[self.metric]))
        self.stopped = bool(self.model.stop_training)
        # An accuracy stays finite when the weights no longer are.
        judged_by = {self.metric, "loss", "val_loss"} & set(logs)
        if broken := sorted(name for name in judged_by if not math.isfinite(logs[name])):
            log.warning("trial %d diverged: %s is %s", self.trial.number, broken[0], logs[broken[0]])
            self.diverged = True

    def _tell_and_keep(self) -> None:
        try:
            self._tell()
        except BaseException:
            # The trial is handed back, and this epoch need not be trained again.
            self.keeper.save(self._progress(told=False))
            raise
        if not self.over:
            self.keeper.save_if_due(self._progress(told=True))

    def _progress(self, *, told: bool) -> dict[str, Any]:
        return {
            "values": self.values,
            "curves": self.curves,
            "diverged": self.diverged,
            "stopped": self.stopped,
            "told": told,
        }

    def _tell(self) -> None:
        """Report the last epoch and ask about pruning; raises what these raise, an interruption among it."""
        step, value = len(self.values) - 1, self.values[-1]
        # A worker's trial keeps the first value of a step itself, and is asked so that it can interrupt.
        if step not in self._reported or self.keeper.checkpoint is not None:
            self.trial.report(value, step=step)
        # Early stopping has spoken before: a trial that is over anyway is complete, not pruned.
        if not self.over and step >= self._judged:
            self.pruned = self.trial.should_prune()

    @property
    def over(self) -> bool:
        """Whether no epoch is to follow."""
        return self.diverged or self.pruned or self.stopped or len(self.values) >= self.epochs

    @property
    def ended(self) -> str:
        """Why training is over: "all epochs", "early stopping", "pruned" or "diverged"."""
        if self.diverged:
            return "diverged"
        if self.pruned:
            return "pruned"
        return "all epochs" if len(self.values) == self.epochs else "early stopping"


def fit(
    model: Any,
    data: SearchData,
    trial: optuna.Trial,
    *,
    seed: int,
    epochs: int,
    batch_size: int,
    metric: str,
    direction: str,
    train: TrainSettings,
    callbacks: Sequence[Any] = (),
    row_weights: Array | None = None,
) -> float:
    """Train a compiled Keras model and return the trial's value; NaN when training diverged.

    `callbacks` are asked before early stopping; `row_weights` weigh the training rows in the loss. Every
    epoch's metric is reported under its number from 0.
    Afterwards the trial has the user attributes `epochs` (run), `ended` (see Recorder), `curves`, and, unless it
    diverged, `best_epoch` (the step whose metric is the trial's value) and `value_rule` ("best val_accuracy"
    or "last val_accuracy"). Raises `optuna.TrialPruned` for a pruned trial, TrainingFault for a
    metric that is not there, and whatever reporting raised; Keras's callbacks have ended by then.

    A trial with a `checkpoint` (see objective.Checkpoint) that was handed back goes on where it was,
    and its user attribute `resumed_at` lists the epochs with which it went on. What is random in an
    epoch is decided by `seed` (the study's), the trial's number and the epoch, so that the curve is that of a trial
    never interrupted.
    """
    import keras
    import numpy as np

    def seed_of(epoch: int, *use: str) -> int:
        return derive_seed(seed, "trial", trial.number, "epoch", epoch, *use)

    order = EpochOrder(rows=len(data.x_train), seed_of=lambda epoch: seed_of(epoch, "rows"))

    def on_epoch_begin(epoch: int, logs: dict[str, float] | None = None) -> None:
        order.epoch = epoch
        # The layers' own random states are variables of the model. Not `keras.utils.set_random_seed`: TensorFlow
        # forgets its compiled kernels at that, and makes them again in every epoch (0.1 s).
        random.seed(seed_of(epoch))
        np.random.seed(seed_of(epoch))

    made_from = {
        "parameters": trial.params,
        "seed": seed_of(0),
        "epochs": epochs,
        "batch_size": batch_size,
        "metric": f"{direction} {metric}",
        "train": train.model_dump(mode="json"),
        "data": [data.origin, len(data.x_train), len(data.x_validation)],
    }
    callbacks = [*callbacks, *_early_stopping(train.early_stopping, metric, direction)]
    checkpoint = getattr(trial, "checkpoint", None)
    keeper = Keeper(checkpoint=checkpoint, model=model, callbacks=callbacks, made_from=made_from)
    recorder = Recorder(model=model, trial=trial, metric=metric, epochs=epochs, keeper=keeper)
    recorder.resume()
    if not recorder.over:
        ours = keras.callbacks.LambdaCallback(
            on_train_begin=lambda logs: keeper.restore_callbacks(),
            on_epoch_begin=on_epoch_begin,
            on_epoch_end=recorder.on_epoch_end,
        )
        model.fit(
            training_batches(data.x_train, data.y_train, batch_size, order, row_weights),
            validation_data=(data.x_validation, data.y_validation),
            validation_batch_size=batch_size,
            initial_epoch=len(recorder.values),
            epochs=epochs,
            shuffle=False,
            callbacks=[*callbacks, ours],
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
