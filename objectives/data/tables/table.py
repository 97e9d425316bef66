"""What a reader of tables gives, whatever the format of the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from objectives.preprocessing.cells import Cells

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Unreadable:
    """A column of which nothing can be learned."""

    why: str
    """What it holds: "lists"."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """The columns of a file, by name, in its order."""

    columns: Mapping[str, Cells | np.ndarray | Unreadable]
    """Texts, float64 with NaN where there is no value, or datetime64 with NaT."""
    rows: int
    index: tuple[str, ...] = ()
    """Columns that the file itself calls the names or numbers of its rows."""
    notes: tuple[str, ...] = ()
    first_line: int | None = None
    """The line of the file on which the first row stands, from 1, where each further line is a row."""

    def place(self, row: int) -> str:
        """Where a row stands, for sentences."""
        return f"row {row + 1:,}" if self.first_line is None else f"line {self.first_line + row:,}"

    def taken(self, rows: np.ndarray) -> Table:
        """Return these rows alone, by number."""
        columns = {
            name: column
            if isinstance(column, Unreadable)
            else column.taken(rows)
            if isinstance(column, Cells)
            else column[rows]
            for name, column in self.columns.items()
        }
        same = len(rows) == self.rows
        return replace(self, columns=columns, rows=len(rows), first_line=self.first_line if same else None)
