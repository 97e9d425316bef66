"""What one column of a table is: numbers, categories or dates, and what of it cannot be learned from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from objectives.data.dataset import LARGEST_NUMBER, ColumnKind
from objectives.data.options import ReadOptions
from objectives.data.tables.table import Table, Unreadable
from objectives.preprocessing.cells import Cells
from objectives.preprocessing.columns import numbers_of, seconds, texts_of_numbers
from objectives.preprocessing.spelling import (
    CODE,
    DATE,
    LARGEST_EXACT,
    MISSING_AMONG_NUMBERS,
    OTHER_NUMBER,
    PLAIN_NUMBER,
    Spelling,
    names_a_month,
)
from objectives.wording import written

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


@dataclass(frozen=True, kw_only=True, eq=False)
class Interpreted:
    """One column, understood."""

    name: str
    kind: ColumnKind
    """"text" where the study says so."""
    numbers: np.ndarray | None = None
    """Of numbers, and of dates of a type (seconds since 1970): float64, NaN where there is no value."""
    texts: pa.Array | None = None
    """Of all others: without blanks around them, null where there is no value."""
    raw: Cells | None = None
    """Of what a file writes as texts: as they stand."""
    distinct: int
    missing: int
    example: str
    fault: str = ""
    """Why nothing can be learned from it as it is, in words that follow its name."""
    advice: str = ""
    """What to do about that, beside leaving the column out."""

    @property
    def gaps(self) -> np.ndarray:
        """Where there is no value, bool, shape (rows,)."""
        import numpy as np

        if self.numbers is not None:
            found: np.ndarray = np.isnan(self.numbers)
        else:
            assert self.texts is not None, "one of the two"
            found = self.texts.is_null().to_numpy(zero_copy_only=False)
        return found

    def taken(self, rows: np.ndarray) -> Interpreted:
        """Return these rows alone, by number; the counts stay those of the file."""
        import pyarrow as pa

        return replace(
            self,
            numbers=None if self.numbers is None else self.numbers[rows],
            texts=None if self.texts is None else self.texts.take(pa.array(rows)),
            raw=None if self.raw is None else self.raw.taken(rows),
        )


def interpret(name: str, table: Table, options: ReadOptions) -> Interpreted:
    """Say what a column is; what the study says of it counts more than what it looks like."""
    column = table.columns[name]
    if isinstance(column, Unreadable):
        return _unreadable(name, column, table.rows)
    if not isinstance(column, Cells):
        if column.dtype.kind == "M":
            return _dates_of_a_type(name, column)
        if name not in options.categories:
            return _of_numbers(name, column, options)
        column = texts_of_numbers(column)
    return replace(_of_cells(name, column, table, options), raw=column)


def _unreadable(name: str, column: Unreadable, rows: int) -> Interpreted:
    import pyarrow as pa

    return Interpreted(
        name=name,
        kind="text",
        texts=pa.nulls(rows, pa.large_string()),
        distinct=0,
        missing=0,
        example="",
        fault=f"holds {column.why}, and allowed are numbers, texts and dates",
    )


def _of_cells(name: str, column: Cells, table: Table, options: ReadOptions) -> Interpreted:
    if name not in options.categories and (name in options.numbers or not column.typed):
        spelling = options.spelling(name)
        numbers = numbers_of(column, spelling)
        if numbers is not None and not _are_codes(column, numbers, spelling):
            return _written_otherwise(name, column, numbers, options) or _of_numbers(name, numbers, options)
        if numbers is None and name not in (*options.dates, *options.words):
            return _of_texts(name, column.trimmed(), table, options)
    kind: ColumnKind = "date" if name in options.dates else "text" if name in options.words else "category"
    return _facts(name, kind, column.trimmed())


def _facts(name: str, kind: ColumnKind, texts: pa.Array, fault: str = "", advice: str = "") -> Interpreted:
    import pyarrow.compute as pc

    return Interpreted(
        name=name,
        kind=kind,
        texts=texts,
        distinct=pc.count_distinct(texts).as_py(),
        missing=texts.null_count,
        example=_first(texts),
        fault=fault,
        advice=advice,
    )


def _first(texts: pa.Array) -> str:
    known = texts.drop_null()
    return str(known[0]) if len(known) else ""


def _dates_of_a_type(name: str, column: np.ndarray) -> Interpreted:
    import numpy as np

    missing = np.isnat(column)
    known = column[~missing]
    return Interpreted(
        name=name,
        kind="date",
        numbers=seconds(column, name),
        distinct=len(np.unique(known)),
        missing=int(missing.sum()),
        example=str(known[0]) if len(known) else "",
    )


def _of_numbers(name: str, numbers: np.ndarray, options: ReadOptions) -> Interpreted:
    import numpy as np

    gaps = np.isnan(numbers)
    known = numbers[~gaps]
    fault, advice = "", ""
    if name in options.dates and len(known):
        fault = f"holds numbers such as {known[0]:.10g}, and no dates that are read"
        advice = "write all of them as 2024-12-31 or 2024-12-31 13:05, or take the column out of dates"
    elif name in options.words and len(known):
        fault = f"holds numbers such as {known[0]:.10g}, and no words"
        advice = "take the column out of words"
    elif np.isinf(known).any():
        fault, advice = f"holds infinite values in {int(np.isinf(known).sum()):,} rows", "remove them"
    elif large := int((np.abs(known) > LARGEST_NUMBER).sum()):
        largest = np.abs(known).max()
        fault = f"holds numbers too large to learn from, such as {largest:g}, in {large:,} of {len(numbers):,} rows"
        advice = "where they stand for a missing value, leave the cells empty"
    return Interpreted(
        name=name,
        kind="number",
        numbers=numbers,
        distinct=len(np.unique(known)),
        missing=int(gaps.sum()),
        example=f"{known[0]:.10g}" if len(known) else "",
        fault=fault,
        advice=advice,
    )


def _are_codes(cells: Cells, numbers: np.ndarray, spelling: Spelling) -> bool:
    """Whether whole numbers are names: written with a nought before them, or too long to be told apart as numbers."""
    import numpy as np
    import pyarrow.compute as pc

    if spelling.loose or (known := numbers[~np.isnan(numbers)]).size == 0 or not np.isfinite(known).all():
        return False
    if not (known == np.floor(known)).all() or _any(texts := cells.trimmed(), r"[.eE,]"):
        return False
    return bool((np.abs(known) >= LARGEST_EXACT).any()) or bool(pc.any(pc.match_substring_regex(texts, CODE)).as_py())


def _any(texts: pa.Array, pattern: str) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.match_substring_regex(texts, pattern)).as_py())


def _all(texts: Any, pattern: str) -> bool:
    import pyarrow.compute as pc

    return len(texts) > 0 and bool(pc.all(pc.match_substring_regex(texts, f"^({pattern})$")).as_py())


def _written_otherwise(name: str, cells: Cells, numbers: np.ndarray, options: ReadOptions) -> Interpreted | None:
    """A column in `numbers` of which some are written in a way that is not read; they would be no value."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if not options.spelling(name).loose or not (gaps := np.isnan(numbers)).any():
        return None
    texts = cells.trimmed()
    lost = texts.filter(pa.array(gaps)).drop_null()
    lost = lost.filter(pc.match_substring_regex(lost, f"^({OTHER_NUMBER})$"))
    # A few such as 76,77 may as well be lists.
    lists = pc.match_substring_regex(lost, r"^\d+,\d+$")
    if len(lost) < (~gaps).sum() / 10:
        lost = lost.filter(pc.invert(lists))
    if not len(lost):
        return None
    fault = f"holds numbers written as {written(lost[0].as_py())}, which would have no value"
    return _facts(name, "number", texts, fault=fault, advice=_other_writing(name, texts.unique().drop_null(), options))


