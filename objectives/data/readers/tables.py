"""Tables in files of text: names from the first line, or two columns of labels and texts without names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from objectives.data.dataset import Dataset
from objectives.data.readers.delimited import Cells as Lines
from objectives.data.readers.delimited import read_cells
from objectives.data.readers.options import ReadOptions
from objectives.data.tables.assembling import dataset_of_table
from objectives.data.tables.roles import listed
from objectives.data.tables.table import Table
from objectives.errors import DataError
from objectives.preprocessing.cells import Cells
from objectives.preprocessing.spelling import is_number
from objectives.wording import written

if TYPE_CHECKING:
    import pyarrow as pa


def read_delimited(path: Path, options: ReadOptions) -> Dataset:
    """Read a CSV or TSV file whose first line names the columns, or two columns of labels and texts without names.

    Raises DataError.
    """
    lines = read_cells(path, options)
    if options.target is None and options.text is None:
        return _labelled_texts(lines, path, options)
    table = _without_names(lines) if options.header is False else _named(lines, path, options)
    return dataset_of_table(table, options, path)


def _without_names(lines: Lines, names: Sequence[str] | None = None) -> Table:
    names = names or [f"column_{place}" for place in range(1, len(lines.columns) + 1)]
    return Table(
        columns={name: Cells(column) for name, column in zip(names, lines.columns, strict=True)},
        rows=len(lines.columns[0]),
        notes=lines.notes,
        first_line=lines.first_line,
    )


def _named(lines: Lines, path: Path, options: ReadOptions) -> Table:
    """A table of which the first line names the columns.

    Raises:
        DataError: where that line cannot be one of names.
    """
    names = [str(column[0]).strip() for column in lines.columns]
    sure = options.header is True
    hint = f"where it is a row, say header = false, and the columns are column_1 to column_{len(names)}"
    if repeated := [name for name, count in Counter(names).items() if count > 1]:
        raise DataError(
            f"{path}: the first line must name the columns, and {written(repeated[0])} stands there twice", hint=hint
        )
    numeric = [name for name in names if is_number(name)]
    if not sure and len(numeric) == len(names) and any(not name.lstrip("+-").isdigit() for name in names):
        raise DataError(
            f"{path}: the first line must name the columns, and it holds numbers alone ({listed(names[:3])}...)",
            hint=f"{hint}; where these are the names, say header = true",
        )
    notes = lines.notes
    if not sure and _look_like_a_row(names, numeric, lines):
        notes = (
            *notes,
            f"the first line of {path.name} ({listed(names[:3])}...) is taken for the names of the columns: {hint}",
        )
    return Table(
        columns={name: Cells(column.slice(1)) for name, column in zip(names, lines.columns, strict=True)},
        rows=len(lines.columns[0]) - 1,
        notes=notes,
        first_line=None if lines.first_line is None else lines.first_line + 1,
    )


def _look_like_a_row(names: Sequence[str], numeric: Sequence[str], lines: Lines) -> bool:
    """Whether names are like the cells below them: numbers, but no count of the columns; or texts that come again."""
    if len(numeric) == len(names):
        counts = sorted(int(name) for name in numeric)
        return counts != list(range(counts[0], counts[0] + len(counts)))
    again = [name in set(column.slice(1, 1000).to_pylist()) for name, column in zip(names, lines.columns, strict=True)]
    return sum(again) + len(numeric) > len(names) / 2


def _labelled_texts(lines: Lines, path: Path, options: ReadOptions) -> Dataset:
    """Labels and texts in two columns; which is which, and whether the first line names them, is read off.

    Raises:
        DataError: where the columns are no such two.
    """
    body = [column.slice(0 if options.header is False else 1) for column in lines.columns]
    different = [len(column.unique()) for column in body]
    label = different.index(min(different))
    rows = len(lines.columns[0])
    if len(lines.columns) != 2 or different[label] > rows / 2 or not _of_several_words(body[1 - label]):
        raise DataError(
            f"data.target is missing: {path} has the columns {listed([str(column[0]) for column in lines.columns])}",
            hint="name the one to be predicted in data.target, and one of texts, if there is one, in data.text",
        )
    named = options.header if options.header is not None else _is_named(str(lines.columns[label][0]), body[label])
    if named:
        table = _named(lines, path, replace(options, header=True))
        names = list(table.columns)
    else:
        names = [("text", "label")[place == label] for place in (0, 1)]
        table = _without_names(lines, names)
    return dataset_of_table(table, replace(options, target=names[label], text=names[1 - label]), path)


def _is_named(first: str, labels: pa.Array) -> bool:
    """Whether a first line whose label is this names the columns.

    One that is no number among numbers does, and one that occurs nowhere else: its class of one could not be split.
    """
    known = labels.unique().to_pylist()
    if all(is_number(label.strip()) for label in known):
        return not is_number(first.strip())
    return first not in known


def _of_several_words(cells: pa.Array) -> bool:
    import pyarrow.compute as pc

    spaced = pc.match_substring(pc.utf8_trim_whitespace(cells), " ")
    return bool((pc.sum(spaced).as_py() or 0) >= len(cells) / 2)
