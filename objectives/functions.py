"""Closed-form objectives over `x` and `y`, for drills and for comparing samplers. No Keras."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from objectives.objective import Family, Parameter, Task
from objectives.space import Space

if TYPE_CHECKING:
    import optuna


def quadratic(x: float, y: float) -> float:
    """Return x**2 + y**2: minimum 0 at (0, 0)."""
    # Products, because ** raises OverflowError where a product gives inf.
    return x * x + y * y


def beale(x: float, y: float) -> float:
    """Return Beale's function: minimum 0 at (3, 0.5), usually searched in -4.5..4.5 (Beale 1958)."""
    terms = (1.5 - x + x * y, 2.25 - x + x * y * y, 2.625 - x + x * y * y * y)
    return sum(term * term for term in terms)


@dataclass(frozen=True)
class FunctionObjective:
    """A trial's value is a function of its `x` and `y`; one that the space leaves out is at its default."""

    function: Callable[[float, float], float]
    space: Space
    defaults: Mapping[str, float]

    def __call__(self, trial: optuna.Trial, /) -> float:
        """Suggest the point and return the function there."""
        point = {**self.defaults, **self.space.suggest(trial)}
        return self.function(float(point["x"]), float(point["y"]))


def _family(function: Callable[[float, float], float], summary: str, limit: float, low: float | None) -> Family:
    high = None if low is None else -low
    parameters = {
        name: Parameter(kind=float, default=0.0, low=low, high=high, help=f"the {name} of the point")
        for name in ("x", "y")
    }

    def build(task: Task) -> FunctionObjective:
        return FunctionObjective(function, task.space, {"x": 0.0, "y": 0.0})

    return Family(
        name=function.__name__,
        summary=summary,
        parameters=parameters,
        space={name: {"low": -limit, "high": limit} for name in parameters},
        metrics={},
        default_metric=None,
        trains=False,
        build=build,
    )


QUADRATIC = _family(quadratic, "x**2 + y**2, minimum 0 at (0, 0)", limit=10.0, low=None)
BEALE = _family(beale, "Beale's function, minimum 0 at (3, 0.5)", limit=4.5, low=-4.5)