def _of_texts(name: str, texts: pa.Array, table: Table, options: ReadOptions) -> Interpreted:
    """A column of texts: dates, numbers in another writing, numbers and something else, or categories."""
    import pyarrow as pa
    import pyarrow.compute as pc

    different = texts.unique().drop_null()
    signs = pa.array(sorted(MISSING_AMONG_NUMBERS), different.type)
    real = different.filter(pc.invert(pc.is_in(pc.utf8_lower(different), value_set=signs)))
    if _all(real, DATE) and all(map(names_a_month, real.slice(0, 50).to_pylist())):
        return _facts(name, "date", pc.if_else(pc.is_in(texts, value_set=real), texts, pa.scalar(None, texts.type)))
    plain = pc.match_substring_regex(real, f"^({PLAIN_NUMBER})$")
    others = real.filter(pc.invert(plain))
    if _all(real, f"{PLAIN_NUMBER}|{OTHER_NUMBER}"):
        spelling = options.spelling(name)
        unread = next((text for text in map(str, real) if spelling.number(text) is None), str(real[0]))
        fault = f"holds numbers written as {written(unread)}, which would be taken for texts"
        return _facts(name, "category", texts, fault=fault, advice=_other_writing(name, real, options))
    rows = pc.is_in(texts, value_set=others)
    count = pc.sum(rows).as_py() or 0
    if 0 < count < (pc.sum(pc.is_in(texts, value_set=real.filter(plain))).as_py() or 0):
        first = cast(int, pc.index(rows, True).as_py())
        fault = (
            f"holds numbers, but in {count:,} of {len(texts):,} rows something else, first "
            f"{written(str(texts[first]))} in {table.place(first)}"
        )
        said = f"[{written(name)}]"
        advice = f"numbers = {said} takes these as missing, categories = {said} takes all as categories"
        return _facts(name, "category", texts, fault=fault, advice=advice)
    return _facts(name, "category", texts)


def _other_writing(name: str, different: pa.Array, options: ReadOptions) -> str:
    """Which keys read all these numbers, if some do."""
    import pyarrow.compute as pc

    looking = pc.match_substring_regex(different, f"^({PLAIN_NUMBER}|{OTHER_NUMBER})$")
    texts = different.filter(looking).to_pylist()
    changes: tuple[dict[str, str], ...] = (
        {},
        {"thousands": ","},
        {"decimal": ","},
        {"decimal": ",", "thousands": "."},
        {"thousands": " "},
        {"thousands": "'"},
        {"decimal": ",", "thousands": " "},
    )
    for loose in (name in options.numbers, True):
        for change in changes:
            decimal, thousands = change.get("decimal", options.decimal), change.get("thousands", options.thousands)
            spelling = Spelling(decimal=decimal, thousands=thousands, loose=loose)
            if decimal != thousands and all(spelling.number(text) is not None for text in texts):
                said = [f"{key} = {written(value)}" for key, value in change.items()]
                if loose and name not in options.numbers:
                    said = [f"numbers = [{written(name)}]", *said]
                return f"say {', '.join(said)}"
    return f"write all numbers in one way, say categories = [{written(name)}]"
