"""Splits by time: what is later judges what was learned earlier. No seed plays a part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from objectives.data.classes import class_name
from objectives.data.dataset import Dataset
from objectives.data.splitting.indices import SplitIndices, most_folds, parts_in_words
from objectives.errors import DataError

if TYPE_CHECKING:
    import numpy as np


def time_hold_out(dataset: Dataset, ratios: Sequence[float]) -> SplitIndices:
    """Split rows by their times: the earliest train, later ones validate, the last ones test if there are three ratios.

    Rows of one time stay together, so that sizes are as near to the ratios as times allow.

    Raises:
        DataError: where there are too few different times, or the training split has one class alone.
    """
    order, ends = _in_time(dataset, folds=None, parts=len(ratios))
    wanted = [sum(ratios[:number]) * len(order) for number in range(1, len(ratios))]
    cuts = [*_cuts(ends, wanted), len(order)]
    part = SplitIndices(train=order[: cuts[0]], validation=order[cuts[0] : cuts[1]], test=order[cuts[1] :])
    return _checked(dataset, [part])[0]


def time_folds(dataset: Dataset, test_ratio: float, folds: int) -> list[SplitIndices]:
    """Set the last rows aside as a test split, and split the others as scikit-learn's TimeSeriesSplit does.

    Each fold trains on all that is earlier than its validation split, so that later folds have more rows to train on.
    Rows of one time stay together, unlike there.

    Raises:
        DataError: where there are too few different times, or a training split has one class alone.
    """
    from sklearn.model_selection import TimeSeriesSplit

    order, ends = _in_time(dataset, folds=folds, parts=folds + 1 + (test_ratio > 0))
    size = _cuts(ends, [(1 - test_ratio) * len(order)], before=folds)[0] if test_ratio else len(order)
    wanted = [len(train) for train, _ in TimeSeriesSplit(folds).split(order[:size])]
    cuts = [*_cuts(ends[ends <= size], wanted), size]
    parts = [
        SplitIndices(train=order[:start], validation=order[start:end], test=order[size:])
        for start, end in pairwise(cuts)
    ]
    return _checked(dataset, parts)


def class_notes(dataset: Dataset, parts: Sequence[SplitIndices]) -> Iterator[str]:
    """Say which classes a split lacks because of its time: nobody can put them there."""
    import numpy as np

    if dataset.classes is None or dataset.times is None:
        return
    used = {
        "training": ([part.train for part in parts], "nothing is learned of it"),
        "validation": ([part.validation for part in parts], "it is not judged"),
    }
    for use, (rows, consequence) in used.items():
        for label in np.unique(dataset.y):
            lacking = sum(not (dataset.y[one] == label).any() for one in rows)
            where = f"the {use} split" if len(parts) == 1 else f"the {use} splits of {lacking} of {len(parts)} folds"
            if lacking:
                yield f"class {class_name(dataset, label)} has no row in {where} (data.time): {consequence} there"


def _in_time(dataset: Dataset, *, folds: int | None, parts: int) -> tuple[np.ndarray, np.ndarray]:
    """The row numbers by time, of one time by their order in the file; and how many rows there are up to each time.

    Raises:
        DataError: where there are fewer different times than `parts`.
    """
    import numpy as np

    assert dataset.times is not None
    different, counts = np.unique(dataset.times, return_counts=True)
    count = len(different)
    if count < parts:
        # Folds need one time more, from which the first one learns.
        tested = parts > (2 if folds is None else folds + 1)
        _, wanted = parts_in_words(folds, predefined_test=not tested)
        earlier = "" if folds is None else ", and for rows before the first fold"
        values = f"{count} different value{'s' if count != 1 else ''}"
        raise DataError(f"data.time has {values}, too few for {wanted}{earlier}{most_folds(count, folds, parts)}")
    return np.argsort(dataset.times, kind="stable"), np.cumsum(counts)


def _cuts(ends: np.ndarray, wanted: Sequence[float], *, before: int = 0) -> list[int]:
    """For each wanted number of rows, ascending, the nearest of `ends`; all differ, and none is the last.

    `before` ends are left for cuts before the first.
    """
    import numpy as np

    found: list[int] = []
    last = len(ends) - 1
    for number in range(len(wanted) - 1, -1, -1):
        first = before + number
        place = first + int(np.abs(ends[first:last] - wanted[number]).argmin())
        found.insert(0, int(ends[place]))
        last = place
    return found


def _checked(dataset: Dataset, parts: list[SplitIndices]) -> list[SplitIndices]:
    import numpy as np

    for number, part in enumerate(parts, 1):
        if dataset.classes is not None and len(np.unique(dataset.y[part.train])) == 1:
            which = "the training split" if len(parts) == 1 else f"the training split of fold {number}"
            name = class_name(dataset, dataset.y[part.train[0]])
            raise DataError(f"{which}, the earliest rows by data.time, has class {name} alone")
    return parts
