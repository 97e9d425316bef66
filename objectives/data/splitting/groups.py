"""Splits by groups: all rows of one group (a patient, a house) lie on one side. The seed alone decides.

Groups are shuffled many times, and the beginning of an order that comes nearest to the wanted rows, of all and of each
class, is taken. scikit-learn's GroupShuffleSplit takes a part of the groups, whatever their sizes. Its
StratifiedGroupKFold looks at one group after the other, which takes 10 seconds for 20,000 of them, and comes no nearer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from objectives.data.classes import class_name
from objectives.data.dataset import Dataset
from objectives.data.splitting.indices import SplitIndices, most_folds, parts_in_words
from objectives.errors import DataError
from objectives.seeds import derive_seed

if TYPE_CHECKING:
    import numpy as np

_ATTEMPTS = 10  # at all splits, where one of them lacks a class
_ORDERS = (10, 200)  # of the groups, at least and at most, ...
_ORDERED = 100_000  # ... and of them all about so many numbers
_ENDS = 32  # so many groups before and after the nearest number of rows are tried as the last one of an order
_LACKING = 10.0  # what a class costs that a split lacks: more than any distance from the ratios


def group_hold_out(dataset: Dataset, ratios: Sequence[float], seed: int) -> SplitIndices:
    """Split the groups at random in two or three parts, rows and classes as near to the ratios as groups allow.

    Args:
        dataset: with groups.
        ratios: of train, validation and perhaps test. Where the largest group alone leaves fewer rows than the others
            want, it trains, and these share what is left.
        seed: the same one gives the same rows.

    Raises:
        DataError: where there are too few groups, of all or of a class, or no split was found in which training and
            validation have every class.
    """
    import numpy as np

    table, numbers = _counted(dataset)
    uses = ("validation", "test")[: len(ratios) - 1]
    _check_groups(dataset, table, folds=None, parts=len(ratios))
    for attempt in range(_ATTEMPTS):
        # By group: 0 trains.
        part, rest = np.zeros(len(table), np.int64), np.arange(len(table))
        for place in range(len(uses), 0, -1):
            rng = np.random.default_rng(derive_seed(seed, "split", uses[place - 1], attempt))
            size = _attainable(table[rest], ratios[place] * table.sum(), ratios[place] / sum(ratios[1 : place + 1]))
            taken = rest[_nearest(table[rest], size, rng, left=place)]
            part[taken], rest = place, np.setdiff1d(rest, taken)
        # What is set aside for a test may lack a class; what learns or judges must not.
        if not (lacking := [one for place in (0, 1) for one in _lacking(table, part == place)]):
            break
    else:
        raise DataError(
            _none_found(dataset, len(table), lacking[0]), hint="fewer splits, or fewer classes (data.classes)"
        )
    rows = [np.flatnonzero(part[numbers] == place) for place in range(3)]
    return SplitIndices(train=rows[0], validation=rows[1], test=rows[2])


def group_folds(dataset: Dataset, test_ratio: float, folds: int, repeats: int, seed: int) -> list[SplitIndices]:
    """Split all groups but those of the test split `repeats` times into `folds` folds, each of which validates once.

    Rows and classes are as near to equal in all folds as groups allow; a group larger than a fold is one.

    Raises:
        DataError: where there are too few groups, of all or of a class, or no folds were found that have every class.
    """
    import numpy as np

    table, numbers = _counted(dataset)
    _check_groups(dataset, table, folds=folds, parts=folds + (test_ratio > 0))
    for attempt in range(_ATTEMPTS):
        rest = np.arange(len(table))
        if test_ratio:
            rng = np.random.default_rng(derive_seed(seed, "split", "test", attempt))
            share = test_ratio / (test_ratio + (1 - test_ratio) * (folds - 1) / folds)
            size = _attainable(table, test_ratio * table.sum(), share)
            rest = np.setdiff1d(rest, _nearest(table, size, rng, left=folds))
        found = [_folded(table, rest, folds, derive_seed(seed, "folds", repeat, attempt)) for repeat in range(repeats)]
        if not (lacking := [lost for one in found for fold in range(folds) for lost in _lacking(table, one == fold)]):
            break
    else:
        raise DataError(
            _none_found(dataset, len(table), lacking[0]), hint="fewer splits, or fewer classes (data.classes)"
        )
    test = np.flatnonzero(found[0][numbers] < 0)
    return [
        SplitIndices(
            train=np.flatnonzero((one[numbers] >= 0) & (one[numbers] != fold)),
            validation=np.flatnonzero(one[numbers] == fold),
            test=test,
        )
        for one in found
        for fold in range(folds)
    ]


def _folded(table: np.ndarray, rest: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """The fold of each group, shape (groups,); -1 for those that are not in `rest`."""
    import numpy as np

    rng = np.random.default_rng(seed)
    fold = np.full(len(table), -1, np.int64)
    for number in range(folds - 1):
        size = table[rest].sum() / (folds - number)
        taken = rest[_nearest(table[rest], size, rng, left=folds - 1 - number, with_largest=True)]
        fold[taken], rest = number, np.setdiff1d(rest, taken)
    fold[rest] = folds - 1
    return fold


def _counted(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Rows of each class in each group, shape (groups, classes), and the number of each row's group, from 0."""
    import numpy as np

    assert dataset.groups is not None
    groups, numbers = np.unique(dataset.groups, return_inverse=True)
    labels = (
        np.zeros(len(numbers), np.int64) if dataset.classes is None else np.unique(dataset.y, return_inverse=True)[1]
    )
    width = int(labels.max()) + 1
    return np.bincount(numbers * width + labels, minlength=len(groups) * width).reshape(-1, width), numbers


