"""Tables in spreadsheets: the first sheet of an .xlsx file, whose first row names the columns."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from objectives.data.dataset import Dataset
from objectives.data.options import ReadOptions
from objectives.data.readers.memory import refuse_too_large
from objectives.data.tables.assembling import dataset_of_table
from objectives.data.tables.table import Table
from objectives.errors import DataError
from objectives.preprocessing.cells import Cells
from objectives.wording import written

if TYPE_CHECKING:
    import numpy as np


def read_xlsx(path: Path, options: ReadOptions) -> Dataset:
    """Read a spreadsheet.

    Raises:
        DataError: where it cannot be read, and where openpyxl is not installed.
    """
    numbered, notes = _rows(path)
    if len(numbered) < 2:
        raise DataError(f"{path}: its first sheet holds no rows")
    named = options.header is not False
    rows = [row for _, row in numbered]
    width = max(map(len, rows))
    whole = [[*row, *[None] * (width - len(row))] for row in rows]
    # Cells without a value may have a colour or a border, which makes a sheet wider than its table.
    filled = [place for place in range(width) if any(row[place] is not None for row in whole)]
    whole, width = [[row[place] for place in filled] for row in whole], len(filled)
    names = ["" if one is None else str(one).strip() for one in whole[0]]
    names = names if named else [f"column_{place}" for place in range(1, width + 1)]
    if repeated := [name for name, count in Counter(names).items() if count > 1]:
        raise DataError(f"{path}: the first row must name the columns, and {written(repeated[0])} stands there twice")
    body = whole[1:] if named else whole
    columns = {name: _column(cells) for name, cells in zip(names, zip(*body, strict=True), strict=True)}
    first, last = numbered[len(whole) - len(body)][0], numbered[-1][0]
    table = Table(columns=columns, rows=len(body), notes=notes, first_line=first if last - first < len(body) else None)
    return dataset_of_table(table, options, path)


def _rows(path: Path) -> tuple[list[tuple[int, Sequence[Any]]], tuple[str, ...]]:
    # The rows that hold a value, with their numbers in the sheet.
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise DataError(
            f"{path} needs openpyxl, which is not installed",
            hint="install the extra tables: `.venv/bin/pip install '.[tables]'` in the folder of studyhall",
        ) from None
    if not path.is_file():
        raise DataError(f"no file {path}")
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        refuse_too_large(path, 10 * size, "its cells", "give a smaller file")
        book = load_workbook(path, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        every = enumerate(sheet.iter_rows(values_only=True), 1)
        rows = [(number, row) for number, row in every if any(cell is not None for cell in row)]
        others = len(book.worksheets) - 1
        book.close()
    except (DataError, MemoryError):
        raise
    # A damaged file makes zipfile, the XML parser and openpyxl raise errors of many kinds.
    except Exception as error:
        raise DataError(f"{path} cannot be read as a spreadsheet: {error}") from error
    left = f"{others} more {'is' if others == 1 else 'are'} not"
    notes = (f"of {path.name} the sheet {written(sheet.title)} is read, and {left}",) if others else ()
    return rows, notes


def _column(cells: Sequence[Any]) -> Cells | np.ndarray:
    import numpy as np

    known = [cell for cell in cells if cell is not None]
    if all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in known):
        return np.array([np.nan if cell is None else float(cell) for cell in cells], np.float64)
    if all(isinstance(cell, dt.datetime | dt.date) for cell in known):
        return np.array([np.datetime64("NaT") if cell is None else np.datetime64(cell, "ms") for cell in cells])
    return Cells.of(["" if cell is None else str(cell) for cell in cells])
