"""What a trial is told while it trains: every epoch's metric, and whether it is worth going on."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from objectives.errors import TrainingError
from objectives.training.checkpointing import Keeper
from objectives.training.scoring import Goal
from objectives.wording import by_nearness

if TYPE_CHECKING:
    import optuna

log = logging.getLogger("studyhall.training")


@dataclass
class Reporter:
    """Reports to one trial, and asks whether it is to be pruned."""

    trial: optuna.Trial
    several: bool
    """Whether the study has several objectives; Optuna refuses reports then."""

    def __post_init__(self) -> None:
        # A trial that was handed back keeps its reports, and Optuna warns at each that comes again.
        frozen = getattr(self.trial, "_cached_frozen_trial", None)
        self._reported = set(frozen.intermediate_values) if frozen is not None else set()
        # Steps before this one were judged by the attempt that reported a later one.
        self._judged = max(self._reported, default=0)

    def tell(self, step: int, value: float, *, ask: bool) -> bool:
        """Report a step; return whether the trial is to be pruned, if that is asked.

        Raises what reporting raises, an interruption by the worker among it.
        """
        if self.several:
            if (obey := getattr(self.trial, "stop_if_asked", None)) is not None:
                obey()
            return False
        # A worker's trial keeps the first value of a step itself, and is asked so that it can interrupt.
        if step not in self._reported or getattr(self.trial, "checkpoint", None) is not None:
            self.trial.report(value, step=step)
        return ask and step >= self._judged and self.trial.should_prune()


@dataclass(kw_only=True)
class Recorder:
    """Notes every epoch of one run, reports it to the trial, and decides when training ends.

    Nothing is raised while Keras trains, because its other callbacks would then never see
    `on_train_end`: what goes wrong, and the wish to prune, wait for `raise_what_waited`.
    """

    model: Any
    reporter: Reporter
    goal: Goal
    epochs: int
    keeper: Keeper
    costs: Mapping[str, float] = field(default_factory=dict)
    """Those of the model that the goal wants; `seconds` is added."""
    finished: Sequence[Mapping[str, Any]] = ()
    """The results of the trial's runs before this one (see evaluation.evaluate)."""
    is_last: bool = True
    """Whether no run follows."""
    seconds: float = 0.0
    """Of all epochs of the trial up to now, whichever attempts ran them."""
    rows: list[list[float]] = field(default_factory=list)
    """The goal's metrics of each epoch that was run."""
    curves: dict[str, list[float | None]] = field(default_factory=dict)
    """Every log of each epoch, 6 significant digits; None where it was not finite, as JSON wants."""
    diverged: bool = False
    stopped: bool = False
    """Whether another callback ended training."""
    pruned: bool = False
    _raised: BaseException | None = None
    _since: float = field(default_factory=time.monotonic)

    def resume(self) -> bool:
        """Go on from the trial's checkpoint, if it has one that fits; see `_tell` for what is raised."""
        progress = self.keeper.restore()
        if progress is None:
            return False
        self.rows, self.curves, self.seconds = progress["rows"], progress["curves"], progress["seconds"]
        self.diverged, self.stopped = progress["diverged"], progress["stopped"]
        trial, step = self.reporter.trial, self._step + 1
        trial.set_user_attr("resumed_at", [*trial.user_attrs.get("resumed_at", []), step])
        log.info("trial %d goes on with epoch %d", trial.number, step)
        if not progress["told"]:
            self._tell()
        return True

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Keras's hook, after those of all other callbacks."""
        self.keeper.restore_callbacks()
        self._since = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keras's hook, after those of all other callbacks; `epoch` counts from 0."""
        now = time.monotonic()
        self.seconds, self._since = self.seconds + now - self._since, now
        try:
            self._note({} if logs is None else logs)
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
        asked = {**self.costs, "seconds": self.seconds} if "seconds" in self.goal.metrics else self.costs
        found = {**logs, **asked}
        if missing := [name for name in self.goal.metrics if name not in found]:
            near = ", ".join(by_nearness(missing[0], found))
            raise TrainingError(f"no metric {missing[0]!r} in what this model logs; there are: {near}")
        for name, value in found.items():
            self.curves.setdefault(name, []).append(_rounded(float(value)))
        self.rows.append([float(found[name]) for name in self.goal.metrics])
        self.stopped = bool(self.model.stop_training)
        # An accuracy stays finite when the weights no longer are.
        judged_by = {*self.goal.metrics, "loss", "val_loss"} & set(found)
        if broken := sorted(name for name in judged_by if not math.isfinite(found[name])):
            log.warning("trial %d diverged: %s is %s", self.reporter.trial.number, broken[0], found[broken[0]])
            self.diverged = True

    def _tell_and_keep(self) -> None:
        try:
            self._tell()
        except BaseException:
            # The trial is handed back, and this epoch need not be trained again.
            self.keeper.save(self._progress(told=False))
            raise
        if not self._ends_trial:
            self.keeper.save_if_due(self._progress(told=True))

    def _progress(self, *, told: bool) -> dict[str, Any]:
        return {
            "finished": [dict(result) for result in self.finished],
            "seconds": self.seconds,
            "rows": self.rows,
            "curves": self.curves,
            "diverged": self.diverged,
            "stopped": self.stopped,
            "told": told,
        }

    def _tell(self) -> None:
        """Report the last epoch and ask about pruning; raises what these raise, an interruption among it."""
        # Early stopping has spoken before: a trial that is over anyway is complete, not pruned.
        self.pruned = self.reporter.tell(self._step, self._running_mean, ask=not self._ends_trial)

    @property
    def _step(self) -> int:
        """Runs have their steps in common with those of other trials, however early one of them was stopped."""
        return len(self.finished) * self.epochs + len(self.rows) - 1

    @property
    def _running_mean(self) -> float:
        values = [result["values"] for result in self.finished]
        return self.goal.over_runs([*values, self.rows[-1]])[0]

    @property
    def over(self) -> bool:
        """Whether no epoch is to follow in this run."""
        return self.diverged or self.pruned or self.stopped or len(self.rows) >= self.epochs

    @property
    def _ends_trial(self) -> bool:
        return self.over and (self.is_last or self.diverged or self.pruned)

    @property
    def ended(self) -> str:
        """Why training is over: "all epochs", "early stopping", "pruned" or "diverged"."""
        if self.diverged:
            return "diverged"
        if self.pruned:
            return "pruned"
        return "all epochs" if len(self.rows) == self.epochs else "early stopping"

    @property
    def rule(self) -> str:
        """Which epoch speaks: Optuna takes the last report as the value of a pruned trial, whatever the study says."""
        return "last" if self.pruned else self.goal.rule

    def result(self) -> dict[str, Any]:
        """What is kept of this run when it is over; without `values` and `best_epoch` where it diverged."""
        facts: dict[str, Any] = {"epochs": len(self.rows), "ended": self.ended, "curves": self.curves}
        if not self.diverged:
            facts["values"] = self.goal.value(self.rows, self.rule)
            facts["best_epoch"] = self.goal.speaker(self.rows, self.rule)
        return facts


def _rounded(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None
