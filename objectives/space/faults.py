"""What a `[space]` gets wrong: its conditions, and its lines against the parameters that an objective declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from objectives.space.dimensions import Choices, Dimension, Range
from objectives.space.parameters import Parameter, Parameters, former_names, lookup
from objectives.space.search_space import SearchSpace
from objectives.space.usage import Fault, usage_faults
from objectives.space.values import Scalar
from objectives.wording import did_you_mean, written


def space_faults(owner: str, parameters: Parameters, dimensions: Mapping[str, Dimension]) -> Iterator[Fault]:
    """Yield (dotted key, sentence) for all that is wrong with the space of `owner`, the objective's name."""
    conditions = SearchSpace(dimensions).faults()
    yield from conditions
    for name, dimension in dimensions.items():
        parameter = lookup(parameters, name)
        if parameter is None and (new := former_names(parameters).get(name)) is not None:
            yield name, f"is called {new} in this version; write {new} instead"
            continue
        if parameter is None:
            allowed = ", ".join(parameters)
            yield name, f"{written(owner)} has no such parameter; allowed: {allowed}{did_you_mean(name, parameters)}"
            continue
        for key, value in _extremes(dimension).items():
            if (sentence := _unfit(parameter, dimension, value)) is not None:
                yield f"{name}{key}", sentence
    # Of conditions that cannot be, nothing follows.
    if not conditions:
        yield from usage_faults(parameters, dimensions)


def _extremes(dimension: Dimension) -> Mapping[str, Scalar]:
    if isinstance(dimension, Range):
        return {".low": dimension.low, ".high": dimension.high}
    if isinstance(dimension, Choices):
        return {f".choices[{index}]": value for index, value in enumerate(dimension.choices)}
    return {"": dimension}


def _unfit(parameter: Parameter, dimension: Dimension, value: Scalar) -> str | None:
    if isinstance(dimension, Range) and parameter.kind is int and not dimension.is_integer:
        return f"found {written(value)} in a range of numbers; allowed: a range of integers"
    return parameter.fault(value)
