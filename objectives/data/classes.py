"""Some classes of a data set as a data set of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from objectives.data.dataset import Dataset
from objectives.errors import DataError
from objectives.wording import by_nearness, written


def select_classes(dataset: Dataset, chosen: Sequence[int | str] | None) -> Dataset:
    """Return the rows of those classes alone, numbered anew from 0 in the order in which they are chosen.

    A class is chosen by its name or, where the data set has none or they are words, by its number. None returns all
    rows as they are.

    Raises:
        DataError: for a class that there is not, for one that is chosen twice, and for data without classes.
    """
    import numpy as np

    if chosen is None:
        return dataset
    if dataset.classes is None:
        raise DataError(f"data.classes: {dataset.source} has a regression target and no classes", hint="leave it out")
    numbers = [_number(dataset, one) for one in chosen]
    if len(set(numbers)) < len(numbers):
        raise DataError(f"data.classes = {list(chosen)} names a class of {dataset.source} twice")
    # From the number of a class to its new one; -1 for those left out.
    anew = np.full(dataset.classes, -1, np.int64)
    anew[numbers] = np.arange(len(numbers))
    labels = anew[dataset.y]
    kept = labels >= 0
    names = tuple(dataset.names[number] for number in numbers) if dataset.names else ()
    return replace(dataset, x=dataset.x[kept], y=labels[kept], classes=len(numbers), names=names)


def _number(dataset: Dataset, chosen: int | str) -> int:
    # Where classes are called by numbers, 1 is the one called 1, and not the second.
    numbered = bool(dataset.names) and all(re.fullmatch(r"-?\d+", name) for name in dataset.names)
    if (isinstance(chosen, str) or numbered) and str(chosen) in dataset.names:
        return dataset.names.index(str(chosen))
    if isinstance(chosen, int) and not numbered and 0 <= chosen < (dataset.classes or 0):
        return chosen
    names = ", ".join(by_nearness(str(chosen), dataset.names))
    numbers = f"0 to {(dataset.classes or 0) - 1}{f' or by name: {names}' if names else ''}"
    known = names if numbered else numbers
    raise DataError(f"data.classes: {dataset.source} has no class {written(chosen)}", hint=f"its classes are {known}")
