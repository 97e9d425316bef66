"""One column of a user's table: numbers or texts, whole, and fit to be learned from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from objectives.data.dataset import LARGEST_NUMBER
from objectives.errors import DataError
from objectives.preprocessing.columns import as_numbers
from objectives.wording import written

if TYPE_CHECKING:
    import numpy as np

    from objectives.preprocessing.columns import Column

# As files write a value that is not there. "none" is not among them, since it may well be a category.
_MISSING = {"", "na", "n/a", "#n/a", "nan", "null", "?"}

# A text column of more different values describes single rows rather than groups of them.
MOST_CATEGORIES = 100

_DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{1,2}\.? [A-Za-z]{3,9}\.? \d{4}"
    r"|[A-Za-z]{3,9}\.? \d{1,2},? \d{4})([T ].*)?|\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?"
)

# 1,5 and 1.234,5 and 1,234.5 and 12 % and $3: numbers to a reader, texts to Python.
_GROUPED = r"[-+]?(\d{1,3}([,.' ]\d{3})+([.,]\d+)?|\d+([.,]\d+)?)"
_NUMBER = re.compile(rf"[$€£¥]? ?{_GROUPED} ?[%$€£¥]?")


def values_of(column: Column, name: str, path: Path, *, may_be_left_out: bool = False) -> np.ndarray | list[str]:
    """Return a column as finite numbers (float64) where all its cells are, else as texts without blanks around them.

    Raises:
        DataError: where a value is missing, infinite or beyond float32, where most cells are numbers but not all, and
            where they are numbers in another writing.
    """
    import numpy as np

    numbers = column if isinstance(column, np.ndarray) else as_numbers(column)
    texts = [] if numbers is not None else [cell.strip() for cell in column]
    missing = sum(text.casefold() in _MISSING for text in texts) if numbers is None else np.isnan(numbers).sum()
    if missing:
        advice = f", or {leave_out(name)}" if may_be_left_out else ""
        raise DataError(
            f"{path}: column {written(name)} has no value in {missing:,} of {len(column):,} rows: fill them, or remove "
            f"the rows{advice}"
        )
    if numbers is None:
        _refuse_other_writing(texts, name, path)
        _refuse_mixture(texts, name, path)
        return texts
    if not np.isfinite(numbers).all():
        raise DataError(f"{path}: column {written(name)} holds infinite values: remove them")
    if large := int((np.abs(numbers) > LARGEST_NUMBER).sum()):
        raise DataError(
            f"{path}: column {written(name)} holds numbers too large to learn from, such as "
            f"{np.abs(numbers).max():g}, in {large:,} of {len(numbers):,} rows: where they stand for a missing value, "
            "fill it, or remove the rows"
        )
    return numbers


def _refuse_other_writing(texts: list[str], name: str, path: Path) -> None:
    others = [text for text in texts if not is_number(text)]
    if others and all(map(_NUMBER.fullmatch, others)):
        raise DataError(
            f"{path}: column {written(name)} holds numbers written as {written(others[0])}, which would be taken for "
            f"a text: write digits and a decimal point alone (1234.5), or {leave_out(name)}"
        )


def _refuse_mixture(texts: list[str], name: str, path: Path) -> None:
    others = [text for text in texts if not is_number(text)]
    if 0 < len(others) < len(texts) / 2:
        raise DataError(
            f"{path}: column {written(name)} holds numbers, but in {len(others):,} of {len(texts):,} rows something "
            f"else, first {written(others[0])}: put the rows right, or remove them"
        )


def is_number(text: str) -> bool:
    """Whether Python reads the text as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def features_of(column: Column, name: str, path: Path) -> Column:
    """Return what is learned from a column: its numbers, float64, or its categories, without blanks around them.

    Raises:
        DataError: as `values_of` does, and for dates and texts that are no categories.
    """  # noqa: DOC501  `date_fault` makes a DataError
    import numpy as np

    if not name:
        raise DataError(f'{path} has a column without a name, as an index is written: give it one, or ignore = [""]')
    values = values_of(column, name, path, may_be_left_out=True)
    if isinstance(values, np.ndarray):
        return values
    if all(_DATE.fullmatch(value) for value in values):
        raise date_fault(name, path)
    different = sorted(set(values))
    if len(different) == len(values) or len(different) > MOST_CATEGORIES:
        raise DataError(
            f"{path}: column {written(name)} has {len(different):,} different texts in {len(values):,} rows, at most "
            f"{MOST_CATEGORIES} are taken as categories: {leave_out(name)}, or with text = {written(name)} learn "
            "from it alone"
        )
    return values


def date_fault(name: str, path: Path) -> DataError:
    """What is raised for a column of dates, of which no reader can guess the meaning."""
    return DataError(
        f"{path}: column {written(name)} holds dates or times: make numbers of them (a year, an hour), or "
        f"{leave_out(name)}"
    )


def leave_out(name: str) -> str:
    """The way out of a column that cannot be used, as part of a sentence."""
    return f"leave the column out with ignore = [{written(name)}]"
