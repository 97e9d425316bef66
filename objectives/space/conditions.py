"""What the conditions between parameters allow: when one is there, and what another can be then."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from objectives.space.dimensions import Choices, Dimension, Range
from objectives.space.values import Scalar

# Of an integer range with more values than this, no condition names them one by one.
_LONGEST_LIST = 1_000

Values = Mapping[str, tuple[Scalar, ...]]


@dataclass(frozen=True)
class Possible:
    """What a parameter may be in some of the trials."""

    values: tuple[Scalar, ...] | None
    """None when endlessly many (a range of floats, or a very long one); empty when it is never there."""
    absent: bool
    """Whether some of these trials do not have it."""


@dataclass(frozen=True)
class Conditions:
    """The conditions of sound dimensions (`Space.faults()` is empty).

    Exact, and without walking through the space: a condition is a conjunction, so that to have a parameter is to know
    which values are left to its parents, and to theirs.
    """

    dimensions: Mapping[str, Dimension]

    def possible(self, name: str, *, having: Iterable[str] = (), given: Values | None = None) -> Possible:
        """Return what `name` may be in the trials that have all of `having`, with the values that are `given`."""
        having = tuple(having)
        if not self.coexist((*having, name), given):
            return Possible((), absent=True)
        values = self._left(name, self._demanded((*having, name), given or {}))
        return Possible(values, absent=not self._is_certain(name, self._demanded(having, given or {}), having))

    def coexist(self, names: Iterable[str], given: Values | None = None) -> bool:
        """Return whether some trial has all of these parameters, with the values that are given."""
        demanded = self._demanded(names, given or {})
        return all(self._left(name, demanded) != () for name in demanded)

    def _demanded(self, names: Iterable[str], given: Values) -> Values:
        """The values that are left to every parameter on which the conditions of `names` depend."""
        demanded, waiting, seen = dict(given), [*names, *given], set[str]()
        while waiting:
            if (name := waiting.pop()) in seen:
                continue
            seen.add(name)
            for parent, values in when(self.dimensions[name]).items():
                before = demanded.get(parent, values)
                demanded[parent] = tuple(value for value in before if is_among(value, values))
                waiting.append(parent)
        return demanded

    def _left(self, name: str, demanded: Values) -> tuple[Scalar, ...] | None:
        item = self.dimensions[name]
        if name in demanded:
            return tuple(value for value in demanded[name] if can_be(item, value))
        if isinstance(item, Range):
            too_long = item.count is None or item.count > _LONGEST_LIST
            return None if too_long else tuple(item.value(index) for index in range(item.count or 0))
        return item.choices if isinstance(item, Choices) else (item,)

    def _is_certain(self, name: str, demanded: Values, having: tuple[str, ...]) -> bool:
        """Whether every trial with what is demanded has `name`."""
        if name in having or name in demanded:
            return True
        for parent, wanted in when(self.dimensions[name]).items():
            left = self._left(parent, demanded)
            if left is None or not all(is_among(value, wanted) for value in left):
                return False
            if not self._is_certain(parent, demanded, having):
                return False
        return True


def when(item: Dimension) -> Values:
    """Return the condition of a dimension: parent -> values."""
    return (item.when or {}) if isinstance(item, Range | Choices) else {}


def same(one: Scalar, other: Scalar) -> bool:
    """Equal as a user means it: true is not 1, and 0.1 + 0.2 is 0.3."""
    if isinstance(one, bool | str) or isinstance(other, bool | str):
        return type(one) is type(other) and one == other
    return math.isclose(one, other, rel_tol=1e-9)


def is_among(value: Scalar, values: Iterable[Scalar]) -> bool:
    """Return whether it is the same as one of them."""
    return any(same(value, other) for other in values)


def can_be(item: Dimension, value: Scalar) -> bool:
    """Return whether the dimension has that value; a range of floats without a step has no separate ones."""
    if isinstance(item, Choices):
        return is_among(value, item.choices)
    if not isinstance(item, Range):
        return same(item, value)
    if isinstance(value, bool | str) or item.count is None or not item.low <= value <= item.high:
        return False
    nearest = round((value - item.low) / (item.step or 1))
    return nearest < item.count and same(item.value(nearest), value)
