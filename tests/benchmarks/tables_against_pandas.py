"""CSV and TSV files read by studyhall and by pandas: `python tables_against_pandas.py FOLDER...`.

Compared are rows, columns, and of each column its kind (number, date, text), how many values are missing, and the sum
of its numbers. What differs is printed with the rule that explains it, or as NOT EXPLAINED; the exit code is 1 if there
is any of these. Each rule is checked on the cells as pandas reads them as text, and not taken on trust.
`public_tables.py` makes a folder of some 1,300 files.

pandas is no dependency of studyhall and nothing is installed here: put it into a folder of its own with
`pip install --target PLACE pandas` and run this with PYTHONPATH=PLACE.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from pathlib import Path
from typing import Any

import numpy as np

from objectives.data.options import ReadOptions
from objectives.data.readers.delimited import read_lines
from objectives.data.readers.tables import _table
from objectives.data.tables.interpreting import Interpreted, interpret
from objectives.errors import DataError

SUM_TOLERANCE = 1e-9  # relative to the sum of the absolute values


@dataclass(frozen=True)
class Column:
    """What a reader finds in a column."""

    kind: str
    """"number", "date", "text", or "empty" where no row has a value."""
    missing: int
    total: float = 0.0
    """Of the finite numbers."""
    scale: float = 0.0
    """The sum of their absolute values."""


@dataclass(frozen=True)
class Table:
    """What a reader finds in a file."""

    rows: int
    columns: tuple[Column, ...]


def read_ours(path: Path, header: bool) -> Table:
    """Read with studyhall: the one function that knows its reader. Raises DataError."""
    options = ReadOptions(header=None if header else False)
    table = _table(read_lines(path, options), path, options)
    columns = [_ours(interpret(name, table, options)) for name in table.columns]
    return Table(table.rows, tuple(columns))


def _ours(column: Interpreted) -> Column:
    if column.distinct == 0:
        return Column("empty", column.missing)
    if column.kind == "number" and column.numbers is not None:
        return _of_numbers(column.numbers[~np.isnan(column.numbers)], column.missing)
    return Column("date" if column.kind == "date" else "text", column.missing)


def _of_numbers(values: np.ndarray, missing: int) -> Column:
    finite = values[np.isfinite(values)]
    return Column("number", missing, math.fsum(finite), math.fsum(np.abs(finite)))


def read_pandas(path: Path, header: bool) -> Table:
    """Read with pandas. Raises ValueError, of which its own errors are."""
    frame = _frame(path, header, float_precision="round_trip")
    return Table(len(frame), tuple(_pandas(frame.iloc[:, place]) for place in range(frame.shape[1])))


def raw_cells(path: Path, header: bool) -> list[list[str]]:
    """Return the cells of each column as pandas reads them where everything is text."""
    frame = _frame(path, header, dtype=str, keep_default_na=False)
    return [frame.iloc[:, place].astype(str).tolist() for place in range(frame.shape[1])]


def _frame(path: Path, header: bool, **options: Any) -> Any:
    """A data frame; pandas is told the separator, and to pass over lines above the header that begin with #."""
    import pandas as pd

    usual = "\t" if path.suffix.lower() == ".tsv" else ","
    with path.open("rb") as file:
        lines = [line.decode("utf-8", "replace") for line in islice(file, 20)]
    above = next((place for place, line in enumerate(lines) if not line.startswith("#")), 0)
    first = lines[above] if lines else ""
    separator = next((sign for sign in (usual, "\t", ";", ",") if sign in first), usual)
    names = 0 if header else None
    frame = pd.read_csv(path, sep=separator, skiprows=above, header=names, low_memory=False, **options)
    # Where the header is one cell shorter than the rows, pandas takes the first cells for the rows' names.
    return frame if frame.index.equals(pd.RangeIndex(len(frame))) else frame.reset_index()


def _pandas(series: Any) -> Column:
    import pandas as pd

    present = series.dropna()
    missing = len(series) - len(present)
    if present.empty:
        return Column("empty", missing)
    if pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series):
        return _of_numbers(present.to_numpy(np.float64), missing)
    return Column("date" if _are_dates(present) else "text", missing)


def _are_dates(present: Any) -> bool:
    """Whether pandas takes all of the texts for dates; without a digit and a sign between they may be mere names."""
    import pandas as pd

    texts = present.astype(str).str.strip()
    if not texts.str.contains(r"\d.*[-/.: ]|[-/.: ].*\d").all():
        return False
    try:
        pd.to_datetime(texts, format="mixed")
    except (ValueError, OverflowError, TypeError):
        return False
    return True


# As files write a value that is not there, in small letters; only some of them are missing to one of the two.
_WORDS = """na n/a n.a. #n/a #na nan -nan null nil <na> nat none ? . .. - -- --- * missing unknown n.d.
#value! #div/0! #ref! #null! #num! (null) 1.#ind -1.#ind 1.#qnan -1.#qnan"""
MISSING = {"", "#n/a n/a", "not available", *_WORDS.split()}


def _present(cells: Sequence[str]) -> list[str]:
    return [cell.strip() for cell in cells if cell.strip().casefold() not in MISSING]


def _other_missing(ours: Column, theirs: Column, cells: Sequence[str]) -> bool:
    """Both counts are of whole words, and what remains is what studyhall says: numbers of that sum, or texts."""
    counts = Counter(cell for cell in cells if cell.strip().casefold() in MISSING)
    if not set(counts) - {""} or len(counts) > 10:
        return False
    sums = {sum(chosen) for size in range(len(counts) + 1) for chosen in combinations(counts.values(), size)}
    if not {ours.missing, theirs.missing} <= sums:
        return False
    if ours.kind != "number":
        return ours.kind in ("date", "empty") or theirs.kind in ("text", "empty")
    try:
        numbers = np.array([float(text) for text in _present(cells)])
    except ValueError:
        return False
    return _same(ours, _of_numbers(numbers, ours.missing))


