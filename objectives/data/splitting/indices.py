"""Which rows train, validate and test: hold-out, k-fold, iterated k-fold. The seed alone decides.

Rows with groups are split in `groups`, rows with times in `times`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from objectives.errors import DataError
from objectives.seeds import derive_seed
from objectives.wording import written

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, kw_only=True)
class SplitIndices:
    """The row numbers of each part, int64. No row is in two of them; folds by time leave later rows out."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    """Empty where the data set has a predefined test split, which lies elsewhere."""


def default_ratios(evaluation: str, *, predefined_test: bool) -> tuple[float, ...]:
    """The ratios of a dataset when the study gives none; empty for folds of a set with a predefined test split."""
    if evaluation == "hold-out":
        return (0.8, 0.2) if predefined_test else (0.6, 0.2, 0.2)
    return () if predefined_test else (0.8, 0.2)


def split_fault(name: str, evaluation: str, count: int, *, predefined_test: bool) -> str | None:
    """Return None when `split` may have `count` ratios, else what is allowed."""
    if count == len(default_ratios(evaluation, predefined_test=predefined_test)):
        return None
    if evaluation == "hold-out":
        ratios = "two ratios (train, validation)" if predefined_test else "three ratios (train, validation, test)"
    elif predefined_test:
        return (
            f"not allowed with evaluation = {written(evaluation)}: {name} has a predefined test split, and all other "
            "rows are in folds"
        )
    else:
        ratios = f"with evaluation = {written(evaluation)} two ratios (search, test)"
    return f"allowed: {ratios}, since {name} has {'a' if predefined_test else 'no'} predefined test split"


def parts_in_words(folds: int | None, *, predefined_test: bool) -> tuple[int, str]:
    """Return how many splits want rows of their own, and these in words: (3, "train, validation and test splits")."""
    if folds is None:
        return (2, "train and validation splits") if predefined_test else (3, "train, validation and test splits")
    return (folds, f"{folds} folds") if predefined_test else (folds + 1, f"{folds} folds and a test split")


def most_folds(count: int, folds: int | None, parts: int) -> str:
    """End a sentence on what there are `count` of, too few for `parts` splits: ", so allowed: at most 3 folds"."""
    allowed = 0 if folds is None else count - (parts - folds)
    return f", so allowed: at most {allowed} folds" if allowed >= 2 else ""


def split_rows(y: np.ndarray, ratios: Sequence[float], seed: int, *, stratified: bool = True) -> SplitIndices:
    """Split the rows at random, every class in proportion if `stratified`, in two or three parts.

    `y` has the shape (rows,); `ratios` are those of train, validation and perhaps test. The same arguments give the
    same rows, so what finalises a study finds the test split that its search left alone. Raises DataError where a split
    would be empty, or lack some class.
    """
    labels = y if stratified else None
    search, test = _test_part(len(y), labels, ratios[2] if len(ratios) == 3 else 0.0, seed, left=2)
    train, validation = _taken(search, labels, round(ratios[1] * len(y)), seed, "validation", left=1)
    return SplitIndices(train=train, validation=validation, test=test)


def fold_rows(
    y: np.ndarray, test_ratio: float, folds: int, repeats: int, seed: int, *, stratified: bool = True
) -> list[SplitIndices]:
    """Split all rows but the test split `repeats` times into `folds` folds, each of which validates once.

    Rows are shuffled, differently in each repeat, and classes are in proportion in all folds if `stratified`. The
    test split is that of `split_rows` with the same ratio, unless a class has too few rows for that and all folds.

    Raises:
        DataError: where there are too few rows.
    """
    import numpy as np
    from sklearn.model_selection import KFold, StratifiedKFold

    parts, wanted = parts_in_words(folds, predefined_test=not test_ratio)
    outside = len(y) - round(test_ratio * len(y))
    if outside < folds:
        raise DataError(f"there are {_rows(outside)} outside the test split{most_folds(outside, folds, folds)}")
    fewest = int(np.unique(y, return_counts=True)[1].min())
    if stratified and fewest < parts:
        raise DataError(
            f"the smallest class has {_rows(fewest)}, too few for {wanted}{most_folds(fewest, folds, parts)}"
        )
    search, test = _test_part(len(y), y if stratified else None, test_ratio, seed, left=folds)
    maker = StratifiedKFold if stratified else KFold
    found = []
    for repeat in range(repeats):
        splitter = maker(folds, shuffle=True, random_state=derive_seed(seed, "folds", repeat))
        for train, validation in splitter.split(search, y[search]):
            found.append(SplitIndices(train=search[train], validation=search[validation], test=test))
    return found


def nested_rows(rows: np.ndarray, y: np.ndarray, fraction: float, seed: int, *, stratified: bool) -> np.ndarray:
    """Return a fraction of the row numbers, in their order; a larger fraction holds all rows of a smaller one.

    Of each class at least one row stays if `stratified`. Groups and times play no part, since all of these rows are on
    one side: of each group about the same fraction stays.
    """
    import numpy as np

    if fraction >= 1:
        return rows
    # One rank a row, whatever the fraction and the split.
    ranks = np.random.default_rng(derive_seed(seed, "fraction")).permutation(len(y))[rows]
    labels = y[rows] if stratified else np.zeros(len(rows), np.int64)
    kept = np.zeros(len(rows), bool)
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        kept[places[np.argsort(ranks[places])][: max(1, round(fraction * len(places)))]] = True
    return rows[kept]


def _test_part(
    count: int, labels: np.ndarray | None, ratio: float, seed: int, *, left: int
) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    everything = np.arange(count)
    if not ratio:
        return everything, everything[:0]
    return _taken(everything, labels, round(ratio * count), seed, "test", left=left)


def _taken(
    rows: np.ndarray, labels: np.ndarray | None, size: int, seed: int, use: str, *, left: int
) -> tuple[np.ndarray, np.ndarray]:
    """`rows` without the `size` rows of one use, and those. `labels` are of all rows; None: classes play no part.

    Of each class one row is taken, and `left` are not, for each split to come.

    Raises:
        DataError: where there are too few rows, of all or of a class.
    """
    from sklearn.model_selection import train_test_split

    own = None if labels is None else labels[rows]
    of = "" if own is None else _checked_classes(own, size, use, left)
    derived = derive_seed(seed, "split", use)
    try:
        rest, taken = train_test_split(rows, test_size=size, stratify=own, random_state=derived)
    except ValueError as error:
        raise DataError(f"the {len(rows)} rows{of} are too few for a {use} split of {size}") from error
    return (rest, taken) if labels is None else _with_every_class(rest, taken, labels, derived, left)


def _checked_classes(labels: np.ndarray, size: int, use: str, left: int) -> str:
    """How many classes there are, as a part of a sentence.

    Raises:
        DataError: where they have too few rows.
    """
    import numpy as np

    classes, counts = np.unique(labels, return_counts=True)
    if counts.min() <= left:
        raise DataError(f"the smallest class has {_rows(counts.min())}, and each of {left + 1} splits needs one")
    of = f", of {len(classes)} classes,"
    if not len(classes) <= size <= len(labels) - left * len(classes):
        raise DataError(f"the {len(labels)} rows{of} are too few for a {use} split of {size}")
    return of


def _with_every_class(
    rest: np.ndarray, taken: np.ndarray, labels: np.ndarray, seed: int, left: int
) -> tuple[np.ndarray, np.ndarray]:
    """The same rows where each class has one in `taken` and `left` in `rest`, else as many divided so that it has."""
    import numpy as np

    rows = np.concatenate([rest, taken])
    classes, numbers = np.unique(labels[rows], return_inverse=True)
    counts = np.bincount(numbers)
    found = np.bincount(numbers[len(rest) :], minlength=len(classes))
    if found.min() > 0 and (counts - found).min() >= left:
        return rest, taken
    # Proportions alone are not enough for a class of few rows.
    wanted = _allotted(counts, len(taken), left)
    order = np.random.default_rng(seed).permutation(len(rows))
    chosen = np.zeros(len(rows), bool)
    for number, count in enumerate(wanted):
        chosen[order[numbers[order] == number][:count]] = True
    return rows[~chosen], rows[chosen]


def _allotted(counts: np.ndarray, size: int, left: int) -> np.ndarray:
    """How many rows of each class make up `size`: in proportion, but at least one, and `left` are not among them."""
    import numpy as np

    wanted = counts * size / counts.sum()
    found: np.ndarray = np.clip(np.floor(wanted).astype(np.int64), 1, counts - left)
    while (missing := size - int(found.sum())) != 0:
        step = 1 if missing > 0 else -1
        free = found < counts - left if step > 0 else found > 1
        found[np.argmax(np.where(free, step * (wanted - found), -np.inf))] += step
    return found


def _rows(count: int) -> str:
    return f"{count} row{'s' if count != 1 else ''}"
