"""Where the parameters of an objective are used: a `[space]` line that could be suggested elsewhere is a fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from objectives.space.conditions import Conditions, Possible
from objectives.space.dimensions import Choices, Dimension, Range
from objectives.space.parameters import Parameters, lookup, split_number
from objectives.space.values import Scalar
from objectives.wording import listing, written

Fault = tuple[str, str]


@dataclass(frozen=True)
class Condition:
    """What another parameter must be so that one is used."""

    parent: str
    values: tuple[Scalar, ...] | None = None
    """One of these, if it is not None."""
    least: int | None = None
    """At least this, if it is not None."""
    unless: tuple[Scalar, ...] = ()
    """None of these."""

    def fits(self, value: Scalar) -> bool:
        """Return whether it is used with this value of the parent."""
        if self.least is not None and not (isinstance(value, int) and value >= self.least):
            return False
        return not _among(value, self.unless) and (self.values is None or _among(value, self.values))

    def is_always_met(self, values: tuple[Scalar, ...] | None) -> bool:
        """Return whether it is used with all of these; None: a continuum, which hardly hits a single value."""
        if values is None:
            return self.values is None and self.least is None
        return all(map(self.fits, values))

    def both(self, other: Condition) -> Condition:
        """Return this condition and another of the same parent as one."""
        values = self.values if other.values is None else tuple(filter(self.fits, other.values))
        least = max((each.least for each in (self, other) if each.least is not None), default=None)
        return Condition(self.parent, values, least, (*self.unless, *other.unless))

    def __str__(self) -> str:
        if self.values is None and self.unless:
            return f"{self.parent} other than {listing(self.unless, between=' or ')}"
        if self.values is None:
            return f"{self.parent} of at least {self.least}"
        return f"{self.parent} = {listing(self.values, between=' or ')}"


def _among(value: Scalar, values: tuple[Scalar, ...]) -> bool:
    return any(type(value) is type(other) and value == other for other in values)


def usage_faults(parameters: Parameters, dimensions: Mapping[str, Dimension]) -> Iterator[Fault]:
    """Yield (parameter, sentence) for each line of a sound space that could be suggested, or stand, for nothing."""
    usage = _Usage(parameters, Conditions(dimensions))
    for name, item in dimensions.items():
        if lookup(parameters, name) is None or not usage.space.coexist([name]):
            continue
        searched = isinstance(item, Range | Choices)
        sentence = usage.sometimes_unused(name) if searched else usage.never_used(name)
        sentence = sentence or usage.replaced(name, searched=searched)
        if sentence:
            yield name, sentence


def conditions_of(parameters: Parameters, name: str) -> dict[str, Condition]:
    """Return what must hold so that `name` is used, by parent; with what must hold so that these are."""
    found: dict[str, Condition] = {}
    waiting, seen = [name], set[str]()
    while waiting:
        child = waiting.pop()
        parameter = lookup(parameters, child)
        if parameter is None or child in seen:
            continue
        seen.add(child)
        own = [Condition(parent, values=values) for parent, values in parameter.active_when.items()]
        own += [Condition(parent, unless=values) for parent, values in parameter.active_unless.items()]
        if parameter.per_layer is not None:
            own.append(Condition(parameter.per_layer, least=split_number(child)[1]))
        for each in own:
            found[each.parent] = found[each.parent].both(each) if each.parent in found else each
            waiting.append(each.parent)
    return found


@dataclass(frozen=True)
class _Usage:
    """What the parameters need of each other, held against what a space lets them be. Each method is one sentence."""

    parameters: Parameters
    space: Conditions

    def sometimes_unused(self, name: str) -> str | None:
        """On a searched parameter that some trial would have for nothing."""
        lacking: list[Condition] = []
        right: dict[str, tuple[Scalar, ...]] = {}
        for condition in conditions_of(self.parameters, name).values():
            parent = condition.parent
            if condition.is_always_met(self._possible(parent, (name,))):
                continue
            lacking.append(condition)
            there = self.space.possible(parent, having=[name]).values if parent in self.space.dimensions else ()
            right[parent] = tuple(filter(condition.fits, (condition.values or ()) if there is None else there))
        if not lacking:
            return None
        only = f"only {' and '.join(map(str, lacking))} uses it"
        for parent, values in right.items():
            if not values:
                return f"{only}, and {parent} is {self._found(parent)}; leave it out"
        return f"{only}; {self._advice(name, right)}"

    def never_used(self, name: str) -> str | None:
        """On a fixed value that no trial uses."""
        for condition in conditions_of(self.parameters, name).values():
            values = self._possible(condition.parent, ())
            if values is not None and not any(condition.fits(value) for value in values):
                parent = condition.parent
                return f"only {condition} uses it, and {parent} is {self._found(parent)}; leave it out"
        return None

    def replaced(self, name: str, *, searched: bool) -> str | None:
        """On a shared parameter where each layer has one of its own."""
        own = self.parameters.get(f"{name}_N")
        if own is None or own.per_layer is None or own.instead_of != name:
            return None
        counter, having = own.per_layer, (name,) if searched else ()
        there = Possible((), absent=True)
        if counter in self.space.dimensions:
            there = self.space.possible(counter, having=having)
        cases = [(int(count), True) for count in there.values or ()]
        cases += [(int(self.parameters[counter].default), False)] if there.absent else []
        replaced = [case for case in cases if self._all_replaced(name, counter, *case, searched=searched)]
        if not replaced or (not searched and len(replaced) < len(cases)):
            return None
        counts = dict.fromkeys(count for count, _ in replaced)
        where = f"with {counter} = {listing(counts, between=' or ')} every number has its own {name}_N instead"
        left = tuple(count for count, named in cases if named and (count, named) not in replaced)
        return f"{where}; {self._advice(name, {counter: left}) if left else 'leave it out'}"

    def _all_replaced(self, name: str, counter: str, count: int, named: bool, *, searched: bool) -> bool:
        """Whether with that count (`named`: by the space, else by default) every number can have its own, or must."""
        space, own = self.space, [f"{name}_{number}" for number in range(1, count + 1)]
        if not all(one in space.dimensions for one in own):
            return False
        given: Mapping[str, tuple[Scalar, ...]] = {counter: (count,)} if named else {}
        if not searched:
            return all(not space.possible(one, given=given).absent for one in own)
        by_default = counter not in space.dimensions or space.possible(counter, having=[name, *own]).absent
        return space.coexist([name, *own], given) and (named or by_default)

    def _possible(self, parent: str, having: tuple[str, ...]) -> tuple[Scalar, ...] | None:
        """What the parent is in the trials that have those: its default where the space leaves it out."""
        default = self.parameters[parent].default
        if parent not in self.space.dimensions:
            return (default,)
        possible = self.space.possible(parent, having=having)
        if possible.values is None:
            return None
        return (*possible.values, default) if possible.absent else possible.values

    def _found(self, parent: str) -> str:
        values = self._possible(parent, ())
        if parent not in self.space.dimensions:
            return f"{written(self.parameters[parent].default)} where [space] does not name it"
        return "never that" if values is None else listing(dict.fromkeys(values), between=" or ")

    def _advice(self, name: str, right: Mapping[str, tuple[Scalar, ...]]) -> str:
        item = self.space.dimensions[name]
        before = (item.when or {}) if isinstance(item, Range | Choices) else {}
        whole = {**before, **right}
        table = ", ".join(f"{parent} = [{listing(values)}]" for parent, values in whole.items())
        return f"{'say' if before else 'add'} when = {{ {table} }}"
