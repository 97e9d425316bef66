"""From what the user names (a gallery study, a TOML file, a function) to a checked StudySpec."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from objectives.data.files import at_home
from objectives.data.paths import absolute
from objectives.data.settings import DataSettings
from objectives.wording import did_you_mean
from studies.errors import StudyFileError
from studies.spec.objective import Fault
from studies.spec.resolving import find, resolve
from studies.spec.study import StudySpec
from studies.study_file.checks import study_faults
from studies.study_file.completion import complete
from studies.study_file.messages import sentence
from studies.study_file.toml import parse_toml, read_toml, unreadable

_GALLERY = Path(__file__).parents[1] / "gallery"


def gallery() -> dict[str, str]:
    """The ready studies: name -> TOML text."""
    return {file.stem: file.read_text("utf-8") for file in sorted(_GALLERY.glob("*.toml"))}


def read_study(study: str, settings: Mapping[str, object] | None = None) -> StudySpec:
    """The study that ``study`` names, with dotted ``settings`` laid over it, checked.

    ``study`` is a gallery name, the path of a TOML file, or an objective (``path/file.py:function``,
    ``package.module:function``).

    Raises:
        StudyFileError: with all faults at once.
        OutOfMemory: the metric follows from the data, for which there is too little memory.
    """
    if "\0" in study:
        raise StudyFileError(study.replace("\0", " "), [("", "no file has such a name: it holds a NUL")])
    source, table = _table(study)
    for key, value in (settings or {}).items():
        _lay_over(source, table, key, value)
    _refuse_unreadable(source, table)
    # What a file names relative to itself is absolute by now.
    _find_files(table, _working_folder())
    return _checked(source, table)


def _working_folder() -> Path:
    """Where relative paths begin; where it was removed, a place without files, which only those miss who need it."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path(os.readlink("/proc/self/cwd"))  # noqa: PTH115  "/its/path (deleted)"


def _table(study: str) -> tuple[str, dict[str, object]]:
    ready = gallery()
    if study in ready:
        table = parse_toml(ready[study])
        _find_files(table, _GALLERY)
        return f"gallery study {study}", table
    path = at_home(study)
    if path.suffix == ".toml":
        return study, _from_file(study, path)
    if (objective := find(study)) is not None:
        return study, {"name": objective.study_name, "objective": objective.absolute(_working_folder())}
    advice = f"allowed: a gallery study ({', '.join(ready)}), a file.toml, or an objective such as file.py:function"
    raise StudyFileError(study, [("", f"no such study; {advice}{did_you_mean(study, ready)}")])


def _from_file(source: str, path: Path) -> dict[str, object]:
    try:
        table = read_toml(path)
    except FileNotFoundError:
        here = [entry.name for entry in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        raise StudyFileError(source, [("", f"no such file{did_you_mean(path.name, here)}")]) from None
    except OSError as error:
        raise StudyFileError(source, [("", f"cannot be read: {error.strerror}")]) from None
    except ValueError as error:
        raise StudyFileError(source, [("", str(error))]) from None
    _refuse_unreadable(source, table)
    table.setdefault("name", path.stem)
    if isinstance(objective := table.get("objective"), str):
        table["objective"] = resolve(objective).absolute(path.absolute().parent)
    _find_files(table, path.absolute().parent)
    return table


def _refuse_unreadable(source: str, table: Mapping[str, object]) -> None:
    if faults := unreadable(table):
        raise StudyFileError(source, faults)


def _find_files(table: dict[str, object], folder: Path) -> None:
    """Data and files of the user's own are found again from any folder."""
    data = table.get("data")
    if isinstance(data, dict) and isinstance(data.get("dataset"), str):
        data["dataset"] = absolute(data["dataset"], folder)
    if isinstance(space := table.get("space"), dict):
        table["space"] = resolve(str(table.get("objective"))).locate_files(space, folder)


def setting(text: str) -> tuple[str, object]:
    """``key=value`` of ``--set`` as a dotted key and a value: TOML where it is, else a text.

    Raises:
        ValueError: there is no ``=`` or nothing before it.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ValueError(f"found {text!r}; a setting is written key=value, for example train.epochs=3")
    try:
        table = parse_toml(f"value = {value}")
    except ValueError:
        return key.strip(), value.strip()
    # A line end in the value would begin another key.
    return key.strip(), table["value"] if len(table) == 1 else value.strip()


def _lay_over(source: str, table: dict[str, object], dotted: str, value: object) -> None:
    *parents, last = dotted.split(".")
    for parent in parents:
        below = table.setdefault(parent, {})
        if isinstance(below, str) and parent in ("sampler", "pruner"):
            below = table[parent] = {"name": below}
        if not isinstance(below, dict):
            raise StudyFileError(source, [(dotted, f"{parent} is {below!r} and no table, so nothing can be set in it")])
        table = below
    if last in ("direction", "directions"):
        table.pop("direction", None)
        table.pop("directions", None)
    table[last] = value


def _checked(source: str, table: dict[str, object]) -> StudySpec:
    try:
        spec = complete(StudySpec.model_validate(table))
    except ValidationError as error:
        raise StudyFileError(source, _faults(table, error.errors())) from None
    if faults := study_faults(spec):
        raise StudyFileError(source, faults)
    return spec


def _faults(table: Mapping[str, object], details: Sequence[ErrorDetails]) -> list[Fault]:
    """What is malformed, and what is wrong with the rest, so that all faults are told at once."""
    faults = [sentence(row, table) for row in details]
    bad = {str(row["loc"][0]) if row["loc"] else "directions" for row in details}
    bad |= {"direction", "directions"} if bad & {"direction", "directions"} else set()
    sound = {key: value for key, value in table.items() if key not in bad}
    if "data" in bad:
        # Which metrics there are follows from the data.
        sound["data"] = {"dataset": known} if (known := _dataset(table, details)) else None
        bad |= set() if known else {"metric", "direction", "directions"}
    if bad & {"name", "objective"}:
        return faults
    # A section that could not be read says nothing about those that depend on it.
    partial = complete(StudySpec.model_validate(sound))
    return faults + [fault for fault in study_faults(partial) if fault[0].split(".")[0] not in bad]


def _dataset(table: Mapping[str, object], details: Sequence[ErrorDetails]) -> str | None:
    """What `[data]` names, although something else in it is wrong."""
    data = table["data"]
    if not isinstance(data, dict) or any(row["loc"][:2] in (("data",), ("data", "dataset")) for row in details):
        return None
    return str(data.get("dataset", DataSettings().dataset))
