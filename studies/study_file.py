"""From what the user names (a gallery study, a TOML file, a function) to a checked StudySpec."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from objectives.catalogue import BUILT_IN
from objectives.data import DataFault, load_rows
from objectives.datasets import DATASETS
from objectives.dimensions import Dimension, Range
from objectives.files import FOLDER, absolute, format_of, resolved
from objectives.metrics import DEFAULTS, kind_of, names_of
from objectives.objective import Family, Parameter
from objectives.settings import DataSettings, TrainSettings
from objectives.source import is_reference, split_reference
from objectives.space import Space
from objectives.wording import did_you_mean, written
from studies.checks import study_faults
from studies.samplers import EXHAUSTIVE
from studies.spec import StudySpec

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
    "tuple_type": "a list, in brackets",
}

_GALLERY = Path(__file__).parent / "gallery"


class StudyFileFault(Exception):
    """A study that cannot be run as written: every fault found, a line each."""

    def __init__(self, source: str, faults: Sequence[tuple[str, str]]) -> None:
        self.source = source
        self.faults = list(faults)
        super().__init__("\n".join(f"{source}: {key}: {sentence}" if key else f"{source}: {sentence}"
                                   for key, sentence in self.faults))  # fmt: skip


def gallery() -> dict[str, str]:
    """The ready studies: name -> TOML text."""
    return {file.stem: file.read_text("utf-8") for file in sorted(_GALLERY.glob("*.toml"))}


def read_study(study: str, settings: Mapping[str, Any] | None = None) -> StudySpec:
    """The study that ``study`` names, with dotted ``settings`` laid over it, checked.

    ``study`` is a gallery name, the path of a TOML file, or an objective (``path/file.py:function``,
    ``package.module:function``).

    Raises:
        StudyFileFault: with all faults at once.
    """
    source, table = _table(study)
    for key, value in (settings or {}).items():
        _lay_over(source, table, key, value)
    # What a file names relative to itself is absolute by now.
    _find_files(table, Path.cwd())
    return _checked(source, table)


def _table(study: str) -> tuple[str, dict[str, Any]]:
    ready = gallery()
    if study in ready:
        table = tomllib.loads(ready[study])
        _find_files(table, _GALLERY)
        return f"gallery study {study}", table
    path = Path(study).expanduser()
    if path.suffix == ".toml":
        return study, _from_file(study, path)
    if study in BUILT_IN:
        return study, {"name": study, "objective": study}
    if is_reference(study):
        return study, {"name": split_reference(study)[1], "objective": _absolute(study, Path.cwd())}
    advice = f"allowed: a gallery study ({', '.join(ready)}), a file.toml, or an objective such as file.py:function"
    raise StudyFileFault(study, [("", f"no such study; {advice}{did_you_mean(study, ready)}")])


def _from_file(source: str, path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        here = [entry.name for entry in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        raise StudyFileFault(source, [("", f"no such file{did_you_mean(path.name, here)}")]) from None
    except OSError as error:
        raise StudyFileFault(source, [("", f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError:
        raise StudyFileFault(source, [("", "is not a text in UTF-8, so no TOML file")]) from None
    except tomllib.TOMLDecodeError as error:
        raise StudyFileFault(source, [("", f"is not valid TOML: {error}")]) from None
    table.setdefault("name", path.stem)
    if isinstance(table.get("objective"), str):
        table["objective"] = _absolute(table["objective"], path.absolute().parent)
    _find_files(table, path.absolute().parent)
    return table


def _find_files(table: dict[str, Any], folder: Path) -> None:
    """Data and files of the user's own are found again from any folder."""
    data = table.get("data")
    if isinstance(data, dict) and isinstance(data.get("dataset"), str):
        data["dataset"] = absolute(data["dataset"], folder)
    family, space = BUILT_IN.get(str(table.get("objective"))), table.get("space")
    if family is None or not isinstance(space, dict):
        return
    for name, item in space.items():
        parameter = family.parameter(name)
        if parameter is None or not parameter.files:
            continue

        def found(value: Any, parameter: Parameter = parameter) -> Any:
            if not isinstance(value, str) or not parameter.names_file(value):
                return value
            return resolved(value, folder)

        if isinstance(item, dict) and isinstance(item.get("choices"), list):
            space[name] = {**item, "choices": [found(value) for value in item["choices"]]}
        else:
            space[name] = found(item)


def _absolute(objective: str, folder: Path) -> str:
    """An objective in a file is found again from any folder."""
    if not is_reference(objective):
        return objective
    place, attribute = split_reference(objective)
    if not place.endswith(".py"):
        return objective
    return f"{(folder / Path(place).expanduser()).resolve()}:{attribute}"