def _attainable(table: np.ndarray, size: float, share: float) -> float:
    """`size`, or its share of what the largest group leaves."""
    sizes = table.sum(axis=1)
    return min(size, float(sizes.sum() - sizes.max()) * share)


def _nearest(
    table: np.ndarray, size: float, rng: np.random.Generator, *, left: int, with_largest: bool = False
) -> np.ndarray:
    """The places of groups that hold about `size` rows, of every class in proportion, and leave `left` groups of each.

    `with_largest`: where one group alone has that many rows, it is among them, for it has to be somewhere.
    """
    import numpy as np

    table = table[:, table.any(axis=0)]
    rows, sizes, having = table.sum(axis=0), table.sum(axis=1), (table > 0).sum(axis=0)
    first = int(sizes.argmax()) if with_largest and sizes.max() >= size else None
    best, chosen = np.inf, np.arange(0)
    for _ in range(int(np.clip(_ORDERED // len(table), *_ORDERS))):
        order = rng.permutation(len(table))
        if first is not None:
            order = np.concatenate([[first], order[order != first]])
        order = order[: len(table) - left]
        start = max(0, int(np.abs(sizes[order].cumsum() - size).argmin()) - _ENDS)
        before, near = table[order[:start]], table[order[start : start + 2 * _ENDS + 1]]
        taken = before.sum(axis=0) + near.cumsum(axis=0)
        present = (before > 0).sum(axis=0) + (near > 0).cumsum(axis=0)
        lacking = ((present == 0) | (having - present < left)).sum(axis=1)
        distance = np.abs(taken.sum(axis=1) - size) / rows.sum()
        uneven = np.abs(taken / rows - size / rows.sum()).mean(axis=1)
        costs = _LACKING * lacking + distance + uneven
        if costs.min() < best:
            best, chosen = float(costs.min()), order[: start + int(costs.argmin()) + 1]
    return chosen


def _lacking(table: np.ndarray, groups: np.ndarray) -> list[int]:
    """The classes, as places in the table, of which these groups have no row."""
    lacking: list[int] = (table[groups].sum(axis=0) == 0).nonzero()[0].tolist()
    return lacking


def _check_groups(dataset: Dataset, table: np.ndarray, *, folds: int | None, parts: int) -> None:
    """See that there are groups for all splits.

    Raises:
        DataError: where there are too few, of all or of a class.
    """
    import numpy as np

    having = (table > 0).sum(axis=0)
    count, who = len(table), "data.group has"
    if count >= parts:
        place = int(having.argmin())
        count = int(having[place])
        name = class_name(dataset, np.unique(dataset.y)[place])
        who = f"the rows of class {name}, {table[:, place].sum():,} in all, have"
    if count < parts:
        _, wanted = parts_in_words(folds, predefined_test=parts == (folds or 2))
        of = "" if who == "data.group has" else " of data.group"
        values = f"{count} different value{'s' if count != 1 else ''}{of}"
        remedy = (
            'data.classes leaves classes out, data.rare_classes = "other" joins several'
            if of and len(having) > 2
            else ""
        )
        raise DataError(f"{who} {values}, too few for {wanted}{most_folds(count, folds, parts)}", hint=remedy)


def _none_found(dataset: Dataset, groups: int, place: int) -> str:
    import numpy as np

    name = class_name(dataset, np.unique(dataset.y)[place])
    return f"no way was found to divide the {groups} values of data.group so that each split has rows of class {name}"
