"""CSV and TSV files read by studyhall and by pandas: `python tables_against_pandas.py FOLDER...`.

Compared are rows, columns, and of each column its kind (number, date, text), how many values are missing, and the sum of
its numbers. What differs is printed with the rule that explains it, or as NOT EXPLAINED; the exit code is 1 if there is
any of these. Each rule is checked on the cells as pandas reads them as text, and not taken on trust. `public_tables.py`
makes a folder of some 1,300 files.

pandas is no dependency of studyhall and nothing is installed here: put it into a folder of its own with
`pip install --target PLACE pandas` and run this with PYTHONPATH=PLACE.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from objectives.data.readers.columns import _DATE, _MISSING
from objectives.data.readers.delimited import read_cells
from objectives.errors import DataError
from objectives.preprocessing.columns import as_numbers

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


def read_ours(path: Path) -> Table:
    """Read with studyhall: the one function that knows its reader. Raises DataError."""
    lines = read_cells(path)
    columns = list(zip(*lines[1:], strict=True)) or [()] * len(lines[0])
    return Table(len(lines) - 1, tuple(map(_ours, columns)))


def _ours(cells: Sequence[str]) -> Column:
    present = [cell.strip() for cell in cells if cell.strip().casefold() not in _MISSING]
    missing = len(cells) - len(present)
    if not present:
        return Column("empty", missing)
    numbers = as_numbers(present)
    if numbers is not None:
        return _of_numbers(numbers, missing)
    return Column("date" if all(map(_DATE.fullmatch, present)) else "text", missing)


def _of_numbers(values: np.ndarray, missing: int) -> Column:
    finite = values[np.isfinite(values)]
    return Column("number", missing, math.fsum(finite), math.fsum(np.abs(finite)))


def read_pandas(path: Path, separator: str) -> Table:
    """Read with pandas. Raises ValueError, of which its own errors are."""
    import pandas as pd

    frame = pd.read_csv(path, sep=separator, index_col=False, float_precision="round_trip", low_memory=False)
    return Table(len(frame), tuple(_pandas(frame.iloc[:, place]) for place in range(frame.shape[1])))


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


def raw_cells(path: Path, separator: str) -> list[list[str]]:
    """Return the cells of each column as pandas reads them where everything is text."""
    import pandas as pd

    frame = pd.read_csv(path, sep=separator, index_col=False, dtype=str, keep_default_na=False, low_memory=False)
    return [frame.iloc[:, place].tolist() for place in range(frame.shape[1])]


# As pandas takes them for no value unless it is told otherwise.
PANDAS_MISSING = {
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"),
    *("NULL", "NaN", "None", "n/a", "nan", "null"),
}
_SIGNS = re.compile(r"[-+]?[$€£¥]? ?[-+]?\d{1,3}([,.' ]\d{3})*([.,]\d+)?([eE][-+]?\d+)? ?[%$€£¥]?")


def _other_missing(ours: Column, theirs: Column, cells: Sequence[str]) -> bool:
    """One of the two takes a word for no value; without these cells the column is of one kind and sum."""
    words = {cell.strip() for cell in cells if cell.strip().casefold() in _MISSING or cell in PANDAS_MISSING}
    differing = {word for word in words if (word.casefold() in _MISSING) != (word in PANDAS_MISSING)}
    if not differing and not any(cell != cell.strip() for cell in cells):
        return False
    rest = _ours([cell for cell in cells if cell.strip() not in words])
    kinds = {rest.kind, "empty"} | ({"text"} if differing else set())
    sums = math.isclose(rest.total, ours.total, rel_tol=1e-9, abs_tol=SUM_TOLERANCE * rest.scale)
    return ours.kind in kinds and (ours.kind != "number" or sums)


def _numbers_with_signs(ours: Column, theirs: Column, cells: Sequence[str]) -> bool:
    present = [cell.strip() for cell in cells if cell.strip().casefold() not in _MISSING]
    return {ours.kind, theirs.kind} == {"number", "text"} and all(map(_SIGNS.fullmatch, present))


def _leading_zeros(ours: Column, theirs: Column, cells: Sequence[str]) -> bool:
    return ours.kind == "text" and theirs.kind == "number" and any(re.match(r"0\d", cell.strip()) for cell in cells)


def _long_codes(ours: Column, theirs: Column, cells: Sequence[str]) -> bool:
    return (
        ours.kind == "text" and theirs.kind == "number" and any(re.fullmatch(r"\d{16,}", one.strip()) for one in cells)
    )


def _infinite(ours: Column, theirs: Column, cells: Sequence[str]) -> bool:
    return any(re.fullmatch(r"[-+]?inf(inity)?", cell.strip(), re.IGNORECASE) for cell in cells)


def _short_dates(ours: Column, theirs: Column, cells: Sequence[str]) -> bool:
    return {ours.kind, theirs.kind} <= {"date", "text", "number"} and "date" in (ours.kind, theirs.kind)


Rule = Callable[[Column, Column, Sequence[str]], bool]

# Of a column that differs, the first one that holds.
RULES: dict[str, Rule] = {
    "another word for a missing value: one of the two takes it for a value": _other_missing,
    "numbers with signs: 1,234 and 12 % and $3 are texts to pandas": _numbers_with_signs,
    "codes with leading zeros are texts to studyhall, numbers to pandas": _leading_zeros,
    "integers of 16 digits and more are codes to studyhall, numbers to pandas": _long_codes,
    "infinite values": _infinite,
    "dates: the two know different ways to write them": _short_dates,
}


@dataclass(frozen=True)
class Difference:
    """One thing in which the two differ."""

    what: str
    rule: str | None
    """None: nothing explains it."""


def compare(path: Path) -> list[Difference]:
    """Read a file with both."""
    separator = _separator(path)
    try:
        theirs: Table | None = read_pandas(path, separator)
    except (ValueError, OSError) as error:
        theirs, pandas_fault = None, f"{type(error).__name__}: {error}".splitlines()[0]
    try:
        ours = read_ours(path)
    except DataError as fault:
        said = str(fault).replace(str(path), path.name)
        if theirs is None:
            return [Difference(f"both refuse: {said}", "refused by both")]
        return [Difference(said, _refusal(said, theirs))]
    if theirs is None:
        return [Difference(f"pandas refuses: {pandas_fault}", "pandas cannot read the file")]
    if ours.rows != theirs.rows or len(ours.columns) != len(theirs.columns):
        size = "{0.rows:,} rows of {1} columns"
        what = f"{size.format(ours, len(ours.columns))}, pandas {size.format(theirs, len(theirs.columns))}"
        return [Difference(what, _size_rule(path, ours, theirs, separator))]
    return list(_columns(path, ours, theirs, separator))


def _columns(path: Path, ours: Table, theirs: Table, separator: str) -> Iterator[Difference]:
    unequal = [place for place, pair in enumerate(zip(ours.columns, theirs.columns, strict=True)) if not _same(*pair)]
    cells = raw_cells(path, separator) if unequal else []
    for place in unequal:
        one, other = ours.columns[place], theirs.columns[place]
        rule = next((name for name, holds in RULES.items() if holds(one, other, cells[place])), None)
        yield Difference(f"column {place + 1}: {_shown(one)}, pandas {_shown(other)}", rule)


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
    for part, rule in {
        " cells, the first has ": "refused: lines of different length, which pandas fills with nothing or cuts off",
        "UTF-8": "refused: not in UTF-8",
        "is empty": "refused: an empty file",
    }.items():
        if part in said:
            return rule
    return None


def _size_rule(path: Path, ours: Table, theirs: Table, separator: str) -> str | None:
    blank = sum(not line.replace(separator, "").strip() for line in path.read_text("utf-8-sig").splitlines() if line)
    if len(ours.columns) == len(theirs.columns) and theirs.rows - ours.rows == blank:
        return "rows of separators alone are left out by studyhall"
    if len(ours.columns) == len(theirs.columns) and ours.rows == theirs.rows + 1:
        return "the first line is a row and no header to studyhall"
    if len(theirs.columns) == 1:
        return "another separator: pandas is told that of the suffix"
    return None


def _separator(path: Path) -> str:
    """That of the suffix, unless the first line has none of it and has another."""
    usual = "\t" if path.suffix.lower() == ".tsv" else ","
    with path.open("rb") as file:
        first = file.readline().decode("utf-8", "replace")
    return next((sign for sign in (usual, "\t", ";", ",") if sign in first), usual)


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
    equal = explained = wrong = 0
    for path in paths:
        found = compare(path)
        unexplained = [difference for difference in found if difference.rule is None]
        equal += not found
        explained += bool(found) and not unexplained
        wrong += bool(unexplained)
        rules.update({difference.rule for difference in found if difference.rule is not None})
        for difference in unexplained if arguments.quiet else found:
            print(f"{path}: {difference.what}: {difference.rule or 'NOT EXPLAINED'}", flush=True)
    for rule, count in rules.most_common():
        print(f"{count:5} files: {rule}")
    print(f"{len(paths)} files: {equal} equal, {explained} explained, {wrong} not explained (pandas {pd.__version__})")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
