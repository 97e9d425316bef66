"""What an interpreted column becomes: features, or a reason why it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from objectives.data.options import ReadOptions
from objectives.data.tables.interpreting import Interpreted
from objectives.errors import DataError
from objectives.preprocessing.categories import MOST_CATEGORIES
from objectives.preprocessing.columns import (
    DATE_PARTS,
    ColumnReader,
    DatePart,
    codes_of,
    date_parts,
    seconds_of_texts,
)
from objectives.preprocessing.missing import MISSING_CATEGORY
from objectives.preprocessing.vocabulary import words
from objectives.preprocessing.words import frequent_words, word_columns
from objectives.wording import written

if TYPE_CHECKING:
    import numpy as np

_FIRST = 10_000  # texts that tell whether all are read, and take no time


@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureColumn:
    """A column that is learned from."""

    seen: Interpreted
    reader: ColumnReader
    values: tuple[np.ndarray, ...]
    """An array for each feature of the reader: float64, shape (rows,), NaN where there is no value."""
    becomes: str


def feature_of(seen: Interpreted, options: ReadOptions) -> FeatureColumn:
    """Return what is learned from a column.

    Raises:
        DataError: with why it cannot be learned from, in words that follow its name, and what to do as the hint.
    """
    if seen.fault:
        raise DataError(seen.fault, hint=seen.advice)
    if seen.kind == "number":
        assert seen.numbers is not None, "numbers"
        reader = ColumnReader(name=seen.name, kind="number", spelling=options.spelling(seen.name))
        return FeatureColumn(
            seen=seen, reader=reader, values=(seen.numbers,), becomes="a number" + _filled(seen, options)
        )
    if seen.kind == "date":
        return _of_dates(seen, options)
    if seen.kind == "text":
        return _of_words(seen)
    return _of_categories(seen, options)


def _filled(seen: Interpreted, options: ReadOptions) -> str:
    """What stands where a row has no value, in words that follow what the column becomes."""
    if options.missing in ("drop", "refuse") or not seen.gaps.any():
        return ""
    if options.missing == "most_frequent":
        return ", the most frequent where missing"
    if seen.kind == "category":
        return f" and {MISSING_CATEGORY}"
    return ", the mean where missing" + (", and an indicator" if options.missing == "indicator" else "")


def _of_dates(seen: Interpreted, options: ReadOptions) -> FeatureColumn:
    import numpy as np

    if seen.name not in options.dates:
        if seen.texts is not None:  # what is advised must work
            seconds_of_texts(seen.texts.unique().slice(0, _FIRST))
        raise DataError(
            "holds dates or times",
            hint=f"dates = [{written(seen.name)}] makes a year, a month and a weekday of each, time = "
            f"{written(seen.name)} splits the rows by them",
        )
    moments = seen.numbers if seen.numbers is not None else seconds_of_texts(seen.texts)
    parts: list[DatePart] = []
    values = []
    for part, found in zip(DATE_PARTS, date_parts(moments, DATE_PARTS), strict=True):
        known = found[~np.isnan(found)]
        if len(known) and known.min() < known.max():
            parts.append(part)
            values.append(found)
    if not parts:
        raise DataError("holds one and the same date in every row")
    reader = ColumnReader(name=seen.name, kind="date", parts=tuple(parts))
    return FeatureColumn(
        seen=seen, reader=reader, values=tuple(values), becomes=", ".join(parts) + _filled(seen, options)
    )


def _words_advised(seen: Interpreted, different: Sequence[str]) -> str:
    """Advice for texts that are sentences: on average more than two words, of which some are shared."""
    texts = different[:_FIRST]
    if sum(len(words(text)) for text in texts) <= 2 * len(texts) or not frequent_words(texts):
        return ""
    return f"words = [{written(seen.name)}] makes features of its frequent words"


def _of_words(seen: Interpreted) -> FeatureColumn:
    assert seen.texts is not None, "asked for where there are texts"
    texts = seen.texts.to_pylist()
    if not (found := frequent_words(texts)):
        raise DataError("has no word that two rows share, and half of the rows lack")
    reader = ColumnReader(name=seen.name, kind="text", categories=found)
    becomes = f"its {len(found):,} most frequent words" if len(found) > 1 else f"the word {written(found[0])}"
    return FeatureColumn(seen=seen, reader=reader, values=tuple(word_columns(texts, found)), becomes=becomes)


def _of_categories(seen: Interpreted, options: ReadOptions) -> FeatureColumn:
    assert seen.texts is not None, "categories are texts"
    categories = tuple(sorted(seen.texts.unique().drop_null().to_pylist()))
    # Of the rows that are left, while the counts of the column are those of the file.
    distinct, known = len(categories), len(seen.texts) - seen.texts.null_count
    if seen.name not in options.categories:
        if 2 < distinct == known:
            raise DataError("has a different text in every row", hint=_words_advised(seen, categories))
        if distinct > MOST_CATEGORIES and distinct > known / 2:
            raise DataError(
                f"has {distinct:,} different texts in {known:,} rows, which tell rows apart rather than groups",
                hint=_words_advised(seen, categories)
                or f"say categories = [{written(seen.name)}] to learn from the frequent ones",
            )
    reader = ColumnReader(name=seen.name, kind="category", categories=categories)
    becomes = f"{len(categories):,} categories" if len(categories) != 1 else "1 category"
    if len(categories) > MOST_CATEGORIES:
        kept = MOST_CATEGORIES - 1
        becomes = f"the {kept} most frequent categories and the other {len(categories) - kept:,}"
    return FeatureColumn(
        seen=seen, reader=reader, values=(codes_of(seen.texts, categories),), becomes=becomes + _filled(seen, options)
    )
