"""The kinds of files there are, what a study may say of each, and who reads them."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from objectives.data.dataset import Dataset
from objectives.data.options import ReadOptions
from objectives.data.readers.images import read_images
from objectives.data.readers.npz import read_npz
from objectives.data.readers.spreadsheets import read_xlsx
from objectives.data.readers.tables import read_delimited
from objectives.data.readers.typed import read_feather, read_json_lines, read_parquet


@dataclass(frozen=True, kw_only=True)
class Format:
    """One kind of file: what it is called, which keys of `[data]` it takes beyond those of all data sets."""

    name: str
    keys: frozenset[str]
    read: Callable[[Path, ReadOptions], Dataset]
    """Raises DataError."""
    needs: tuple[str, str | None] | None = None
    """A module that must be installed, and the extra of studyhall that installs it (None: the base)."""


_COLUMNS = frozenset(
    {"target", "text", "ignore", "categories", "numbers", "dates", "words", "missing", "group", "time", "task"}
)
_WRITING = frozenset({"header", "separator", "encoding", "decimal", "thousands"})
_TEXT_FILE = Format(name="a table", keys=_COLUMNS | _WRITING, read=read_delimited)
_JSON_LINES = Format(name="a table", keys=_COLUMNS | {"encoding", "decimal", "thousands"}, read=read_json_lines)
_FEATHER = Format(name="a table", keys=_COLUMNS, read=read_feather)

FORMATS: Mapping[str, Format] = {
    ".npz": Format(name="a file of arrays", keys=frozenset({"task"}), read=read_npz),
    ".csv": _TEXT_FILE,
    ".tsv": _TEXT_FILE,
    ".txt": _TEXT_FILE,
    ".csv.gz": _TEXT_FILE,
    ".tsv.gz": _TEXT_FILE,
    ".txt.gz": _TEXT_FILE,
    ".jsonl": _JSON_LINES,
    ".jsonl.gz": _JSON_LINES,
    ".parquet": Format(name="a table", keys=_COLUMNS, read=read_parquet),
    ".feather": _FEATHER,
    ".xlsx": Format(
        name="a table",
        keys=_COLUMNS | {"header", "decimal", "thousands"},
        read=read_xlsx,
        needs=("openpyxl", "tables"),
    ),
}
FOLDER = Format(name="a folder of images", keys=frozenset({"image_size"}), read=read_images, needs=("PIL", None))


def format_of(path: str) -> Format:
    """Return the format by the suffix; whatever has none of the known ones is a folder."""
    return FORMATS.get(suffix_of(path), FOLDER)


def suffix_of(path: str) -> str:
    """Return the end of a path that says what it is, in small letters: ".csv", ".csv.gz"."""
    suffixes = Path(path).suffixes
    ends = suffixes[-2:] if suffixes and suffixes[-1].lower() == ".gz" else suffixes[-1:]
    return "".join(ends).lower()


def lacking(dataset: str) -> tuple[str, str | None] | None:
    """Return the module that is not installed and its extra; None where nothing is lacking."""
    needs = format_of(dataset).needs
    return needs if needs is not None and importlib.util.find_spec(needs[0]) is None else None


def read_file(path: str, options: ReadOptions) -> Dataset:
    """Read a file or folder of a user's own. Raises DataError."""
    return format_of(path).read(Path(path), options)
