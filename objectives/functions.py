"""Closed-form objectives over `x` and `y`, for drills and for comparing samplers. No Keras."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from objectives.space.parameters import Parameter, Parameters
from objectives.space.search_space import SearchSpace

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


def rosenbrock(x: float, y: float) -> float:
    """Return Rosenbrock's function, a narrow curved valley: minimum 0 at (1, 1), usually in -2.048..2.048.

    Rosenbrock, "An automatic method for finding the greatest or least value of a function", 1960.
    """
    along, across = 1.0 - x, y - x * x
    return along * along + 100.0 * across * across


def himmelblau(x: float, y: float) -> float:
    """Return Himmelblau's function: minimum 0 at four points, usually in -5..5.

    They are (3, 2), (-2.805118, 3.131313), (-3.779310, -3.283186) and (3.584428, -1.848127).
    Himmelblau, "Applied Nonlinear Programming", 1972.
    """
    one, other = x * x + y - 11.0, x + y * y - 7.0
    return one * one + other * other


def rastrigin(x: float, y: float) -> float:
    """Return Rastrigin's function, a bowl full of dents: minimum 0 at (0, 0), usually in -5.12..5.12.

    Rastrigin, "Systems of extremal control", 1974; a local minimum lies near every pair of integers.
    """
    return sum(10.0 + z * z - 10.0 * math.cos(2.0 * math.pi * z) for z in (x, y))


def ackley(x: float, y: float) -> float:
    """Return Ackley's function, nearly flat outside and steep within: minimum 0 at (0, 0), usually in -32.768..32.768.

    Ackley, "A Connectionist Machine for Genetic Hillclimbing", 1987, with a = 20, b = 0.2 and c = 2 pi.
    """
    distance = math.hypot(x, y) / math.sqrt(2.0)
    waves = (math.cos(2.0 * math.pi * x) + math.cos(2.0 * math.pi * y)) / 2.0
    return 20.0 + math.e - 20.0 * math.exp(-0.2 * distance) - math.exp(waves)


def branin(x: float, y: float) -> float:
    """Return Branin's function: minimum 0.397887 at three points, for x in -5..10 and y in 0..15.

    They are (-pi, 12.275), (pi, 2.275) and (3 pi, 2.475). Branin, "Widely convergent method for finding multiple
    solutions of simultaneous nonlinear equations", 1972; the constants are Dixon and Szego's, 1978.
    """
    bend = y - 5.1 / (4.0 * math.pi**2) * x * x + 5.0 / math.pi * x - 6.0
    return bend * bend + 10.0 * (1.0 - 1.0 / (8.0 * math.pi)) * math.cos(x) + 10.0


@dataclass(frozen=True)
class FunctionObjective:
    """A trial's value is a function of its `x` and `y`; one that the space leaves out is at its default."""

    function: Callable[[float, float], float]
    space: SearchSpace
    defaults: Mapping[str, float]

    def __call__(self, trial: optuna.Trial, /) -> float:
        """Suggest the point and return the function there."""
        point = {**self.defaults, **self.space.suggest(trial)}
        return self.function(float(point["x"]), float(point["y"]))


@dataclass(frozen=True, kw_only=True)
class Function:
    """The declaration of a function of `x` and `y`."""

    name: str
    summary: str
    function: Callable[[float, float], float]
    parameters: Parameters
    space: Mapping[str, Mapping[str, float]]
    """The `[space]` used when a study file has none, as it would stand in TOML."""

    def over(self, space: SearchSpace) -> FunctionObjective:
        """Return the function as an objective."""
        defaults = {name: float(each.default) for name, each in self.parameters.items()}
        return FunctionObjective(self.function, space, defaults)


Limits = Mapping[str, tuple[float, float]]


def _declared(function: Callable[[float, float], float], summary: str, usual: Limits, *, open_ended: bool) -> Function:
    """Declare a function; outside its `usual` limits only one that is `open_ended` may be searched."""
    parameters = {
        name: Parameter(
            kind=float,
            default=0.0,
            low=None if open_ended else low,
            high=None if open_ended else high,
            help=f"the {name} of the point",
        )
        for name, (low, high) in usual.items()
    }
    space = {name: {"low": low, "high": high} for name, (low, high) in usual.items()}
    return Function(name=function.__name__, summary=summary, function=function, parameters=parameters, space=space)


def _square(limit: float) -> Limits:
    return {"x": (-limit, limit), "y": (-limit, limit)}


_DECLARED = (
    _declared(quadratic, "x**2 + y**2, minimum 0 at (0, 0)", _square(10.0), open_ended=True),
    _declared(beale, "Beale's function, minimum 0 at (3, 0.5)", _square(4.5), open_ended=False),
    _declared(rosenbrock, "Rosenbrock's valley, minimum 0 at (1, 1)", _square(2.048), open_ended=True),
    _declared(himmelblau, "Himmelblau's function, minimum 0 at four points", _square(5.0), open_ended=True),
    _declared(rastrigin, "Rastrigin's dents, minimum 0 at (0, 0)", _square(5.12), open_ended=False),
    _declared(ackley, "Ackley's funnel, minimum 0 at (0, 0)", _square(32.768), open_ended=False),
    _declared(
        branin,
        "Branin's function, minimum 0.397887 at three points",
        {"x": (-5.0, 10.0), "y": (0.0, 15.0)},
        open_ended=False,
    ),
)

FUNCTIONS: Mapping[str, Function] = MappingProxyType({each.name: each for each in _DECLARED})
