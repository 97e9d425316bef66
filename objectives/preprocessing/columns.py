"""The columns of a file as numbers: a category becomes its place among the known ones, a date its parts."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from objectives.errors import DataError
from objectives.preprocessing.cells import Cells, as_column
from objectives.preprocessing.spelling import MISSING_AMONG_NUMBERS, Spelling, date_format, seconds_of
from objectives.preprocessing.words import word_columns
from objectives.wording import did_you_mean, listing, written

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

DatePart = Literal["year", "month", "weekday", "hour"]
DATE_PARTS: tuple[DatePart, ...] = ("year", "month", "weekday", "hour")

_FIRST = 100  # cells that tell most columns of texts

NEW = -1  # the place of a category that is none of the known ones


@dataclass(frozen=True)
class Feature:
    """One column of a table in memory."""

    name: str
    categories: tuple[str, ...] | None = None
    """The column holds numbers of these, from 0. None: it holds numbers that mean themselves."""


@dataclass(frozen=True, kw_only=True)
class ColumnReader:
    """How one column of a file is read."""

    name: str
    kind: Literal["number", "category", "date", "text"]
    categories: tuple[str, ...] | None = None
    """The texts that are told apart, or the words of texts, sorted."""
    spelling: Spelling = field(default_factory=Spelling)
    parts: tuple[DatePart, ...] = ()
    """What a date becomes."""

    @property
    def features(self) -> tuple[Feature, ...]:
        """What it is read to."""
        if self.kind == "date":
            return tuple(Feature(f"{self.name} {part}") for part in self.parts)
        if self.kind == "text":
            return tuple(Feature(f"{self.name}: {word}") for word in self.categories or ())
        return (Feature(self.name, self.categories),)

    def transform(self, values: Any) -> list[np.ndarray]:
        """Return an array for each feature, float64, shape (rows,): NaN where a row has no value.

        Raises:
            DataError: where there are texts instead of numbers or dates, or numbers instead of texts.
        """
        column = as_column(values)
        if self.kind == "date":
            return date_parts(seconds(column, self.name), self.parts)
        if self.kind == "number":
            found = column if not isinstance(column, Cells) else numbers_of(column, self.spelling)
            if found is None:
                raise DataError(f"column {written(self.name)} must hold numbers")
            return [found]
        if not isinstance(column, Cells):
            column = texts_of_numbers(column)
        if self.kind == "text":
            return word_columns(column.trimmed().to_pylist(), self.categories or ())
        return [codes_of(column.trimmed(), self.categories or ())]

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ColumnReader:
        """Return what `to_json` was called on."""
        categories = data["categories"]
        return cls(
            name=data["name"],
            kind=data["kind"],
            categories=None if categories is None else tuple(categories),
            spelling=Spelling(**data["spelling"]),
            parts=tuple(data["parts"]),
        )


@dataclass(frozen=True)
class TableReader:
    """The columns of a table, side by side. Columns of other names are ignored."""

    columns: tuple[ColumnReader, ...]

    @property
    def features(self) -> tuple[Feature, ...]:
        """What stands in the columns of its array."""
        return tuple(feature for column in self.columns for feature in column.features)

    def transform(self, table: Mapping[str, Any]) -> np.ndarray:
        """Return float64, shape (rows, features), of columns as a file has them: numbers, dates, or cells.

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
        return {"columns": [column.to_json() for column in self.columns]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TableReader:
        """Return what `to_json` was called on."""
        return cls(tuple(map(ColumnReader.from_json, data["columns"])))


def numbers_of(cells: Cells, spelling: Spelling) -> np.ndarray | None:
    """Return the numbers of a column of texts, float64, NaN where there is no value; None where some are no numbers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = cells.trimmed()
    if spelling.usual:
        with suppress(pa.ArrowInvalid):  # rarer ways of writing numbers, or texts
            # A cast looks at all cells, even where the first is none.
            pc.cast(texts.slice(0, _FIRST), pa.float64())
            return as_floats(pc.cast(texts, pa.float64()))
    found = texts.dictionary_encode()
    values: list[float | None] = []
    for text in found.dictionary.to_pylist():
        number = spelling.number(text)
        if number is None and not spelling.loose and text.casefold() not in MISSING_AMONG_NUMBERS:
            return None
        values.append(number)
    if not any(value is not None for value in values) and not spelling.loose:
        return None if values else as_floats(pa.nulls(len(texts), pa.float64()))
    return as_floats(pa.array(values, pa.float64()).take(found.indices))


def as_floats(array: pa.Array) -> np.ndarray:
    """Return an Arrow array of numbers as float64, with NaN for null, in memory that may be written to."""
    import numpy as np
    import pyarrow as pa

    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    found: np.ndarray = array.to_numpy(zero_copy_only=False).astype(np.float64)
    return found


def codes_of(texts: pa.Array, categories: tuple[str, ...]) -> np.ndarray:
    """Return the place of each text among the categories, float64: NaN for a missing one, NEW for any other."""
    import pyarrow as pa
    import pyarrow.compute as pc

    places = pc.index_in(texts, value_set=pa.array(categories, texts.type)).fill_null(NEW)
    return as_floats(pc.if_else(pc.is_null(texts), pa.scalar(None, pa.float64()), pc.cast(places, pa.float64())))


def texts_of_numbers(numbers: np.ndarray) -> Cells:
    """Return numbers as texts: 3, not 3.0."""
    import numpy as np
    import pyarrow as pa

    different, codes = np.unique(numbers, return_inverse=True)
    names = [None if value != value else repr(float(value)).removesuffix(".0") for value in different]
    return Cells(pa.array(names, pa.large_string()).take(pa.array(codes)), typed=True)


def seconds(column: Cells | np.ndarray, name: str) -> np.ndarray:
    """Return the seconds since 1970 of a column of dates, float64, NaN where there is none.

    Raises:
        DataError: where a cell is no date, or is written in another way than the rest.
    """
    import numpy as np

    if isinstance(column, Cells):
        try:
            return seconds_of_texts(column.trimmed())
        except DataError as error:
            raise DataError(f"column {written(name)} {error.message}", hint=error.hint) from None
    if column.dtype.kind != "M":
        raise DataError(f"column {written(name)} holds numbers and no dates")
    return np.where(np.isnat(column), np.nan, column.astype("datetime64[ms]").astype(np.float64) / 1000)


def seconds_of_texts(cells: pa.Array) -> np.ndarray:
    """Return the seconds since 1970 of dates in words and digits, null where there is none. As `seconds`.

    Raises:
        DataError: where a cell is no date, or is written in another way than the rest; in words that follow the name
            of the column.
    """
    import pyarrow as pa

    found = cells.dictionary_encode()
    texts = found.dictionary.to_pylist()
    dates = [text for text in texts if text.casefold() not in MISSING_AMONG_NUMBERS]
    format_, odd = date_format(dates)
    if format_ is None:
        examples = dates[:3] if odd == dates[0] else [dates[0], odd]
        shown = f", such as {listing(examples)}" if dates else ""
        raise DataError(
            f"holds no dates that are read, or dates written in several ways{shown}",
            hint="write all of them as 2024-12-31 or 2024-12-31 13:05",
        )
    known = set(dates)
    values = [seconds_of(text, format_) if text in known else None for text in texts]
    return as_floats(pa.array(values, pa.float64()).take(found.indices))


def date_parts(moments: np.ndarray, parts: tuple[DatePart, ...]) -> list[np.ndarray]:
    """Return the parts of moments (seconds since 1970), float64; the weekday counts from Monday, 0."""
    import numpy as np

    missing = np.isnan(moments)
    dates = np.where(missing, 0, moments).astype("int64").astype("datetime64[s]")
    days, months = dates.astype("datetime64[D]"), dates.astype("datetime64[M]").astype(np.int64)
    found = {
        "year": months // 12 + 1970,
        "month": months % 12 + 1,
        "weekday": (days.astype(np.int64) + 3) % 7,
        "hour": (dates - days).astype(np.int64) // 3600,
    }
    return [np.where(missing, np.nan, found[part].astype(np.float64)) for part in parts]
