"""What the runs of a study are scored by, and which epoch's values count."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from objectives.errors import TrainingError
from objectives.training.metrics import adds_up, is_cost, metric_fault
from objectives.training.run import RunResult, RunState
from objectives.training.task import Task
from objectives.wording import by_nearness

Values = tuple[float, ...]
"""One number for each metric of the study."""


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """The metrics of a study in their order."""

    metrics: tuple[str, ...]
    directions: tuple[str, ...]
    score_epoch: str
    """"best" or "last": which epoch's values are those of a run. Costs are those of the last in any case."""

    @classmethod
    def of(cls, task: Task) -> Scoring:
        """The scoring of a task."""
        only_costs = all(is_cost(name) for name in task.metrics)
        score_epoch = "last" if only_costs else task.train.score_epoch
        return cls(metrics=task.metrics, directions=task.directions, score_epoch=score_epoch)

    def check(self, classes: int | None) -> None:
        """Check the metrics against data with that many classes; None means regression.

        Raises:
            TrainingError: such data have no such metric.
        """
        for name in self.metrics:
            if (fault := metric_fault(name, classes)) is not None:
                hint = 'where the target names classes, say data.task = "classification"' if classes is None else ""
                raise TrainingError(f"metric: {fault}", hint)

    @property
    def several(self) -> bool:
        """Whether there are several objectives, for which Optuna takes no reports and prunes nothing."""
        return len(self.metrics) > 1

    @property
    def primary(self) -> int:
        """The place of the metric by which epochs are compared: the first that is no cost."""
        return next((place for place, name in enumerate(self.metrics) if not is_cost(name)), 0)

    @property
    def monitored(self) -> tuple[str, str]:
        """What early stopping watches, and the direction; a cost says nothing of when to stop."""
        if is_cost(self.metrics[self.primary]):
            return "val_loss", "minimize"
        return self.metrics[self.primary], self.directions[self.primary]

    def values(self, logs: Mapping[str, float]) -> Values:
        """Return the metrics of one epoch.

        Raises:
            TrainingError: one of them is not among the logs.
        """
        if missing := [name for name in self.metrics if name not in logs]:
            near = ", ".join(by_nearness(missing[0], logs))
            raise TrainingError(f"no metric {missing[0]!r} in what this model logs; there are: {near}")
        return tuple(logs[name] for name in self.metrics)

    def not_finite(self, logs: Mapping[str, float]) -> str | None:
        """Return the first log that says that training diverged; None where all is well."""
        # An accuracy stays finite when the weights no longer are.
        telling = {*self.metrics, "loss", "val_loss"} & set(logs)
        return next((name for name in sorted(telling) if not math.isfinite(logs[name])), None)

    def best_epoch(self, epochs: Sequence[Values], score_epoch: str) -> int:
        """The epoch, from 0, whose values are the run's; the first of equals."""
        if score_epoch == "last":
            return len(epochs) - 1
        primary = [values[self.primary] for values in epochs]
        best = max if self.directions[self.primary] == "maximize" else min
        return primary.index(best(primary))

    def result(self, state: RunState) -> RunResult:
        """The result of a run that is over; without values where it diverged."""
        curves, ended = state.curves, state.ended
        if ended == "diverged":
            return RunResult(epochs=state.epoch, ended=ended, curves=curves)
        epochs = [self.values(logs) for logs in state.logs]
        # Optuna takes the last report as the value of a pruned trial, whatever the study says.
        epoch = self.best_epoch(epochs, "last" if ended == "pruned" else self.score_epoch)
        values = tuple(
            epochs[-1][place] if is_cost(name) else epochs[epoch][place] for place, name in enumerate(self.metrics)
        )
        return RunResult(epochs=state.epoch, ended=ended, curves=curves, values=values, best_epoch=epoch)

    def mean(self, runs: Sequence[Values]) -> Values:
        """The values of several runs together: their means, the seconds of all, and the last run's other costs."""
        return tuple(
            self._together(name, [values[place] for values in runs]) for place, name in enumerate(self.metrics)
        )

    def running_mean(self, state: RunState) -> Values:
        """As `mean`, of the runs that are over and the last epoch of this one."""
        earlier = [result.values for result in state.earlier if result.values is not None]
        return self.mean([*earlier, self.values(state.logs[-1])])

    @staticmethod
    def _together(name: str, values: Sequence[float]) -> float:
        if adds_up(name):
            return sum(values)
        return values[-1] if is_cost(name) else statistics.fmean(values)

    def described(self, runs: int, *, pruned: bool) -> str:
        """Where the value comes from, such as "best val_accuracy" or "mean of 5 runs' best val_accuracy"."""
        metric = self.metrics[self.primary]
        if runs > 1:
            return f"last reported mean of {metric}" if pruned else f"mean of {runs} runs' {self.score_epoch} {metric}"
        return f"{'last' if pruned else self.score_epoch} {metric}"

    def plain(self, values: Values) -> float | list[float]:
        """The values as an objective returns them."""
        return list(values) if self.several else values[0]
