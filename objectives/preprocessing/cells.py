"""One column of a table as its file has it: texts, or values of a type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from objectives.preprocessing.spelling import MISSING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


@dataclass(frozen=True, eq=False)
class Cells:
    """A column of texts."""

    array: pa.Array
    """Arrow strings, shape (rows,); null where a file with types says that there is no value."""
    typed: bool = False
    """Whether the file itself says that these are texts, so that none of them is a number or a missing value."""

    @classmethod
    def of(cls, texts: Sequence[str]) -> Cells:
        """Return the column of these texts."""
        import pyarrow as pa

        return cls(pa.array(texts, pa.large_string()))

    def __len__(self) -> int:
        return len(self.array)

    def taken(self, rows: np.ndarray) -> Cells:
        """Return these rows alone, by number."""
        import pyarrow as pa

        return Cells(self.array.take(pa.array(rows)), self.typed)

    def gaps(self) -> np.ndarray:
        """Which cells hold no value, bool, shape (rows,)."""
        found: np.ndarray = self.trimmed().is_null().to_numpy(zero_copy_only=False)
        return found

    def trimmed(self) -> pa.Array:
        """The texts without blanks around them, null where there is no value."""
        import pyarrow as pa
        import pyarrow.compute as pc

        texts = pc.utf8_trim_whitespace(self.array)
        if self.typed:
            return texts
        missing = pc.is_in(pc.utf8_lower(texts), value_set=pa.array(sorted(MISSING), texts.type))
        return pc.if_else(missing, pa.scalar(None, texts.type), texts)

    def texts(self) -> np.ndarray:
        """The texts as they stand, dtype object; "" where there is no value."""
        import numpy as np

        return np.array(self.array.fill_null("").to_pylist(), dtype=object)


Column = "Cells | np.ndarray"  # float64 with NaN, or datetime64 with NaT, where there is no value


def as_column(values: Any) -> Cells | np.ndarray:
    """Return a column of a user's rows: numbers and dates as arrays, all else as texts."""
    import numpy as np

    if isinstance(values, Cells):
        return values
    array = np.asarray(values)
    if array.dtype.kind in "biuf":
        return array.astype(np.float64)
    if array.dtype.kind == "M":
        return array
    return Cells.of(["" if value is None else str(value) for value in values])
