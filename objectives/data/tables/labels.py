"""The target column of a table as labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from objectives.data.dataset import MOST_CLASSES_IN_NUMBERS, Labels, make_labels
from objectives.data.options import ReadOptions
from objectives.data.tables.interpreting import Interpreted
from objectives.errors import DataError
from objectives.preprocessing.columns import numbers_of
from objectives.wording import written

if TYPE_CHECKING:
    import numpy as np


def labels_of(seen: Interpreted, options: ReadOptions, path: Path) -> Labels:
    """Return the labels, of rows that all have a value.

    Raises:
        DataError: where the column holds none.
    """
    where = f"{path}: the target {written(seen.name)}"
    if not len(seen.gaps):
        raise DataError(f"{where} has no rows")
    if seen.kind == "date":
        raise DataError(f"{where} holds dates or times: name another target, or write a number into the file")
    if seen.fault:
        raise DataError(f"{path}: column {written(seen.name)} {seen.fault}", hint=seen.advice)
    numbers = seen.numbers
    if numbers is None and options.task == "regression" and seen.raw is not None:
        numbers = numbers_of(seen.raw, options.spelling(seen.name))  # codes as well
    if numbers is None:
        assert seen.texts is not None, "no numbers, so texts"
        return make_labels(seen.texts.to_pylist(), options.task, where)
    texts = seen.raw.trimmed().to_pylist() if seen.raw is not None and _may_be_classes(numbers, options.task) else None
    return make_labels(numbers, options.task, where, texts)


def _may_be_classes(numbers: np.ndarray, task: str) -> bool:
    import numpy as np

    return task == "classification" or (task == "auto" and len(np.unique(numbers)) <= MOST_CLASSES_IN_NUMBERS)
