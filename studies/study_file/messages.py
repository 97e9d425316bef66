"""What pydantic has against a study file, in TOML's words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from objectives.wording import did_you_mean, written
from studies.spec.renamed import KEYS, VALUES
from studies.spec.study import StudySpec

# `direction` stands for a `directions` of one.
_TOP = [*StudySpec.model_fields, "direction"]

# What TOML calls the types of pydantic's.
_PLAIN = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "byte_size": 'a number of bytes, or a size such as "2GiB"',
    "dict_type": "a table",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "string_type": "a text",
    "string_unicode": "a text in UTF-8",
    "tuple_type": "a list, in brackets",
}


def sentence(row: ErrorDetails, table: Mapping[str, object]) -> tuple[str, str]:
    """Return the dotted key of a fault and what is wrong there."""
    loc = tuple(row["loc"])
    if loc[:1] == ("directions",) and "direction" in table:
        loc = ("direction",)
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).removeprefix(".")
    if row["type"] == "extra_forbidden":
        return key, _unknown(key, loc)
    if row["type"] == "missing":
        return key, "is missing" + ('; for example objective = "mlp" or "file.py:function"' if len(loc) == 1 else "")
    return key, _wrong(row, key) if loc else _message(row)


def _unknown(key: str, loc: Sequence[str | int]) -> str:
    if (new := KEYS.get(key)) is not None:
        return f"is called {new} in this version; write {new.rpartition('.')[2]} instead"
    allowed = _keys_beside(loc)
    return f"no such key; allowed: {', '.join(allowed)}{did_you_mean(loc[-1], allowed)}"


def _wrong(row: ErrorDetails, key: str) -> str:
    found, message = row["input"], _message(row)
    if isinstance(found, str) and (new := VALUES.get((key, found))) is not None:
        return f"{written(found)} is called {written(new)} in this version; write {key} = {written(new)}"
    names = re.findall(r"'([^']+)'", message) if row["type"] == "literal_error" else []
    return f"found {_short(found)}; {message}{did_you_mean(found, names)}"


def _message(row: ErrorDetails) -> str:
    if row["type"] in ("model_type", "model_attributes_type"):
        return f"must be a table such as {{ {_keys_beside((*row['loc'], ''))[0]} = ... }}"
    if row["type"] == "string_too_long":
        return f"must have at most {row['ctx']['max_length']} characters"
    if row["type"] == "too_short":
        return "must not be empty"
    if row["type"] in _PLAIN:
        return f"must be {_PLAIN[row['type']]}"
    return row["msg"].removeprefix("Value error, ").replace("Input should be", "must be")


def _short(value: object) -> str:
    text = written(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _keys_beside(loc: Sequence[str | int]) -> list[str]:
    model: type[BaseModel] = StudySpec
    for part in loc[:-1]:
        annotation = model.model_fields[str(part)].annotation
        model = next(kind for kind in (annotation, *get_args(annotation))
                     if isinstance(kind, type) and issubclass(kind, BaseModel))  # fmt: skip
    return _TOP if model is StudySpec else list(model.model_fields)
