"""The keys of a study file in words, from the JSON schema of its model."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from objectives.data.settings import DataSettings
from objectives.training.settings import EarlyStopping, TrainSettings
from objectives.wording import written
from studies.spec.settings import BudgetSettings, WorkerSettings
from studies.spec.study import StudySpec

Schema = Mapping[str, Any]

SECTIONS = ("budget", "data", "train", "workers")
"""Tables of the study file that are tables of the reference as well; others are described in a row."""

_MODELS: tuple[type[BaseModel], ...] = (
    StudySpec,
    BudgetSettings,
    DataSettings,
    TrainSettings,
    EarlyStopping,
    WorkerSettings,
)


@dataclass(frozen=True, kw_only=True)
class Key:
    """One key: the table it stands in (empty for none), and what may be said under it."""

    section: str
    name: str
    values: str
    default: str
    help: str


def keys() -> list[Key]:
    """Return the keys of a study file in their order, dotted."""
    schema = StudySpec.model_json_schema()
    return list(_keys(schema, schema["$defs"], ""))


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Return what stands below each field of a model. Pydantic would read it too, in 25 ms of every command."""
    (definition,) = ast.parse(inspect.getsource(model)).body
    assert isinstance(definition, ast.ClassDef)
    found = {}
    for line, below in pairwise(definition.body):
        match line, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = " ".join(text.split())
            case _:
                pass
    return found


def _keys(table: Schema, known: Mapping[str, Schema], path: str) -> Iterator[Key]:
    model = next(one for one in _MODELS if one.__name__ == table["title"])
    meanings = _docstrings(model)
    for name, schema in table["properties"].items():
        dotted = f"{path}.{name}" if path else name
        below = next((one for one in _alternatives(schema, known) if "properties" in one), None)
        if below is not None and dotted in SECTIONS:
            yield from _keys(below, known, dotted)
            continue
        yield Key(
            section=path.partition(".")[0],
            name=dotted,
            values=_values(schema, known),
            default=_default(schema, required=name in table.get("required", ())),
            help=meanings.get(name, ""),
        )
        if below is not None and path:
            yield from _keys(below, known, dotted)


def _default(schema: Schema, *, required: bool) -> str:
    if "otherwise" in schema:
        return str(schema["otherwise"])
    value = schema.get("default")
    if isinstance(value, Mapping):  # a sampler or pruner without options
        value = value.get("name")
    if value is None or value == []:
        return "required" if required else "none"
    return f"`{written(value)}`"


def _alternatives(schema: Schema, known: Mapping[str, Schema]) -> list[Schema]:
    """What may stand there, each a schema without references; "null" is what a file says by leaving the key out."""
    if "$ref" in schema:
        return [known[schema["$ref"].rpartition("/")[2]]]
    if "anyOf" in schema:
        return [inner for one in schema["anyOf"] for inner in _alternatives(one, known)]
    return [] if schema.get("type") == "null" else [schema]


def _values(schema: Schema, known: Mapping[str, Schema]) -> str:
    return " or ".join(_one(each, known) for each in _alternatives(schema, known))


def _one(schema: Schema, known: Mapping[str, Schema]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{written(value)}`" for value in schema["enum"])
    if "format" in schema:
        return f"a {schema['format']}"
    kind = str(schema.get("type"))
    if "prefixItems" in schema:
        return f"a list of {len(schema['prefixItems'])} {_plural(schema['prefixItems'][0], known)}"
    if kind == "array":
        return f"a list of {_plural(schema['items'], known)}"
    return {"integer": "an integer", "number": "a number", "string": "a string"}.get(kind, "a table") + _bounds(schema)


def _plural(schema: Schema, known: Mapping[str, Schema]) -> str:
    words = [_one(each, known) for each in _alternatives(schema, known)]
    return " or ".join(word if word.startswith("`") else f"{word.split()[1]}s" for word in words)


def _bounds(schema: Schema) -> str:
    words = {"minimum": "of at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
    said = [f"{word} {schema[key]:,}" for key, word in words.items() if key in schema]
    return "".join(f" {one}" for one in said[:1]) + "".join(f" and {one}" for one in said[1:])
