"""A user's own data: which kinds of files there are, what a study may say of each, and who reads them."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from objectives.npz import read_npz
from objectives.pictures import read_pictures
from objectives.rows import Rows
from objectives.tables import read_delimited, read_parquet
from objectives.wording import did_you_mean

if TYPE_CHECKING:
    from objectives.settings import DataSettings


@dataclass(frozen=True, kw_only=True)
class Format:
    """One kind of file: what it is called, which keys of `[data]` it takes beyond those of all data sets."""

    name: str
    keys: frozenset[str]
    read: Callable[[Path, DataSettings], Rows]
    """Raises DataFault."""
    needs: tuple[str, str | None] | None = None
    """A module that must be installed, and the extra of studyhall that installs it (None: the base)."""


_COLUMNS = frozenset({"target", "text", "ignore", "task"})
_TEXT_FILE = Format(name="a table", keys=_COLUMNS, read=read_delimited)

FORMATS: Mapping[str, Format] = {
    ".npz": Format(name="a file of arrays", keys=frozenset({"task"}), read=read_npz),
    ".csv": _TEXT_FILE,
    ".tsv": _TEXT_FILE,
    ".txt": _TEXT_FILE,
    ".parquet": Format(name="a table", keys=_COLUMNS, read=read_parquet, needs=("pyarrow", "tables")),
}
FOLDER = Format(name="a folder of pictures", keys=frozenset({"image_size"}), read=read_pictures, needs=("PIL", None))

_VARIABLE = re.compile(r"\$\{?(\w+)")


def is_path(dataset: str) -> bool:
    """Whether the text names a file or folder rather than a data set."""
    return "/" in dataset or "\\" in dataset or Path(dataset).suffix.lower() in FORMATS


def format_of(path: str) -> Format:
    """Return the format by the suffix; whatever has none of the known ones is a folder."""
    return FORMATS.get(Path(path).suffix.lower(), FOLDER)


def absolute(dataset: str, folder: Path) -> str:
    """Return a path that is found again from any folder, its $VARIABLES filled in; the name of a data set as it is."""
    return resolved(dataset, folder) if is_path(dataset) else dataset


def resolved(path: str, folder: Path) -> str:
    """Return the absolute path, `~` and $VARIABLES filled in; as it is where one of these is not set."""
    filled = os.path.expandvars(path)
    return path if unset_variable(filled) else str((folder / Path(filled).expanduser()).resolve())


def unset_variable(path: str) -> str | None:
    """Return the name of the first variable in the path that nobody has set."""
    named = _VARIABLE.search(path)
    return named[1] if named is not None and named[1] not in os.environ and not Path(path).exists() else None


def path_fault(dataset: str) -> str | None:
    """Return None where a file or folder of the right kind lies there, else what is wrong. Reads nothing."""
    path, suffixes = Path(dataset), ", ".join(FORMATS)
    if not path.exists():
        beside = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        return f"no such file or folder{did_you_mean(path.name, beside)}"
    if path.is_dir() != (format_of(dataset) is FOLDER):
        found = "a folder" if path.is_dir() else "a file"
        return f"is {found}; allowed: a file ({suffixes}), or a folder of class folders of pictures"
    return None


def digest(dataset: str) -> str | None:
    """Return the SHA-256, in hex, of the file's bytes, or of the names and sizes of all that is in the folder.

    None for the name of a data set, which is always the same, and where nothing lies at the path.
    """
    path = Path(dataset)
    if not is_path(dataset) or not path.exists():
        return None
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    rows = sorted((str(found.relative_to(path)), found.stat().st_size) for found in path.rglob("*") if found.is_file())
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def lacking(dataset: str) -> tuple[str, str | None] | None:
    """Return the module that is not installed and its extra; None where nothing is lacking."""
    needs = format_of(dataset).needs
    return needs if needs is not None and importlib.util.find_spec(needs[0]) is None else None


def read_file(settings: DataSettings) -> Rows:
    """Read the file or folder that settings.dataset names. Raises DataFault."""
    return format_of(settings.dataset).read(Path(settings.dataset), settings)