def setting(text: str) -> tuple[str, Any]:
    """``key=value`` of ``--set`` as a dotted key and a value: TOML where it is, else a text.

    Raises:
        ValueError: there is no ``=`` or nothing before it.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ValueError(f"found {text!r}; a setting is written key=value, for example train.epochs=3")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()


def _lay_over(source: str, table: dict[str, Any], dotted: str, value: Any) -> None:
    *parents, last = dotted.split(".")
    for parent in parents:
        below = table.setdefault(parent, {})
        if isinstance(below, str) and parent in ("sampler", "pruner"):
            below = table[parent] = {"name": below}
        if not isinstance(below, dict):
            raise StudyFileFault(source, [(dotted, f"{parent} is {below!r} and no table, so nothing can be set in it")])
        table = below
    if last in ("direction", "directions"):
        table.pop("direction", None)
        table.pop("directions", None)
    table[last] = value


def _checked(source: str, table: dict[str, Any]) -> StudySpec:
    faults: list[tuple[str, str]] = []
    spec: StudySpec | None = None
    try:
        spec = StudySpec.model_validate(table)
    except ValidationError as error:
        details = error.errors()
        faults += [_sentence(row, table) for row in details]
        # What is well formed is checked further, so that all faults are told at once.
        bad = {str(row["loc"][0]) if row["loc"] else "directions" for row in details}
        bad |= {"direction", "directions"} if bad & {"direction", "directions"} else set()
        sound = {key: value for key, value in table.items() if key not in bad}
        if "data" in bad:
            # Which metrics there are follows from the data.
            sound["data"] = {"dataset": known} if (known := _dataset(table, details)) else None
            bad |= set() if known else {"metric", "direction", "directions"}
        if bad.isdisjoint({"name", "objective"}):
            partial = _completed(StudySpec.model_validate(sound), sound)
            # A section that could not be read says nothing about those that depend on it.
            faults += [fault for fault in study_faults(partial) if fault[0].split(".")[0] not in bad]
    else:
        spec = _completed(spec, table)
        faults += study_faults(spec)
    if faults or spec is None:
        raise StudyFileFault(source, faults)
    return spec


def _dataset(table: Mapping[str, Any], details: Sequence[ErrorDetails]) -> str | None:
    """What `[data]` names, although something else in it is wrong."""
    data = table["data"]
    if not isinstance(data, dict) or any(row["loc"][:2] in (("data",), ("data", "dataset")) for row in details):
        return None
    return str(data.get("dataset", DataSettings().dataset))


def _completed(spec: StudySpec, table: Mapping[str, Any]) -> StudySpec:
    """Fill in what follows from the objective and the sampler, so that the stored study is whole."""
    changes: dict[str, Any] = {}
    family = BUILT_IN.get(spec.objective)
    if family is not None:
        changes["space"] = {name: _of_kind(family.parameter(name), item) for name, item in spec.space.items()}
        metric = spec.metric or _default_metric(family, spec.data or DataSettings())
        changes["metric"] = metric
        if not {"direction", "directions"} & table.keys() and metric is not None:
            # A name that nobody knows has a fault of its own.
            changes["directions"] = tuple(family.metrics.get(name, "minimize") for name in names_of(metric))
        if family.trains:
            changes["data"] = spec.data or DataSettings()
            changes["train"] = spec.train or TrainSettings()
        if not spec.space and "space" not in table:
            changes["space"] = StudySpec.model_validate({"name": "x", "objective": "x", "space": family.space}).space
    whole = spec.model_copy(update=changes)
    if whole.sampler.name in EXHAUSTIVE and whole.budget.trials is None and (size := Space(whole.space).size()):
        whole = whole.model_copy(update={"budget": whole.budget.model_copy(update={"trials": size})})
    return whole


def _of_kind(parameter: Parameter | None, item: Dimension) -> Dimension:
    """A range as its parameter is: from 0 to 1 means all between where the parameter is a number and no integer."""
    if not isinstance(item, Range) or parameter is None or parameter.kind is not float:
        return item
    return item.model_copy(update={"low": float(item.low), "high": float(item.high)})


def _default_metric(family: Family, data: DataSettings) -> str | None:
    if not family.trains:
        return family.default_metric
    if (known := DATASETS.get(data.dataset)) is not None:
        return DEFAULTS[kind_of(known.classes)]
    if data.task != "auto" or data.text is not None or format_of(data.dataset) is FOLDER:
        return DEFAULTS["regression" if data.task == "regression" else "classes"]
    try:
        return DEFAULTS[kind_of(load_rows(data).classes)]
    except DataFault:  # which is told by whoever needs the data
        return family.default_metric


def _sentence(row: ErrorDetails, table: Mapping[str, Any]) -> tuple[str, str]:
    loc = tuple(row["loc"])
    if loc[:1] == ("directions",) and "direction" in table:
        loc = ("direction",)
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).removeprefix(".")
    if row["type"] == "extra_forbidden":
        allowed = _keys_beside(loc)
        return key, f"no such key; allowed: {', '.join(allowed)}{did_you_mean(loc[-1], allowed)}"
    if row["type"] == "missing":
        return key, "is missing" + ('; for example objective = "mlp" or "file.py:function"' if len(loc) == 1 else "")
    found = row["input"]
    message = row["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    if row["type"] in ("model_type", "model_attributes_type"):
        first = _keys_beside((*loc, ""))[0]
        message = f"must be a table such as {{ {first} = ... }}"
    elif row["type"] == "too_short":
        message = "must not be empty"
    elif row["type"] in _PLAIN:
        message = f"must be {_PLAIN[row['type']]}"
    names = re.findall(r"'([^']+)'", message) if row["type"] == "literal_error" else []
    if not loc:
        return key, message
    return key, f"found {_short(found)}; {message}{did_you_mean(found, names)}"


def _short(value: Any) -> str:
    text = written(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _keys_beside(loc: Sequence[str | int]) -> list[str]:
    model: type[BaseModel] = StudySpec
    for part in loc[:-1]:
        annotation = model.model_fields[str(part)].annotation
        model = next(kind for kind in (annotation, *get_args(annotation))
                     if isinstance(kind, type) and issubclass(kind, BaseModel))  # fmt: skip
    return _TOP if model is StudySpec else list(model.model_fields)
