"""Where the parameters of a family are used: a `[space]` line that could be suggested elsewhere is a fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from objectives.conditions import Conditions
from objectives.dimensions import Choices, Dimension, Range
from objectives.objective import Family, Scalar, split_number
from objectives.wording import listing, written

Fault = tuple[str, str]


@dataclass(frozen=True)
class Need:
    """What another parameter must be so that one is used: among `values`, or at least `least`."""

    parent: str
    values: tuple[Scalar, ...] = ()
    least: int | None = None

    def fits(self, value: Scalar) -> bool:
        """Return whether it is used with this value of the parent."""
        if self.least is not None:
            return isinstance(value, int) and value >= self.least
        return any(type(value) is type(other) and value == other for other in self.values)

    def __str__(self) -> str:
        if self.least is not None:
            return f"{self.parent} of at least {self.least}"
        return f"{self.parent} = {listing(self.values, between=' or ')}"


def usage_faults(family: Family, dimensions: Mapping[str, Dimension]) -> Iterator[Fault]:
    """Yield (parameter, sentence) for each line of a sound space that could be suggested, or stand, for nothing."""
    space = Conditions(dimensions)
    for name, item in dimensions.items():
        if family.parameter(name) is None or not space.coexist([name]):
            continue
        searched = isinstance(item, Range | Choices)
        sentence = _unused(family, space, name) if searched else _never_used(family, space, name)
        sentence = sentence or _replaced(family, space, name, searched=searched)
        if sentence:
            yield name, sentence


def needs(family: Family, name: str) -> dict[str, Need]:
    """Return what must hold so that `name` is used, by parent; with what must hold so that these are."""
    found: dict[str, Need] = {}
    waiting = [name]
    while waiting:
        child = waiting.pop()
        parameter = family.parameter(child)
        if parameter is None:
            continue
        own = [Need(parent, values=values) for parent, values in parameter.used_when.items()]
        if parameter.numbered is not None:
            own.append(Need(parameter.numbered, least=split_number(child)[1]))
        for need in own:
            if need.parent not in found:
                found[need.parent] = need
                waiting.append(need.parent)
    return found


def _possible(family: Family, space: Conditions, parent: str, having: tuple[str, ...]) -> tuple[Scalar, ...] | None:
    """What the parent is in the trials that have those: its default where the space leaves it out."""
    default = family.parameters[parent].default
    if parent not in space.dimensions:
        return (default,)
    possible = space.possible(parent, having=having)
    if possible.values is None:
        return None
    return (*possible.values, default) if possible.absent else possible.values


def _unused(family: Family, space: Conditions, name: str) -> str | None:
    """The sentence for a searched parameter that some trial would have for nothing."""
    lacking: list[Need] = []
    right: dict[str, tuple[Scalar, ...]] = {}
    for need in needs(family, name).values():
        values = _possible(family, space, need.parent, (name,))
        if values is not None and all(need.fits(value) for value in values):
            continue
        lacking.append(need)
        there = space.possible(need.parent, having=[name]).values if need.parent in space.dimensions else ()
        right[need.parent] = tuple(value for value in (need.values if there is None else there) if need.fits(value))
    if not lacking:
        return None
    only = f"only {' and '.join(map(str, lacking))} uses it"
    for need in lacking:
        if not right[need.parent]:
            return f"{only}, and {need.parent} is {_found(family, space, need.parent)}; leave it out"
    return f"{only}; {_advice(space, name, right)}"


def _never_used(family: Family, space: Conditions, name: str) -> str | None:
    """The sentence for a fixed value that no trial uses."""
    for need in needs(family, name).values():
        values = _possible(family, space, need.parent, ())
        if values is not None and not any(need.fits(value) for value in values):
            return f"only {need} uses it, and {need.parent} is {_found(family, space, need.parent)}; leave it out"
    return None


def _replaced(family: Family, space: Conditions, name: str, *, searched: bool) -> str | None:
    """The sentence for a shared parameter where each number has one of its own."""
    numbered = family.parameters.get(f"{name}_N")
    if numbered is None or numbered.numbered is None or numbered.instead_of != name:
        return None
    counter = numbered.numbered
    counts = _possible(family, space, counter, (name,) if searched else ()) or ()
    whole = {count for count in counts if _all_replaced(space, name, counter, int(count), possibly=searched)}
    if not whole or (not searched and len(whole) < len(set(counts))):
        return None
    left = tuple(count for count in dict.fromkeys(counts) if count not in whole)
    where = f"with {counter} = {listing(sorted(whole), between=' or ')} every number has its own {name}_N instead"
    if not left or counter not in space.dimensions:
        return f"{where}; leave it out"
    return f"{where}; {_advice(space, name, {counter: left})}"


def _all_replaced(space: Conditions, name: str, counter: str, count: int, *, possibly: bool) -> bool:
    """Whether with that count every number can have its own (`possibly`), or must."""
    own = [f"{name}_{number}" for number in range(1, count + 1)]
    if not all(one in space.dimensions for one in own):
        return False
    given: Mapping[str, tuple[Scalar, ...]] = {counter: (count,)} if counter in space.dimensions else {}
    if possibly:
        return space.coexist([name, *own], given)
    return all(not space.possible(one, given=given).absent for one in own)


def _advice(space: Conditions, name: str, right: Mapping[str, tuple[Scalar, ...]]) -> str:
    item = space.dimensions[name]
    before = (item.when or {}) if isinstance(item, Range | Choices) else {}
    whole = {**before, **right}
    table = ", ".join(f"{parent} = [{listing(values)}]" for parent, values in whole.items())
    return f"{'say' if before else 'add'} when = {{ {table} }}"


def _found(family: Family, space: Conditions, parent: str) -> str:
    values = _possible(family, space, parent, ())
    if parent not in space.dimensions:
        return f"{written(family.parameters[parent].default)} where [space] does not name it"
    return "never that" if values is None else listing(dict.fromkeys(values), between=" or ")
