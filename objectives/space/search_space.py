"""The `[space]` table as a whole: which parameters there are, and which of them a trial has."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, cast

from objectives.errors import SpaceError
from objectives.space.conditions import can_be, is_among, when
from objectives.space.dimensions import Choices, Dimension, Range
from objectives.space.values import Scalar
from objectives.wording import did_you_mean, listing, written

if TYPE_CHECKING:
    import optuna


# A list of more values than this is no grid that anybody means to train.
_LONGEST_GRID = 1_000_000


@dataclass(frozen=True)
class Row:
    """One parameter, in words, for a table."""

    name: str
    kind: str
    """"fixed", "integer", "number" or "choice"."""
    range: str
    condition: str
    """Empty when the parameter is always there."""


@dataclass(frozen=True)
class SearchSpace:
    """Parameters by name, and the conditions between them.

    A parameter is active when every parent named in its `when` is active and has one of the listed
    values. Methods that follow conditions presume that `faults()` is empty and raise SpaceError
    where they cannot go on.
    """

    dimensions: Mapping[str, Dimension]

    @property
    def fixed(self) -> dict[str, Scalar]:
        """The parameters that a scalar fixes, and their values."""
        return {name: item for name, item in self.dimensions.items() if not isinstance(item, Range | Choices)}

    @property
    def searched(self) -> list[str]:
        """The names that a sampler chooses values for, in the order of the file."""
        return [name for name, item in self.dimensions.items() if isinstance(item, Range | Choices)]

    def faults(self) -> list[tuple[str, str]]:
        """Return (dotted key, sentence) for every condition that names what cannot be; empty when sound."""
        faults = [
            (f"{name}.when.{parent}", fault)
            for name in self.dimensions
            for parent, values in when(self.dimensions[name]).items()
            if (fault := self._condition_fault(parent, values))
        ]
        empty = [
            (f"{name}.when", "found an empty table; allowed: the values that a parameter must have")
            for name, item in self.dimensions.items()
            if isinstance(item, Range | Choices) and item.when is not None and not item.when
        ]
        return faults + empty + self._circle()

    def suggest(self, trial: optuna.Trial) -> dict[str, Scalar]:
        """Return the values of all active parameters; fixed ones are added without asking the trial."""
        chosen: dict[str, Scalar] = {}
        for name in self._order:
            if self._is_active(name, chosen):
                chosen[name] = _ask(trial, name, self.dimensions[name])
        return chosen

    def grid(self) -> dict[str, list[Scalar]]:
        """Return every value of each searched parameter, as if all were active.

        Raises SpaceError for a range of floats without a step, or with more than a million values.
        """
        return {name: _listed(name, self.dimensions[name]) for name in self.searched}

    def size(self) -> int | None:
        """Return how many different points there are under the conditions; None when endlessly many."""
        counts = [self._count(tuple(group), {}) for group in self._groups()]
        return None if None in counts else math.prod(count for count in counts if count is not None)

    def rows(self) -> list[Row]:
        """Return one row a parameter, in the order of the file."""
        return [
            Row(
                name, *_described(item), " and ".join(_condition(*pair) for pair in when(self.dimensions[name]).items())
            )
            for name, item in self.dimensions.items()
        ]

    def _is_active(self, name: str, chosen: Mapping[str, Scalar]) -> bool:
        return all(
            parent in chosen and is_among(chosen[parent], values)
            for parent, values in when(self.dimensions[name]).items()
        )

    def _condition_fault(self, parent: str, values: tuple[Scalar, ...]) -> str | None:
        if parent not in self.dimensions:
            allowed = ", ".join(self.dimensions)
            return f"no such parameter; allowed: {allowed}{did_you_mean(parent, self.dimensions)}"
        if not values:
            return "found an empty list; allowed: at least one value"
        item = self.dimensions[parent]
        if not isinstance(item, Range | Choices):
            # A condition on a fixed parameter is simply decided: `--set space.optimizer="adam"` has to
            # leave the rest of the file as it is.
            return None
        if isinstance(item, Range) and item.count is None:
            return f"{parent} is a range of floats without a step and has no separate values to compare with"
        never = [value for value in values if not can_be(item, value)]
        if never:
            near = did_you_mean(never[0], item.choices) if isinstance(item, Choices) else ""
            return f"found {listing(never)}; {parent} can only be: {_described(item)[1]}{near}"
        return None

    def _circle(self) -> list[tuple[str, str]]:
        try:
            _ = self._order
        except CycleError as error:
            names: list[str] = error.args[1]
            return [(f"{names[-1]}.when", f"the conditions run in a circle: {' -> '.join(reversed(names))}")]
        return []

    @cached_property
    def _order(self) -> list[str]:
        """Parents before children, otherwise as in the file."""
        parents = {name: [p for p in when(self.dimensions[name]) if p in self.dimensions] for name in self.dimensions}
        return list(TopologicalSorter(parents).static_order())

    def _groups(self) -> list[list[str]]:
        """Parameters that conditions tie together, in dependency order; the groups are independent."""
        group = {name: {name} for name in self.dimensions}
        for name in self.dimensions:
            for parent in when(self.dimensions[name]):
                joined = group[name] | group[parent]
                group.update(dict.fromkeys(joined, joined))
        unique = {id(members): members for members in group.values()}.values()
        return [[name for name in self._order if name in members] for members in unique]

    def _count(self, names: tuple[str, ...], chosen: dict[str, Scalar]) -> int | None:
        if not names:
            return 1
        name, rest = names[0], names[1:]
        if not self._is_active(name, chosen):
            return self._count(rest, chosen)
        total = 0
        for value, times in self._kinds_of_value(name):
            below = self._count(rest, {**chosen, name: value})
            if times is None or below is None:
                return None
            total += times * below
        return total

    def _kinds_of_value(self, name: str) -> list[tuple[Scalar, int | None]]:
        """One value, and how many there are like it, for each value that some condition tells apart."""
        item = self.dimensions[name]
        if not isinstance(item, Range | Choices):
            return [(item, 1)]
        named: list[Scalar] = []
        for child in self.dimensions:
            for value in when(self.dimensions[child]).get(name, ()):
                if can_be(item, value) and not is_among(value, named):
                    named.append(value)
        count = len(item.choices) if isinstance(item, Choices) else item.count
        # NaN equals no value, so it stands for all those that no condition names.
        others = [] if count == len(named) else [(math.nan, None if count is None else count - len(named))]
        return [*((value, 1) for value in named), *others]


def _ask(trial: optuna.Trial, name: str, item: Dimension) -> Scalar:
    if isinstance(item, Choices):
        value = trial.suggest_categorical(name, item.choices)
        # Optuna's type has None among the choices; ours never do.
        return cast(Scalar, value)
    if not isinstance(item, Range):
        return item
    # `top` instead of `high`: Optuna warns at every suggestion when a step does not reach `high`.
    if item.is_integer:
        return trial.suggest_int(name, int(item.low), int(item.top), step=int(item.step or 1), log=item.log)
    return trial.suggest_float(name, item.low, item.top, step=item.step, log=item.log)


def _listed(name: str, item: Dimension) -> list[Scalar]:
    if isinstance(item, Choices):
        return list(item.choices)
    if not isinstance(item, Range) or item.count is None:
        raise SpaceError(f"a grid needs separate values, and space.{name} is a range of floats without a step")
    if item.count > _LONGEST_GRID:
        raise SpaceError(f"a grid of space.{name} alone would have {item.count:,} values: give it a larger step")
    return [item.value(index) for index in range(item.count)]


def _described(item: Dimension) -> tuple[str, str]:
    if isinstance(item, Choices):
        return "choice", listing(item.choices)
    if not isinstance(item, Range):
        return "fixed", written(item)
    extras = ["log"] if item.log else [f"step {item.step}"] if item.step is not None else []
    return "integer" if item.is_integer else "number", ", ".join([f"{item.low} .. {item.top}", *extras])


def _condition(parent: str, values: Iterable[Scalar]) -> str:
    return f"{parent} = {listing(values, between=' or ')}"
