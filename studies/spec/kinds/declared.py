"""What the kinds with declared parameters have in common: their `[space]`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import TypeAdapter

from objectives.data.paths import resolved
from objectives.space.dimensions import Choices, Dimension, Range
from objectives.space.faults import space_faults
from objectives.space.parameters import Parameter, Parameters, lookup
from studies.spec.objective import Fault
from studies.spec.study import StudySpec

_SPACE = TypeAdapter(dict[str, Dimension])


def completed_space(spec: StudySpec, parameters: Parameters, default: Mapping[str, object]) -> dict[str, Dimension]:
    """The spec's space, with ranges as its parameters are; the default where it gives none."""
    space = spec.space if "space" in spec.model_fields_set else _SPACE.validate_python(default)
    return {name: _of_kind(lookup(parameters, name), item) for name, item in space.items()}


def _of_kind(parameter: Parameter | None, item: Dimension) -> Dimension:
    """A range as its parameter is: from 0 to 1 means all between where the parameter is a number and no integer."""
    if not isinstance(item, Range) or parameter is None or parameter.kind is not float:
        return item
    return item.model_copy(update={"low": float(item.low), "high": float(item.high)})


def declared_faults(spec: StudySpec, parameters: Parameters) -> Iterator[Fault]:
    """What is wrong with the space, held against the parameters."""
    for key, sentence in space_faults(spec.objective, parameters, spec.space):
        yield f"space.{key}", sentence


def named_files(space: Mapping[str, Dimension], parameters: Parameters) -> Iterator[str]:
    """The paths of files that the space names, as a value or among choices."""
    for name, item in space.items():
        parameter = lookup(parameters, name)
        values = item.choices if isinstance(item, Choices) else [item]
        if parameter is not None:
            yield from (str(value) for value in values if isinstance(value, str) and parameter.names_file(value))


def locate_files(space: Mapping[str, object], parameters: Parameters, folder: Path) -> dict[str, object]:
    """The `[space]` table with absolute paths where a parameter may name a file."""

    def found(parameter: Parameter, value: object) -> object:
        return resolved(value, folder) if isinstance(value, str) and parameter.names_file(value) else value

    def line(parameter: Parameter, item: object) -> object:
        if isinstance(item, dict) and isinstance(item.get("choices"), list):
            return {**item, "choices": [found(parameter, value) for value in item["choices"]]}
        return found(parameter, item)

    known = {name: parameter for name in space if (parameter := lookup(parameters, name)) is not None}
    return {name: line(known[name], item) if name in known else item for name, item in space.items()}
