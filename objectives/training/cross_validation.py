"""How a trial's number is estimated: one run for each division of the data and each repeat, and their mean."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from objectives.seeds import derive_seed
from objectives.training.checkpointing import Keeper
from objectives.training.costs import model_costs
from objectives.training.fit import Training, early_stopping, fit
from objectives.training.recorder import Recorder, Reporter
from objectives.training.scoring import Goal

if TYPE_CHECKING:
    import optuna

    from objectives.data.arrays import SearchData
    from objectives.training.task import Task


def evaluate(
    trial: optuna.Trial,
    divisions: Sequence[SearchData],
    make: Callable[[SearchData], Training],
    task: Task,
) -> float | list[float]:
    """Train and judge one trial on every division, `task.train.seeds` times; return its value, NaN when it diverged.

    `make` builds a fresh model; Keras is seeded before each, by the study's seed, the trial's number and the run.
    The value is the mean over the runs: of the best or the last epoch's metric of each. With several metrics it is a
    list in their order, all of the epoch that is best by the first which is no cost; costs are the last run's.

    Epoch e (from 0) of run r is reported as step r * epochs + e, with the mean of the finished runs' values and this
    epoch's, so that a pruner compares trials after the same work (optuna#4373). Where early stopping ended a run, the
    steps up to the next run are left out.

    Afterwards the trial has the user attributes `epochs` (run), `ended` ("all epochs", "early stopping", "pruned" or
    "diverged"), `curves`, and, unless it diverged, `value_rule` ("best val_accuracy" or "last val_accuracy") and
    `best_epoch` (the step whose metric is the value). Of several runs, `curves` are the means over those that came as
    far, and `folds` has for each run `division`, `repeat`, `value`, `epochs`, `ended`, `best_epoch` and `curves`
    instead of `best_epoch`.

    A trial with a `checkpoint` (see objective.Checkpoint) that was handed back goes on in the run and the epoch where
    it was; its user attribute `resumed_at` lists the steps with which it went on.

    Raises `optuna.TrialPruned`, TrainingError for a metric that these data or this model do not have, and what
    reporting raises.
    """
    return _Evaluation(trial, divisions, make, task).run()


def run_count(seeds: int, divisions: int) -> int:
    """How many runs a trial has; each has `train.epochs` steps of its own."""
    return seeds * divisions


@dataclass
class _Evaluation:
    trial: optuna.Trial
    divisions: Sequence[SearchData]
    make: Callable[[SearchData], Training]
    task: Task
    finished: list[dict[str, Any]] = field(default_factory=list)
    """The results of the runs so far, as they are kept in checkpoints."""
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.goal = Goal.of(self.task)
        self.runs = run_count(self.task.train.seeds, len(self.divisions))
        self.reporter = Reporter(self.trial, self.goal.several)
        self.keeper = Keeper(checkpoint=getattr(self.trial, "checkpoint", None))

    def run(self) -> float | list[float]:
        progress = self.keeper.peek() if self.runs > 1 else {}
        self.finished, self.seconds = progress.get("finished", []), progress.get("seconds", 0.0)
        if len(self.finished) >= self.runs:
            self.finished = []
        # The runs that a checkpoint tells of are believed when the one in which it was saved goes on.
        doubted = bool(self.finished)
        while len(self.finished) < self.runs:
            try:
                result = self._train(len(self.finished), only_resumed=doubted)
            finally:
                self.keeper.release()
                forget_models()
            doubted = False
            if result is None:
                self.finished, self.seconds = [], 0.0
                continue
            self.finished.append(result)
            if self.runs > 1:
                self.trial.set_user_attr("folds", [self._fold(*row) for row in enumerate(self.finished)])
            if result["ended"] in ("diverged", "pruned"):
                break
        return self._concluded()

    def _train(self, run: int, *, only_resumed: bool) -> dict[str, Any] | None:
        """Train one run and return its result; None where it was to go on from a checkpoint and cannot."""
        import keras

        repeat, division = divmod(run, len(self.divisions))
        data, train = self.divisions[division], self.task.train
        self.goal.check(data.classes)
        # From the number, not the order of work: a trial that another worker repeats starts alike.
        path: list[str | int] = ["repeat", repeat, "division", division] if self.runs > 1 else []

        def seed_of(*use: str | int) -> int:
            return derive_seed(self.task.seed, "trial", self.trial.number, *path, *use)

        keras.utils.set_random_seed(seed_of())
        training = self.make(data)
        callbacks = [*training.callbacks, *early_stopping(train, self.goal)]
        made_from = {
            "parameters": self.trial.params,
            "seed": seed_of("epoch", 0),
            "epochs": train.epochs,
            "batch_size": training.batch_size,
            "metric": [list(pair) for pair in zip(self.goal.directions, self.goal.metrics, strict=True)],
            "train": train.model_dump(mode="json"),
            "data": [data.source, len(data.x_train), len(data.x_validation)],
            "runs": self.runs,
        }
        self.keeper.attend(model=training.model, callbacks=callbacks, made_from=made_from)
        recorder = Recorder(
            model=training.model,
            reporter=self.reporter,
            goal=self.goal,
            epochs=train.epochs,
            keeper=self.keeper,
            costs=model_costs(training.model, self.goal.metrics),
            finished=self.finished,
            is_last=run == self.runs - 1,
            seconds=self.seconds,
        )
        if not recorder.resume() and only_resumed:
            return None
        fit(training, recorder, callbacks, lambda epoch, *use: seed_of("epoch", epoch, *use))
        self.seconds = recorder.seconds
        return recorder.result()

    def _fold(self, run: int, result: Mapping[str, Any]) -> dict[str, Any]:
        """The result of one run as users read it."""
        repeat, division = divmod(run, len(self.divisions))
        value = self.goal.plain(result["values"]) if "values" in result else None
        rest = {name: result.get(name) for name in ("epochs", "ended", "best_epoch", "curves")}
        return {"division": division, "repeat": repeat, "value": value, **rest}

    def _concluded(self) -> float | list[float]:
        last, epochs = self.finished[-1], sum(result["epochs"] for result in self.finished)
        ended = next((why for why in _ENDS if why in {result["ended"] for result in self.finished}), last["ended"])
        facts: dict[str, Any] = {"epochs": epochs, "ended": ended, "curves": self._curves()}
        values = [math.nan] * len(self.goal.metrics)
        if ended != "diverged":
            values = self.goal.over_runs([result["values"] for result in self.finished])
            if self.runs == 1:
                facts["best_epoch"] = last["best_epoch"]
            facts["value_rule"] = self.goal.described(self.runs, pruned=ended == "pruned")
        for name, fact in facts.items():
            self.trial.set_user_attr(name, fact)
        if ended == "pruned":
            from optuna import TrialPruned

            raise TrialPruned(f"pruned after {epochs} of {self.runs * self.task.train.epochs} epochs")
        return self.goal.plain(values)

    def _curves(self) -> dict[str, list[float | None]]:
        curves = [result["curves"] for result in self.finished]
        if len(curves) == 1:
            return dict(curves[0])
        return {name: _mean_curve([run[name] for run in curves if name in run]) for name in curves[0]}


# The first of these that a run ended with is how its trial did.
_ENDS = ("diverged", "pruned", "early stopping")


def _mean_curve(curves: Sequence[Sequence[float | None]]) -> list[float | None]:
    """Epoch by epoch the mean of the curves that came as far, 6 significant digits; None where one was not finite."""
    means: list[float | None] = []
    for epoch in range(max(map(len, curves))):
        values = [curve[epoch] for curve in curves if epoch < len(curve)]
        finite = [value for value in values if value is not None]
        means.append(float(f"{statistics.fmean(finite):.6g}") if len(finite) == len(values) else None)
    return means


def forget_models() -> None:
    """Keras keeps every model in a global graph until it is told to let go (optuna#1178)."""
    import gc

    import keras

    keras.backend.clear_session()
    gc.collect()