Rule = Callable[[Column, Column, Sequence[str]], bool]


def _written(kind: str, theirs: str, pattern: re.Pattern[str], enough: Callable[[Iterable[object]], bool]) -> Rule:
    """A rule for what is of one kind to studyhall and of another to pandas, since its cells are written so."""

    def holds(one: Column, other: Column, cells: Sequence[str]) -> bool:
        return (one.kind, other.kind) == (kind, theirs) and enough(map(pattern.fullmatch, _present(cells)))

    return holds


# Of a column that differs, the first one that holds.
RULES: dict[str, Rule] = {
    "codes: 007 and whole numbers beyond 2^53 are categories to studyhall, numbers to pandas": _written(
        "text", "number", re.compile(r"[-+]?0\d*[1-9]\d*|\d{16,}"), any
    ),
    "words for a missing value: one of the two takes some of them for a value": _other_missing,
    "times of a day, quarters and changing time zones are dates to studyhall, texts to pandas": _written(
        "date", "text", re.compile(r"\d{1,2}:\d\d.*|.*[+-]\d\d:\d\d|\d{4} ?-?[QqWw]\d{1,2}"), all
    ),
    "fractions such as 3/4 are texts to studyhall, dates to pandas": _written(
        "text", "date", re.compile(r"\d{1,2}/\d{1,2}"), all
    ),
}


Difference = tuple[str, str | None]  # in what the two differ, and the rule that explains it


def compare(path: Path, header: bool = True) -> list[Difference]:
    """Read a file with both."""
    try:
        theirs: Table | None = read_pandas(path, header)
    except (ValueError, OSError) as error:
        theirs, pandas_fault = None, f"{type(error).__name__}: {error}".splitlines()[0]
    try:
        ours = read_ours(path, header)
    except DataError as fault:
        said = str(fault).replace(str(path), path.name)
        if theirs is None:
            return [(f"both refuse: {said}", "refused by both")]
        if header and fault.hint is not None and "header = false" in fault.hint:
            rule = "refused: the first line is no header, or has a name twice; read alike with header = false"
            return compare(path, header=False) or [(said, rule)]
        return [(said, _refusal(said, theirs))]
    if theirs is None:
        return [(f"pandas refuses: {pandas_fault}", "pandas cannot read the file")]
    if ours.rows != theirs.rows or len(ours.columns) != len(theirs.columns):
        size = "{0.rows:,} rows of {1} columns"
        what = f"{size.format(ours, len(ours.columns))}, pandas {size.format(theirs, len(theirs.columns))}"
        return [(what, _size_rule(path, ours, theirs, header))]
    return list(_columns(path, ours, theirs, header))


def _columns(path: Path, ours: Table, theirs: Table, header: bool) -> Iterator[Difference]:
    unequal = [place for place, pair in enumerate(zip(ours.columns, theirs.columns, strict=True)) if not _same(*pair)]
    cells = raw_cells(path, header) if unequal else []
    for place in unequal:
        one, other = ours.columns[place], theirs.columns[place]
        rule = next((name for name, holds in RULES.items() if holds(one, other, cells[place])), None)
        yield f"column {place + 1}: {_shown(one)}, pandas {_shown(other)}", rule


def _same(ours: Column, theirs: Column) -> bool:
    if (ours.kind, ours.missing) != (theirs.kind, theirs.missing):
        return False
    return abs(ours.total - theirs.total) <= SUM_TOLERANCE * max(ours.scale, theirs.scale)


def _shown(column: Column) -> str:
    total = f", sum {column.total:.12g}" if column.kind == "number" else ""
    return f"{column.kind}{total}, {column.missing:,} missing"


def _refusal(said: str, theirs: Table) -> str | None:
    if len(theirs.columns) == 1:
        return "refused: one column, in which there is nothing to learn from"
    if " the first has " in said or " lines below it " in said:
        return "refused: lines of different length, which pandas fills with nothing or cuts off"
    return None


def _size_rule(path: Path, ours: Table, theirs: Table, header: bool) -> str | None:
    blank = sum(not any(cell.strip() for cell in row) for row in zip(*raw_cells(path, header), strict=True))
    if len(ours.columns) == len(theirs.columns) and 0 < blank == theirs.rows - ours.rows:
        return "rows of separators alone are left out by studyhall"
    return None


def main() -> int:
    """Compare every file of the folders."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--quiet", action="store_true", help="of differences that a rule explains only the counts")
    arguments = parser.parse_args()
    try:
        import pandas as pd
    except ImportError:
        print("this needs pandas: see the first lines of this file")
        return 2
    paths = sorted(
        path for folder in arguments.folders for path in folder.rglob("*") if path.suffix in (".csv", ".tsv")
    )
    rules: Counter[str] = Counter()
    equal = wrong = 0
    for path in paths:
        found = compare(path)
        rules.update({rule for _, rule in found if rule is not None})
        unexplained = [difference for difference in found if difference[1] is None]
        equal += not found
        wrong += bool(unexplained)
        for what, rule in unexplained if arguments.quiet else found:
            print(f"{path}: {what}: {rule or 'NOT EXPLAINED'}", flush=True)
    for rule, count in rules.most_common():
        print(f"{count:5} files: {rule}")
    rest = f"{len(paths) - equal - wrong} explained, {wrong} not explained (pandas {pd.__version__})"
    print(f"{len(paths)} files: {equal} equal, {rest}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
