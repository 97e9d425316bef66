"""The columns of a table as features: a number stays one, a text becomes one of 0 and 1 for each category."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from objectives.errors import DataError
from objectives.wording import did_you_mean, listing, written

if TYPE_CHECKING:
    import numpy as np

    Column = Sequence[str] | np.ndarray


@dataclass(frozen=True)
class Feature:
    """One column of a table in memory."""

    name: str
    categories: tuple[str, ...] | None = None
    """The column holds numbers of these, from 0. None: it holds numbers that mean themselves."""


@dataclass(frozen=True)
class ColumnEncoder:
    """What one column becomes."""

    name: str
    categories: tuple[str, ...] | None
    """The texts that are told apart, sorted. None: the column holds numbers."""

    @classmethod
    def fit(cls, name: str, column: Column) -> ColumnEncoder:
        """`column` has the shape (rows,): an array of numbers, or texts without blanks around them."""
        return cls(name, tuple(sorted(set(column))) if isinstance(column, Sequence) else None)

    def transform(self, column: Column) -> list[np.ndarray]:
        """Return the features, each float64 of shape (rows,). A text that is no category is 0 in all of them.

        Raises:
            DataError: where there are texts instead of finite numbers, or numbers instead of texts.
        """
        import numpy as np

        if self.categories is None:
            return [self._numbers(column)]
        if isinstance(column, np.ndarray):
            raise DataError(
                f"column {written(self.name)} holds numbers", hint=f"its categories are {listing(self.categories[:5])}"
            )
        texts = np.array([cell.strip() for cell in column], dtype=object)
        return [(texts == category).astype(np.float64) for category in self.categories]

    def _numbers(self, column: Column) -> np.ndarray:
        import numpy as np

        numbers = column if isinstance(column, np.ndarray) else as_numbers(column)
        if numbers is None or not np.isfinite(numbers).all():
            raise DataError(f"column {written(self.name)} must hold a finite number in every row")
        return numbers.astype(np.float64, copy=False)


@dataclass(frozen=True)
class TableEncoder:
    """What a table becomes: the features of its columns, side by side. Columns of other names are ignored."""

    columns: tuple[ColumnEncoder, ...]

    @classmethod
    def fit(cls, table: Mapping[str, Column]) -> TableEncoder:
        """`table` has each column by its name (see ColumnEncoder.fit)."""
        return cls(tuple(ColumnEncoder.fit(name, column) for name, column in table.items()))

    def transform(self, table: Mapping[str, Column]) -> np.ndarray:
        """Return float64, shape (rows, features), of columns as a file has them: numbers, or cells.

        Raises:
            DataError: where a column is missing or holds something else than before.
        """
        import numpy as np

        for column in self.columns:
            if column.name not in table:
                raise DataError(f"there is no column {written(column.name)}{did_you_mean(column.name, tuple(table))}")
        return np.column_stack([feature for one in self.columns for feature in one.transform(table[one.name])])

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {"columns": [{"name": one.name, "categories": one.categories} for one in self.columns]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TableEncoder:
        """Return what `to_json` was called on."""
        return cls(
            tuple(
                ColumnEncoder(one["name"], None if one["categories"] is None else tuple(one["categories"]))
                for one in data["columns"]
            )
        )


def as_numbers(cells: Sequence[str]) -> np.ndarray | None:
    """Return all cells as numbers, float64, NaN among them; None where one is no number."""
    import numpy as np

    try:
        # Python reads 1_000 as a number; a file that has it means a name.
        return None if any("_" in cell for cell in cells) else np.array(cells, dtype=np.float64)
    except ValueError:
        return None
