"""Tables in files of text: names from the first line, or two columns of labels and texts without names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from objectives.data.dataset import Dataset
from objectives.data.options import ReadOptions
from objectives.data.readers.delimited import Lines, read_lines
from objectives.data.tables.assembling import dataset_of_table
from objectives.data.tables.roles import listed
from objectives.data.tables.table import Table
from objectives.errors import DataError
from objectives.preprocessing.cells import Cells
from objectives.preprocessing.columns import texts_of_numbers
from objectives.preprocessing.spelling import is_number
from objectives.wording import written

if TYPE_CHECKING:
    import numpy as np


def read_delimited(path: Path, options: ReadOptions) -> Dataset:
    """Read a CSV or TSV file whose first line names the columns, or two columns of labels and texts without names.

    Raises DataError.
    """
    lines = read_lines(path, options)
    if options.target is None and options.text is None:
        return _labelled_texts(lines, path, options)
    return dataset_of_table(_table(lines, path, options), options, path)


def _table(lines: Lines, path: Path, options: ReadOptions) -> Table:
    """The columns by their names.

    Raises:
        DataError: where the first line cannot be one of names.
    """
    notes, names = lines.notes, lines.names
    if names is None:
        names = [f"column_{place}" for place in range(1, len(lines.columns) + 1)]
    else:
        notes = (*notes, *_odd_names(names, lines, path, options))
        names = _apart(names)
    return Table(
        columns=dict(zip(names, lines.columns, strict=True)),
        rows=len(lines.columns[0]),
        notes=notes,
        first_line=lines.first_line,
    )


def _apart(names: Sequence[str]) -> list[str]:
    """Names of which a second one gets a number, as pandas gives it."""
    known: Counter[str] = Counter()
    made = []
    for name in names:
        made.append(f"{name}.{known[name]}" if known[name] else name)
        known[name] += 1
    return made


def _odd_names(names: Sequence[str], lines: Lines, path: Path, options: ReadOptions) -> list[str]:
    """A sentence where the first line may be a row.

    Raises:
        DataError: where it must be one.
    """
    hint = f"where it is a row, say header = false, and the columns are column_1 to column_{len(names)}"
    if options.header is True:
        return []
    if repeated := [name for name, count in Counter(names).items() if count > 1]:
        raise DataError(
            f"{path}: the first line must name the columns, and {written(repeated[0])} stands there twice",
            hint=f"{hint}; where these are names, say header = true, and the second is {written(repeated[0] + '.1')}",
        )
    numeric = [name for name in names if is_number(name)]
    if len(numeric) == len(names) and any(not name.lstrip("+-").isdigit() for name in names):
        raise DataError(
            f"{path}: the first line must name the columns, and it holds numbers alone ({listed(names[:3])}...)",
            hint=f"{hint}; where these are the names, say header = true",
        )
    if not _look_like_a_row(names, numeric, lines):
        return []
    return [f"the first line of {path.name} ({listed(names[:3])}...) is taken for the names of the columns: {hint}"]


def _look_like_a_row(names: Sequence[str], numeric: Sequence[str], lines: Lines) -> bool:
    """Whether names are like the cells below them: numbers, but no count of the columns; or texts that come again."""
    if len(numeric) == len(names):
        counts = sorted(int(name) for name in numeric)
        return counts != list(range(counts[0], counts[0] + len(counts)))
    cells = [name in _first_texts(column) for name, column in zip(names, lines.columns, strict=True)]
    amounts = [name for name in numeric if not name.isdigit()]
    return sum(cells) + len(amounts) > len(names) / 2


def _first_texts(column: Cells | np.ndarray) -> set[str]:
    return set(column.array.slice(0, 1000).to_pylist()) if isinstance(column, Cells) else set()


def _labelled_texts(lines: Lines, path: Path, options: ReadOptions) -> Dataset:
    """Labels and texts in two columns; which is which, and whether the first line names them, is read off.

    Raises:
        DataError: where the columns are no such two.
    """
    columns = [column if isinstance(column, Cells) else texts_of_numbers(column) for column in lines.columns]
    different = [len(column.array.unique()) for column in columns]
    label = different.index(min(different))
    lines_in_all = len(columns[0]) + (lines.names is not None)
    if len(columns) != 2 or different[label] > lines_in_all / 2 or not _of_several_words(columns[1 - label]):
        names = lines.names or list(_table(lines, path, options).columns)
        raise DataError(
            f"data.target is missing: {path} has the columns {listed(names)}",
            hint="name the one to be predicted in data.target, and one of texts, if there is one, in data.text",
        )
    named = options.header if options.header is not None else _is_named((lines.names or [""])[label], columns[label])
    if lines.names is not None and not named:
        lines = read_lines(path, replace(options, header=False))
    table = _table(lines, path, replace(options, header=True))
    names = list(table.columns) if named else [("text", "label")[place == label] for place in (0, 1)]
    table = replace(table, columns=dict(zip(names, table.columns.values(), strict=True)))
    return dataset_of_table(table, replace(options, target=names[label], text=names[1 - label]), path)


def _is_named(first: str, labels: Cells) -> bool:
    """Whether a first line whose label is this names the columns.

    One that is no number among numbers does, and one that occurs nowhere else: its class of one could not be split.
    """
    known = [label.strip() for label in labels.array.unique().to_pylist()]
    if all(map(is_number, known)):
        return not is_number(first)
    return first not in known


def _of_several_words(cells: Cells) -> bool:
    import pyarrow.compute as pc

    spaced = pc.match_substring(pc.utf8_trim_whitespace(cells.array), " ")
    return bool((pc.sum(spaced).as_py() or 0) >= len(cells) / 2)
