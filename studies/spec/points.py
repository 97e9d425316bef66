"""Points that a user writes down: parameters and values, whole or in part, judged by the space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from objectives.space.conditions import same
from objectives.space.dimensions import Choices, Dimension, Range, Value
from objectives.space.search_space import SearchSpace
from objectives.space.values import Scalar
from objectives.wording import did_you_mean, listing, written

Point = Annotated[dict[str, Value], Field(min_length=1)]


def point_faults(space: SearchSpace, point: Mapping[str, Scalar], *, parents: bool) -> Iterator[tuple[str, str]]:
    """What the space has against a point: (parameter, sentence) pairs.

    With ``parents`` a parameter that has a condition needs the parameters it depends on beside it: whether its value
    is used would otherwise be left to chance.
    """
    for name, value in point.items():
        if name not in space.dimensions:
            allowed = ", ".join(space.dimensions) or "none, for there is no [space]"
            yield name, f"no such parameter; allowed: {allowed}{did_you_mean(name, space.dimensions)}"
            continue
        item = space.dimensions[name]
        if settled(item, value) is None:
            yield name, _not_in(item, value)
        elif isinstance(item, Range | Choices):
            for parent, values in (item.when or {}).items():
                if (fault := _condition_fault(space, point, parent, values, required=parents)) is not None:
                    yield name, fault


def settled_point(space: SearchSpace, point: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """The point as a sampler would have suggested it: values of the space's own types, without what is fixed there."""
    found = {name: settled(space.dimensions[name], value) for name, value in point.items() if name in space.searched}
    return {name: value for name, value in found.items() if value is not None}


def settled(item: Dimension, value: Scalar) -> Scalar | None:
    """The value as this dimension writes it (a choice, an integer, a float); None where it cannot be."""
    if isinstance(item, Choices):
        return next((choice for choice in item.choices if same(choice, value)), None)
    if not isinstance(item, Range):
        return item if same(item, value) else None
    if isinstance(value, bool | str) or not item.low <= value <= item.high:
        return None
    if item.is_integer and not isinstance(value, int):
        return None
    if item.count is None:
        return float(value)
    nearest = round((value - item.low) / (item.step or 1))
    return item.value(nearest) if nearest < item.count and same(item.value(nearest), value) else None


def _not_in(item: Dimension, value: Scalar) -> str:
    if isinstance(item, Choices):
        return f"found {written(value)}; allowed: {listing(item.choices)}{did_you_mean(value, item.choices)}"
    if not isinstance(item, Range):
        return f"found {written(value)}, but [space] fixes it at {written(item)}; leave it out"
    kind = "an integer" if item.is_integer else "a number"
    steps = f" in steps of {item.step}" if item.step is not None else ""
    return f"found {written(value)}; allowed: {kind} from {item.low} to {item.top}{steps}"


def _condition_fault(
    space: SearchSpace, point: Mapping[str, Scalar], parent: str, values: tuple[Scalar, ...], *, required: bool
) -> str | None:
    wanted = f"{parent} = {listing(values, between=' or ')}"
    known = {**space.fixed, **point}
    if parent not in known:
        return f"is used only when {wanted}; give {parent} as well" if required else None
    if any(same(known[parent], value) for value in values):
        return None
    return f"is not used here: it needs {wanted}, and {parent} is {written(known[parent])}"
