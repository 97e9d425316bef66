"""How a trial answers what its objective suggests: out of a declared space, or as its sampler says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from studies.sampling.declared_space import DeclaredSpace


class SuggestingTrial(optuna.Trial):
    """An ``optuna.Trial`` whose parameters may be declared, or be drawn while no other worker draws.

    Its ``suggest_*`` raise OutsideSpace for what the study's `[space]` does not declare.
    """

    declared: DeclaredSpace | None = None
    """The `[space]` beside an objective of the user's own."""
    alone: Callable[[], AbstractContextManager[object]] = nullcontext
    """The sampler is asked, and what it says is written, inside of this."""

    def raise_refusal(self) -> None:
        """Raise what a ``suggest_*`` has raised, where the objective has caught it."""
        if self.declared is not None and self.declared.refusal is not None:
            raise self.declared.refusal

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Suggest as Optuna does."""
        if self.declared is not None:
            return float(self.declared.value(name, FloatDistribution(low, high, log=log, step=step)))
        with self.alone():
            return super().suggest_float(name, low, high, step=step, log=log)

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Suggest as Optuna does."""
        if self.declared is not None:
            return int(self.declared.value(name, IntDistribution(low, high, log=log, step=step)))
        with self.alone():
            return super().suggest_int(name, low, high, step=step, log=log)

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Suggest as Optuna does."""
        if self.declared is not None:
            return self.declared.value(name, CategoricalDistribution(choices))
        with self.alone():
            return super().suggest_categorical(name, choices)
