"""Text files of rows and cells (CSV, TSV): which sign parts the cells, what is quoted, and rows that do not fit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from objectives.data.files import read_bytes
from objectives.data.readers.memory import refuse_too_large
from objectives.errors import DataError

Lines = list[list[str]]
Numbered = list[tuple[int, list[str]]]  # with the number of the line of the file, from 1, on which each ends


def read_cells(path: Path) -> Lines:
    """Return the lines of the file, the header among them, all of the same number of cells (at least two).

    The sign between cells is the one with which all lines have equally many cells: comma, tab or semicolon, the
    usual one of the suffix first. Blank lines are left out.

    Raises:
        DataError: where no sign gives that, or the file is no text in UTF-8.
    """
    lines = _lines(path)
    usual = "," if path.suffix.lower() == ".csv" else "\t"
    faults = []
    for sign in sorted(",\t;", key=lambda sign: sign != usual):
        for split in (_plain, _quoted) if sign == "\t" else (_quoted,):
            numbered = split(lines, sign)
            fault = _uneven(numbered)
            if fault is None and len(numbered[0][1]) >= 2:
                return [cells for _, cells in numbered]
            faults.append(fault or "it has only one column; allowed: cells parted by comma, tab or semicolon")
    raise DataError(f"{path}: {faults[0]}")


def _lines(path: Path) -> list[str]:
    try:
        # Each cell becomes a Python object, and the text is held several times on the way.
        refuse_too_large(path, 10 * path.stat().st_size, "its cells", "give a smaller file, or an .npz archive")
        # A line ends where the file says so, and not at the rarer signs that str.splitlines knows.
        content = read_bytes(path)
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"no file {path}") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DataError(f"{path} is not in UTF-8 (line {line:,}): save it so") from None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not any(line.strip() for line in lines):
        raise DataError(f"{path} is empty")
    return lines


def _quoted(lines: Sequence[str], sign: str) -> Numbered:
    """Cells as `csv.reader` reads them, but however long: its limit holds for the whole process."""
    # A quoted cell may hold line ends; what follows its last quote belongs to it as it stands.
    cell = re.compile(f'(?:"([^"]*(?:""[^"]*)*)"?)?([^{sign}\\n]*)')
    text = "".join(f"{line}\n" for line in lines)
    numbered, begin, number = [], 0, 0
    while begin < len(text):
        end = text.index("\n", begin)
        cells = text[begin:end].split(sign)
        if text.find('"', begin, end) >= 0:
            cells, end = _quoted_line(text, begin, cell)
        number += text.count("\n", begin, end + 1)
        begin = end + 1
        if any(one.strip() for one in cells):
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


def _uneven(numbered: Numbered) -> str | None:
    wanted = len(numbered[0][1])
    for number, cells in numbered:
        if len(cells) != wanted:
            why = (
                "a cell is missing, or a quote never ends"
                if len(cells) < wanted
                else "put cells that hold the separating sign into quotes"
            )
            return f"line {number:,} has {len(cells)} cells, the first has {wanted}: {why}"
    return None
