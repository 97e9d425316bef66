"""Columns that tell the answer by accident, or nothing at all: pointed out, for only the user knows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from objectives.data.dataset import Labels
from objectives.data.options import ReadOptions
from objectives.data.tables.features import FeatureColumn
from objectives.data.tables.interpreting import Interpreted
from objectives.data.tables.table import Table
from objectives.preprocessing.spelling import is_number
from objectives.wording import written

_INDEX_OF_PANDAS = re.compile(r"__index_level_\d+__|Unnamed: \d+(_level_\d+)?|level_0")
_FEW = 10  # of so few rows any column may count them, or tell their classes


def is_index(column: Interpreted, table: Table, options: ReadOptions) -> bool:
    """Whether the file itself calls a column the name or number of its rows, and the study says nothing of it."""
    if column.name in (*options.categories, *options.numbers, *options.dates, *options.words):
        return False
    if column.name in table.index:
        return True
    named = column.name == "" or _INDEX_OF_PANDAS.fullmatch(column.name) is not None
    return named and column.missing == 0 and column.distinct == table.rows


def note_of(feature: FeatureColumn, found: Labels) -> str:
    """Return what is odd about a feature, in a sentence, or "". `found` are the labels of the same rows."""
    column, rows = feature.seen, len(found.y)
    name = written(column.name)
    if column.distinct == 0:
        return f"column {name} has no value in any row: nothing is learned from it"
    if column.distinct == 1 and column.missing == 0:
        return f"column {name} is the same in every row: nothing is learned from it"
    if (why := _tells(feature, found)) or (why := _counts(column, rows)):
        return f"column {name} {why}: unless that is meant, leave it out with ignore = [{name}]"
    if said := alike(column.name, _categories(feature), "categories"):
        return said
    if len(column.name) == 0 or _INDEX_OF_PANDAS.fullmatch(column.name):
        return f"column {name} is called like an index of pandas, and is learned from: ignore = [{name}] leaves it out"
    return ""


def _categories(feature: FeatureColumn) -> tuple[str, ...]:
    return feature.reader.categories or () if feature.reader.kind == "category" else ()


def alike(name: str, texts: Sequence[str], what: str) -> str:
    """Return a sentence where two of a column's categories or classes may be meant to be one, or ""."""
    seen: dict[object, str] = {}
    for text in texts:
        key: object = float(text) if is_number(text) else " ".join(text.casefold().split())
        if key in seen:
            both = f"{written(seen[key])} and {written(text)}"
            return (
                f"column {written(name)} has {both}, which are different {what}: where they are not, write them alike"
            )
        seen[key] = text
    return ""


def _counts(column: Interpreted, rows: int) -> str:
    import numpy as np

    numbers = column.numbers
    if numbers is None or column.missing or column.kind == "date" or rows < _FEW or column.distinct != rows:
        return ""
    if (numbers == np.floor(numbers)).all() and numbers.max() - numbers.min() == rows - 1:
        return "has every number of an interval once, as a count of the rows has"
    return ""


def _tells(feature: FeatureColumn, found: Labels) -> str:
    """Whether a feature says the target in every row."""
    import numpy as np

    if len(feature.values) > 1 or np.isnan(values := feature.values[0]).any():
        return ""
    if found.classes is None:
        same = feature.seen.kind == "number" and np.array_equal(values.astype(np.float32), found.y)
        return "is the same as the target in every row" if same else ""
    if len(np.unique(values)) != found.classes or len(found.y) < _FEW:
        return ""
    codes = np.unique(values, return_inverse=True)[1]  # sorts, which most columns need not
    pairs = len(np.unique(codes * np.int64(found.classes) + found.y))
    return "has one value for each class, and so tells the target in every row" if pairs == found.classes else ""
