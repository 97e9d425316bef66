"""Text files of rows and cells (CSV, TSV): which sign parts the cells, what is quoted, and rows that do not fit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from objectives.data.options import ReadOptions
from objectives.data.readers.large import read_large
from objectives.data.readers.memory import refuse_too_large
from objectives.data.readers.text_files import Text, read_text
from objectives.errors import DataError
from objectives.preprocessing.cells import Cells
from objectives.wording import written

if TYPE_CHECKING:
    import numpy as np

Numbered = list[tuple[int, list[str]]]  # with the number of the line of the file, from 1, on which each ends

_SIGNS = ",\t;|"
_SMALL = 2**18  # characters; smaller files are read in Python, whose sentences on what is wrong are better


@dataclass(frozen=True, kw_only=True, eq=False)
class Lines:
    """All lines of a file."""

    names: list[str] | None
    """The cells of the first line, without blanks around them; None where it is a row like all others."""
    columns: list[Cells | np.ndarray]
    """Texts, or numbers as float64 where no cell could be anything else; at least two columns."""
    first_line: int | None
    """The number of the line of the first row, where each further line holds one row."""
    notes: tuple[str, ...]


def read_lines(path: Path, options: ReadOptions) -> Lines:
    """Return the cells of all lines, of which each has equally many.

    The sign between cells is the one that the study or the file names, else the one with which all lines have equally
    many cells: comma, tab, semicolon or bar, the usual one of the suffix first. Lines without any cell are left out.

    Raises:
        DataError: where no sign gives that, or the file is no text in the encoding.
    """
    text = read_text(path, options)
    usual = "\t" if ".tsv" in path.suffixes or ".txt" in path.suffixes else ","
    named = options.separator or text.separator
    signs = [named] if named else sorted(_SIGNS, key=lambda sign: (sign != usual, _SIGNS.index(sign)))
    if len(text.text) > _SMALL:
        for sign in signs:
            if (found := read_large(text.text, sign, options)) is not None:
                begin = text.first_line + (found.names is not None)
                return _without_empty_rows(found.names, found.columns, text.notes, begin if found.by_line else None)
    # Each cell becomes a Python object, and the text is held several times on the way.
    refuse_too_large(path, 10 * len(text.text), "its cells", "give a smaller file, or a Parquet file")
    return _by_python(text, signs, path, named=named, headed=options.header is not False)


def _without_empty_rows(
    names: list[str] | None, columns: Sequence[Cells | np.ndarray], notes: tuple[str, ...], first_line: int | None
) -> Lines:
    """Without rows that hold no value at all."""
    import numpy as np

    empty = np.ones(len(columns[0]), bool)
    for column in columns:
        if not empty.any():
            break
        empty &= column.gaps() if isinstance(column, Cells) else np.isnan(column)
    if count := int(empty.sum()):
        line = "" if first_line is None else f", the first of them line {first_line + int(empty.argmax()):,},"
        said = f"{count:,} rows hold no value at all{line} and are left out"
        if count == 1:
            said = f"1 row holds no value at all{line} and is left out"
        notes, first_line = (*notes, said), None
        kept = np.flatnonzero(~empty)
        columns = [column.taken(kept) if isinstance(column, Cells) else column[kept] for column in columns]
    return Lines(names=names, columns=list(columns), first_line=first_line, notes=notes)


def _by_python(text: Text, signs: Sequence[str], path: Path, *, named: str | None, headed: bool) -> Lines:
    lines = text.text.split("\n")
    faults = []
    for sign in signs:
        for split in (_plain, _quoted) if sign == "\t" else (_quoted,):
            numbered, blank, ended = _with_names(split(lines, sign), headed=headed)
            fault = _uneven(numbered, text.first_line)
            if fault is None and len(numbered[0][1]) >= 2:
                notes = (*text.notes, *ended, *_open_quotes(numbered, sign, text.first_line))
                by_line = blank == 0 and numbered[-1][0] == len(numbered)
                names = [cell.strip() for cell in numbered[0][1]] if headed else None
                rows = [cells for _, cells in numbered[headed:]]
                columns = list(map(Cells.of, zip(*rows, strict=True))) or [Cells.of([]) for _ in numbered[0][1]]
                return _without_empty_rows(names, columns, notes, text.first_line + headed if by_line else None)
            allowed = f"cells parted by {written(named)}" if named else "cells parted by comma, tab, semicolon or bar"
            faults.append(fault or f"it has only one column; allowed: {allowed}")
    raise DataError(f"{path}: {faults[0]}")


def _with_names(numbered: Numbered, *, headed: bool) -> tuple[Numbered, int, list[str]]:
    """The lines that hold cells, how many do not, and a sentence on what was passed over.

    Above the names of rows R writes no name. Where it is the last cell that no line has a value in, the first line
    alone does not end in a separating sign.
    """
    filled = [(number, cells) for number, cells in numbered if len(cells) > 1 or cells[0].strip()]
    blank = len(numbered) - len(filled)
    widths = {len(cells) for _, cells in filled[1:]}
    if not headed or not filled or len(filled[0][1]) < 2 or widths != {len(filled[0][1]) + 1}:
        return filled or numbered, blank, []
    if not any(cells[-1].strip() for _, cells in filled[1:]):
        cut = [(number, cells[:-1]) for number, cells in filled[1:]]
        return [filled[0], *cut], blank, ["a separating sign ends each line but the first, and is passed over"]
    return [(filled[0][0], ["", *filled[0][1]]), *filled[1:]], blank, []


def _quoted(lines: Sequence[str], sign: str) -> Numbered:
    """Cells as `csv.reader` reads them, but however long: its limit holds for the whole process."""
    # A quoted cell may hold line ends; what follows its last quote belongs to it as it stands.
    cell = re.compile(f'(?:"([^"]*(?:""[^"]*)*)"?)?([^{re.escape(sign)}\\n]*)')
    text = "".join(f"{line}\n" for line in lines)
    numbered, begin, number = [], 0, 0
    while begin < len(text):
        end = text.index("\n", begin)
        cells = text[begin:end].split(sign)
        if text.find('"', begin, end) >= 0:
            cells, end = _quoted_line(text, begin, cell)
        number += text.count("\n", begin, end + 1)
        begin = end + 1
        if len(cells) > 1 or cells[0].strip():
            numbered.append((number, cells))
    return numbered


def _quoted_line(text: str, begin: int, cell: re.Pattern[str]) -> tuple[list[str], int]:
    """The cells from `begin` on, and where the last one ends."""
    cells: list[str] = []
    end = begin - 1
    while end < begin or text[end : end + 1] not in ("\n", ""):
        found = cell.match(text, end + 1)
        assert found is not None, "every part of it may be empty"
        quoted, rest = found.groups()
        cells.append((quoted or "").replace('""', '"') + rest)
        end = found.end()
    return cells, end


def _plain(lines: Sequence[str], sign: str) -> Numbered:
    """Cells as they stand: most tab-separated files quote nothing, and their texts begin with quotes that never end."""
    return [
        (number, [_unquoted(cell) for cell in line.split(sign)]) for number, line in enumerate(lines, 1) if line.strip()
    ]


def _unquoted(cell: str) -> str:
    inner = cell[1:-1].replace('""', "")
    whole = len(cell) >= 2 and cell[0] == cell[-1] == '"' and '"' not in inner
    return cell[1:-1].replace('""', '"') if whole else cell


def _uneven(numbered: Numbered, first_line: int) -> str | None:
    wanted = len(numbered[0][1])
    place = next((place for place, (_, cells) in enumerate(numbered) if len(cells) != wanted), None)
    if place is None:
        return None
    usual, count = Counter(len(cells) for _, cells in numbered[1:]).most_common(1)[0]
    if usual != wanted and count > len(numbered) / 2 and count > 1:
        below = f"all {count:,} lines below it" if count == len(numbered) - 1 else "most lines below it"
        return (
            f"line {first_line:,} has {_cells(wanted)}, and {below} {usual}: it is no line of names; remove what "
            "stands above the names, or put the names of all columns there"
        )
    before, (end, cells) = first_line - 1, numbered[place]
    begin, end = before + numbered[place - 1][0] + 1, before + end
    if len(cells) < wanted and any("\n" in cell for cell in cells):
        return f"line {begin:,} opens a quote that ends in line {end:,} or never: close it, or remove it"
    if len(cells) < wanted:
        why = "a cell is missing, or a quote never ends"
    elif any('"' in cell for cell in cells):
        why = "put cells that hold the separating sign into quotes, and double the quotes inside of them"
    else:
        why = "put cells that hold the separating sign into quotes"
    return f"line {end:,} has {_cells(len(cells))}, the first has {wanted}: {why}"


def _cells(count: int) -> str:
    return f"{count} cells" if count != 1 else "1 cell"


def _open_quotes(numbered: Numbered, sign: str, first_line: int) -> list[str]:
    """A sentence on cells that hold what looks like further rows."""
    width = len(numbered[0][1])
    odd = [
        number - cell.count("\n")
        for number, cells in numbered
        for cell in cells
        if "\n" in cell and any(line.count(sign) == width - 1 for line in cell.split("\n")[1:])
    ]
    if not odd:
        return []
    cells = f"{len(odd):,} cells hold" if len(odd) > 1 else "1 cell holds"
    return [
        f"{cells} lines that look like rows, the first from line {first_line - 1 + odd[0]:,} on: where a quote was "
        "left open there, close or remove it"
    ]
