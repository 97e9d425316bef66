"""One run of a training: how far it is, what came of it, and who hears of it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

StopReason = Literal["all epochs", "early stopping", "pruned", "diverged"]

Curve = tuple[float | None, ...]
"""One log of each epoch, 6 significant digits; None where it was not finite, as JSON wants."""


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """A finished run."""

    epochs: int
    ended: StopReason
    curves: Mapping[str, Curve]
    values: tuple[float, ...] | None = None
    """Of each metric of the study; None where the run diverged."""
    best_epoch: int | None = None
    """The epoch, from 0, that the values are of; None where the run diverged."""

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain data."""
        curves = {name: list(curve) for name, curve in self.curves.items()}
        return {**asdict(self), "curves": curves, "values": None if self.values is None else list(self.values)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RunResult:
        """Return the result that `to_json` made the data of."""
        curves = {name: tuple(curve) for name, curve in data["curves"].items()}
        values = None if data["values"] is None else tuple(data["values"])
        return cls(**{**data, "curves": curves, "values": values})


@dataclass(frozen=True, kw_only=True)
class RunState:
    """A run so far."""

    epochs: int
    """At most so many."""
    runs: int = 1
    """How many there are of this configuration, this one included: one a split and seed."""
    earlier: tuple[RunResult, ...] = ()
    """Those that came before this one."""
    logs: tuple[Mapping[str, float], ...] = ()
    """Every epoch's, as Keras and its callbacks left them, and the costs that are metrics."""
    seconds: float = 0.0
    """Of all epochs, whichever processes ran them."""
    diverged: bool = False
    stopped: bool = False
    """Whether one of Keras's callbacks has ended it."""
    pruned: bool = False
    reported: bool = True
    """Whether the listeners have heard of the last epoch."""

    @property
    def epoch(self) -> int:
        """The number of the next epoch, from 0: so many are done."""
        return len(self.logs)

    @property
    def step(self) -> int:
        """The number of the last epoch among those of all runs.

        A run that ends early leaves the rest of its steps out, so that configurations are compared after the same
        work (optuna#4373).
        """
        return len(self.earlier) * self.epochs + self.epoch - 1

    @property
    def over(self) -> bool:
        """Whether no epoch follows in this run."""
        return self.diverged or self.pruned or self.stopped or self.epoch >= self.epochs

    @property
    def final(self) -> bool:
        """Whether no epoch follows, in this run or in another."""
        return self.over and (self.diverged or self.pruned or len(self.earlier) + 1 == self.runs)

    @property
    def ended(self) -> StopReason:
        """Why a run that is over has ended."""
        if self.diverged:
            return "diverged"
        if self.pruned:
            return "pruned"
        return "all epochs" if self.epoch == self.epochs else "early stopping"

    @property
    def curves(self) -> dict[str, Curve]:
        """The logs by name."""
        names = dict.fromkeys(name for logs in self.logs for name in logs)
        return {name: tuple(_rounded(logs[name]) for logs in self.logs if name in logs) for name in names}

    def to_json(self) -> dict[str, Any]:
        """Return the state as plain data."""
        earlier = [result.to_json() for result in self.earlier]
        return {**asdict(self), "earlier": earlier, "logs": [dict(logs) for logs in self.logs]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RunState:
        """Return the state that `to_json` made the data of."""
        earlier = tuple(RunResult.from_json(result) for result in data["earlier"])
        return cls(**{**data, "earlier": earlier, "logs": tuple(data["logs"])})


class Pruned(Exception):
    """Raised by a listener: the run ends with this epoch, and has a result."""


class Listener:
    """Hears of runs as they go. Whatever but `Pruned` it raises leaves the training at once."""

    def on_resume(self, state: RunState) -> None:
        """The run goes on from this state, which Keras's callbacks are in; the model is not yet."""

    def on_epoch(self, state: RunState) -> None:
        """One more epoch is done, and Keras's callbacks have had their say; the last of them may be heard twice."""

    def on_interrupt(self, state: RunState) -> None:
        """A listener has raised in `on_epoch`; the model is still as it was in this state."""

    def on_run(self, results: Sequence[RunResult]) -> None:
        """A run is over; these are the results up to now."""


def mean_curves(results: Sequence[RunResult]) -> dict[str, Curve]:
    """Return, epoch by epoch, the mean over the runs that came as far; None where one was not finite."""
    if len(results) == 1:
        return dict(results[0].curves)
    runs = [result.curves for result in results]
    return {name: _mean_curve([curves[name] for curves in runs if name in curves]) for name in runs[0]}


def _mean_curve(curves: Sequence[Curve]) -> Curve:
    means: list[float | None] = []
    for epoch in range(max(map(len, curves))):
        values = [curve[epoch] for curve in curves if epoch < len(curve)]
        finite = [value for value in values if value is not None]
        means.append(_rounded(statistics.fmean(finite)) if len(finite) == len(values) else None)
    return tuple(means)


def _rounded(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None
