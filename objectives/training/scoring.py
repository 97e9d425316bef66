"""What the trials of a study are judged by, and which epoch speaks for a run."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from objectives.errors import TrainingError
from objectives.training.metrics import is_cost, metric_fault
from objectives.training.task import Task


@dataclass(frozen=True, kw_only=True)
class Goal:
    """The metrics of a study in their order. A row is one epoch's values of all of them."""

    metrics: tuple[str, ...]
    directions: tuple[str, ...]
    rule: str
    """"best" or "last": which epoch speaks for a run. Costs are those of the last whatever the rule."""

    @classmethod
    def of(cls, task: Task) -> Goal:
        """The goal of a task."""
        only_costs = all(is_cost(name) for name in task.metrics)
        return cls(
            metrics=task.metrics, directions=task.directions, rule="last" if only_costs else task.train.score_epoch
        )

    def check(self, classes: int | None) -> None:
        """Raise TrainingError where data with that many classes (None: regression) have no such metric."""
        for name in self.metrics:
            if (fault := metric_fault(name, classes)) is not None:
                raise TrainingError(f"metric: {fault}")

    @property
    def several(self) -> bool:
        """Whether there are several objectives, for which Optuna takes no reports and prunes nothing."""
        return len(self.metrics) > 1

    @property
    def judged(self) -> int:
        """The place of the metric by which epochs are compared: the first that is no cost."""
        return next((place for place, name in enumerate(self.metrics) if not is_cost(name)), 0)

    @property
    def monitored(self) -> tuple[str, str]:
        """What early stopping watches, and the direction; a cost says nothing of when to stop."""
        if is_cost(self.metrics[self.judged]):
            return "val_loss", "minimize"
        return self.metrics[self.judged], self.directions[self.judged]

    def speaker(self, rows: Sequence[Sequence[float]], rule: str) -> int:
        """The epoch, from 0, whose values are the run's; the first of equals."""
        if rule == "last":
            return len(rows) - 1
        judged = [row[self.judged] for row in rows]
        best = max if self.directions[self.judged] == "maximize" else min
        return judged.index(best(judged))

    def value(self, rows: Sequence[Sequence[float]], rule: str) -> list[float]:
        """The values of a run, all of one epoch but for the costs."""
        chosen = rows[self.speaker(rows, rule)]
        return [rows[-1][place] if is_cost(name) else chosen[place] for place, name in enumerate(self.metrics)]

    def over_runs(self, values: Sequence[Sequence[float]]) -> list[float]:
        """The values of a trial, from those of its runs: their means, and the last run's costs."""
        return [
            values[-1][place] if is_cost(name) else statistics.fmean(row[place] for row in values)
            for place, name in enumerate(self.metrics)
        ]

    def described(self, runs: int, *, pruned: bool) -> str:
        """Where the value comes from, such as "best val_accuracy" or "mean of 5 runs' best val_accuracy"."""
        metric = self.metrics[self.judged]
        if runs > 1:
            return f"last reported mean of {metric}" if pruned else f"mean of {runs} runs' {self.rule} {metric}"
        return f"{'last' if pruned else self.rule} {metric}"

    def plain(self, values: Sequence[float]) -> float | list[float]:
        """The values as an objective returns them."""
        return list(values) if self.several else values[0]
