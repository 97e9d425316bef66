"""A trial that trains: every epoch is reported to it, its pruner asked, and its user attributes say what came of it."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from objectives.seeds import derive_seed
from objectives.training.cross_validation import cross_validate, run_count
from objectives.training.run import Listener, Pruned, RunResult, RunState, StopReason, mean_curves
from objectives.training.scoring import Scoring

if TYPE_CHECKING:
    from objectives.data.arrays import SearchData
    from objectives.objective import Checkpoint
    from objectives.training.task import Task
    from objectives.training.trainers.base import Training

log = logging.getLogger("studyhall.training")


class ReportingTrial(Protocol):
    """What is asked of a trial; every `optuna.Trial` fits."""

    @property
    def number(self) -> int:
        """Its place in the study, from 0."""

    @property
    def params(self) -> dict[str, Any]:
        """Those that were suggested."""

    @property
    def user_attrs(self) -> dict[str, Any]:
        """What `set_user_attr` has set."""

    def report(self, value: float, step: int) -> None:
        """Take the value of one step."""

    def should_prune(self) -> bool:
        """Whether the trial is not worth going on, by its reports."""

    def set_user_attr(self, key: str, value: Any) -> None:
        """Keep a fact."""


@runtime_checkable
class WorkerTrial(Protocol):
    """What the trial of a worker has beyond those of plain Optuna."""

    checkpoint: Checkpoint

    def stop_if_asked(self) -> None:
        """Raise where the worker has to stop; `report` and `should_prune` do so too."""


def train_trial(
    trial: ReportingTrial, splits: Sequence[SearchData], make: Callable[[SearchData], Training], task: Task
) -> float | list[float]:
    """Train a trial on every split, `task.train.seeds` times; return its value, NaN when it diverged.

    Everything random follows from the study's seed, the trial's number and the run, so that a trial which another
    worker repeats starts alike. The value is the mean over the runs: of the best or the last epoch's metric of each.
    With several metrics it is a list in their order, all of the epoch that is best by the first which is no cost;
    costs are the last run's, and `seconds` those of all runs.

    Epoch e (from 0) of run r is reported as step r * epochs + e, with the mean of the finished runs' values and this
    epoch's, so that a pruner compares trials after the same work (optuna#4373).

    Afterwards the trial has the user attributes `epochs` (run), `ended` ("all epochs", "early stopping", "pruned" or
    "diverged"), `curves`, and, unless it diverged, `value_rule` ("best val_accuracy" or "last val_accuracy") and
    `best_epoch` (the step whose metric is the value). Of several runs, `curves` are the means over those that came as
    far, and `folds` has for each run `split`, `repeat`, `value`, `epochs`, `ended`, `best_epoch` and `curves` instead
    of `best_epoch`.

    The trial of a worker that was requeued goes on in the run and the epoch where it was; its user attribute
    `resumed_at` lists the steps with which it went on.

    Raises:
        TrialPruned: Optuna's, where the pruner said so.
        TrainingError: these data or this model do not have a metric.
    """
    scoring, runs = Scoring.of(task), run_count(task.train.seeds, len(splits))
    worker = trial if isinstance(trial, WorkerTrial) else None
    results = cross_validate(
        splits,
        make,
        train=task.train,
        scoring=scoring,
        params=trial.params,
        seed_of=partial(derive_seed, task.seed, "trial", trial.number),
        checkpoint=None if worker is None else worker.checkpoint,
        listeners=[_Reporter(trial, worker, scoring, splits=len(splits), runs=runs)],
    )
    ended = next((why for why in _ENDS if why in {result.ended for result in results}), results[-1].ended)
    epochs = sum(result.epochs for result in results)
    facts: dict[str, Any] = {"epochs": epochs, "ended": ended, "curves": mean_curves(results)}
    if ended != "diverged":
        if runs == 1:
            facts["best_epoch"] = results[0].best_epoch
        facts["value_rule"] = scoring.described(runs, pruned=ended == "pruned")
    for name, fact in facts.items():
        trial.set_user_attr(name, fact)
    if ended == "pruned":
        from optuna import TrialPruned

        raise TrialPruned(f"pruned after {epochs} of {runs * task.train.epochs} epochs")
    if ended == "diverged":
        return scoring.plain((math.nan,) * len(scoring.metrics))
    return scoring.plain(scoring.mean([result.values for result in results if result.values is not None]))


# The first of these that a run ended with is how its trial did.
_ENDS: Sequence[StopReason] = ("diverged", "pruned", "early stopping")


class _Reporter(Listener):
    """Reports every epoch to a trial, asks whether it is to be pruned, and obeys its worker."""

    def __init__(
        self, trial: ReportingTrial, worker: WorkerTrial | None, scoring: Scoring, *, splits: int, runs: int
    ) -> None:
        self.trial, self.worker, self.scoring = trial, worker, scoring
        self.splits, self.runs = splits, runs

    def on_resume(self, state: RunState) -> None:
        step = state.step + 1
        self.trial.set_user_attr("resumed_at", [*self.trial.user_attrs.get("resumed_at", []), step])
        log.info("trial %d goes on with epoch %d", self.trial.number, step)

    def on_epoch(self, state: RunState) -> None:
        if (name := self.scoring.not_finite(state.logs[-1])) is not None:
            log.warning("trial %d diverged: %s is %s", self.trial.number, name, state.logs[-1][name])
        if self.scoring.several:
            # Optuna takes no reports then.
            if self.worker is not None:
                self.worker.stop_if_asked()
            return
        self.trial.report(self.scoring.running_mean(state)[0], step=state.step)
        # Early stopping has had its say: a trial that is over anyway is complete, not pruned.
        if not state.final and self.trial.should_prune():
            raise Pruned

    def on_run(self, results: Sequence[RunResult]) -> None:
        if self.runs > 1:
            self.trial.set_user_attr("folds", [self._fold(*entry) for entry in enumerate(results)])

    def _fold(self, run: int, result: RunResult) -> dict[str, Any]:
        """One run as users read it."""
        repeat, split = divmod(run, self.splits)
        return {
            "split": split,
            "repeat": repeat,
            "value": None if result.values is None else self.scoring.plain(result.values),
            "epochs": result.epochs,
            "ended": result.ended,
            "best_epoch": result.best_epoch,
            "curves": result.curves,
        }
