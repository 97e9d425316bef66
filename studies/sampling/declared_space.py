"""What an objective of the user's own asks a trial for, held against the `[space]` that its study declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from objectives.space.conditions import same
from objectives.space.dimensions import Choices, Dimension, Range
from objectives.space.values import Scalar
from objectives.wording import did_you_mean, listing, written
from studies.errors import OutsideSpace
from studies.sampling.optuna_private import contains


@dataclass
class DeclaredSpace:
    """The declared space in one trial, which has its values already."""

    dimensions: Mapping[str, Dimension]
    point: Mapping[str, Any]
    """The parameters of the trial, those that `[space]` fixes among them."""
    asked: set[str] = field(default_factory=set)
    refusal: OutsideSpace | None = None
    """What was refused, for an objective may catch it."""

    def value(self, name: str, wanted: BaseDistribution) -> Any:
        """The trial's value of a parameter that the objective asks for, of the type that it asks for.

        Raises:
            OutsideSpace: `[space]` has no such parameter, or has it otherwise.
        """
        if name not in self.dimensions:
            known = f"{', '.join(self.dimensions)}{did_you_mean(name, self.dimensions)}"
            self._refuse(
                f"the objective suggests {name} ({_suggested(wanted)}), which [space] does not have; it has {known}",
                f"add {name} = {_line(wanted)}, or leave [space] out",
            )
        item = self.dimensions[name]
        if not _is_alike(item, wanted):
            self._refuse(
                f"the objective suggests {name} from {_suggested(wanted)}, and [space] has {_declared(item)}",
                f"make them alike, for example in [space] {name} = {_line(wanted)}",
            )
        if name not in self.point:
            when = (item.when or {}) if isinstance(item, Range | Choices) else {}
            only = " and ".join(f"{parent} = {listing(values, between=' or ')}" for parent, values in when.items())
            self._refuse(
                f"the objective suggests {name}, which [space] has only when {only}",
                f"suggest it only then, or leave out the `when` of {name}",
            )
        self.asked.add(name)
        return _of_kind(self.point[name], wanted)

    @property
    def unasked(self) -> list[str]:
        """The parameters that the trial has, and the objective has not asked for."""
        return [name for name in self.dimensions if name in self.point and name not in self.asked]

    def _refuse(self, message: str, hint: str) -> NoReturn:
        self.refusal = OutsideSpace(message, hint)
        raise self.refusal


def fixed_distribution(value: Scalar) -> BaseDistribution:
    """The distribution of a parameter that is always this."""
    if isinstance(value, bool | str):
        return CategoricalDistribution((value,))
    kind = IntDistribution if isinstance(value, int) else FloatDistribution
    return kind(value, value)  # type: ignore[arg-type]  # of that kind


def _is_alike(item: Dimension, wanted: BaseDistribution) -> bool:
    """Whether the objective asks for what the space has: the same values, and the same scale."""
    if isinstance(wanted, CategoricalDistribution):
        if isinstance(item, Choices):
            return _are_same(item.choices, wanted.choices)
        return not isinstance(item, Range) and any(_is_same(item, choice) for choice in wanted.choices)
    assert isinstance(wanted, IntDistribution | FloatDistribution), "Optuna has no fourth kind"
    is_integer = isinstance(wanted, IntDistribution)
    if isinstance(item, Range):
        step = item.step or (1 if item.is_integer else None)
        return (
            item.is_integer == is_integer
            and item.log == wanted.log
            and same(item.low, wanted.low)
            and same(item.top, wanted.high)
            and (step is None) == (wanted.step is None)
            and (step is None or wanted.step is None or same(step, wanted.step))
        )
    if isinstance(item, Choices | bool | str) or (is_integer and not isinstance(item, int)):
        return False
    return contains(wanted, item)


def _are_same(declared: Sequence[Scalar], wanted: Sequence[object]) -> bool:
    """Whether they are the same in any order: nothing is searched otherwise for it."""
    return len(declared) == len(wanted) and all(any(_is_same(one, other) for other in wanted) for one in declared)


def _is_same(one: Scalar, other: object) -> bool:
    return isinstance(other, bool | int | float | str) and same(one, other)


def _of_kind(value: Any, wanted: BaseDistribution) -> Any:
    if isinstance(wanted, CategoricalDistribution):
        return next(choice for choice in wanted.choices if _is_same(value, choice))
    return int(value) if isinstance(wanted, IntDistribution) else float(value)


def _suggested(wanted: BaseDistribution) -> str:
    if isinstance(wanted, CategoricalDistribution):
        return f"the choices {listing(wanted.choices)}"
    assert isinstance(wanted, IntDistribution | FloatDistribution), "Optuna has no fourth kind"
    kind = "integers" if isinstance(wanted, IntDistribution) else "numbers"
    return _described(kind, wanted.low, wanted.high, wanted.step, log=wanted.log)


def _declared(item: Dimension) -> str:
    if isinstance(item, Choices):
        return f"the choices {listing(item.choices)}"
    if not isinstance(item, Range):
        return f"{written(item)} alone"
    kind = "integers" if item.is_integer else "numbers"
    return _described(kind, item.low, item.top, item.step or (1 if item.is_integer else None), log=item.log)


def _described(kind: str, low: float, high: float, step: float | None, *, log: bool) -> str:
    scale = " on a logarithmic scale" if log else ""
    steps = f" in steps of {step}" if step is not None and (kind, step) != ("integers", 1) else ""
    return f"{kind} {low} .. {high}{steps}{scale}"


def _line(wanted: BaseDistribution) -> str:
    """As it is written in `[space]`."""
    if isinstance(wanted, CategoricalDistribution):
        return f"{{ choices = [{listing(wanted.choices)}] }}"
    assert isinstance(wanted, IntDistribution | FloatDistribution), "Optuna has no fourth kind"
    extra = ", log = true" if wanted.log else ""
    if wanted.step is not None and not (isinstance(wanted, IntDistribution) and wanted.step == 1):
        extra = f", step = {wanted.step}"
    return f"{{ low = {wanted.low}, high = {wanted.high}{extra} }}"
