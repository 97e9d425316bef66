"""Which rows train, validate and test: hold-out, k-fold, iterated k-fold. The seed alone decides."""

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
    """The row numbers of each part, int64; together every row once."""

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


def split_rows(y: np.ndarray, ratios: Sequence[float], seed: int, *, stratified: bool = True) -> SplitIndices:
    """Split the rows at random, every class in proportion if `stratified`, in two or three parts.

    `y` has the shape (rows,); `ratios` are those of train, validation and perhaps test. The same arguments give the
    same rows, so what finalises a study finds the test split that its search left alone. Raises DataError where a split
    would be empty, or the training or validation split lack some class.
    """
    search, test = _test_part(y, ratios[2] if len(ratios) == 3 else 0.0, seed, stratified)
    train, validation = _taken(y, search, ratios[1], seed, "validation", stratified)
    return SplitIndices(train=train, validation=validation, test=test)


def fold_rows(
    y: np.ndarray, test_ratio: float, folds: int, repeats: int, seed: int, *, stratified: bool = True
) -> list[SplitIndices]:
    """Split all rows but the test split `repeats` times into `folds` folds, each of which validates once.

    Rows are shuffled, differently in each repeat, and classes are in proportion in all folds if `stratified`. The
    test split is that of `split_rows` with the same ratio.

    Raises:
        DataError: where there are too few rows.
    """
    import numpy as np
    from sklearn.model_selection import KFold, StratifiedKFold

    search, test = _test_part(y, test_ratio, seed, stratified)
    fewest = int(np.unique(y[search], return_counts=True)[1].min()) if stratified else len(search)
    if fewest < folds:
        of = "the smallest class" if stratified else "the dataset"
        raise DataError(f"{of} has {fewest} rows outside the test split, so allowed: at most {fewest} folds")
    maker = StratifiedKFold if stratified else KFold
    parts = []
    for repeat in range(repeats):
        splitter = maker(folds, shuffle=True, random_state=derive_seed(seed, "folds", repeat))
        for train, validation in splitter.split(search, y[search]):
            parts.append(SplitIndices(train=search[train], validation=search[validation], test=test))
    return parts


def nested_rows(rows: np.ndarray, y: np.ndarray, fraction: float, seed: int, *, stratified: bool) -> np.ndarray:
    """Return a fraction of the row numbers, in their order; a larger fraction holds all rows of a smaller one.

    Of each class at least one row stays if `stratified`.
    """
    import numpy as np

    if fraction >= 1:
        return rows
    # One rank a row, whatever the fraction and the split.
    ranks = np.random.default_rng(derive_seed(seed, "fraction")).permutation(len(y))[rows]
    groups = y[rows] if stratified else np.zeros(len(rows), np.int64)
    kept = np.zeros(len(rows), bool)
    for group in np.unique(groups):
        places = np.flatnonzero(groups == group)
        kept[places[np.argsort(ranks[places])][: max(1, round(fraction * len(places)))]] = True
    return rows[kept]


def _test_part(y: np.ndarray, ratio: float, seed: int, stratified: bool) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    everything = np.arange(len(y))
    return _taken(y, everything, ratio, seed, "test", stratified) if ratio else (everything, everything[:0])


def _taken(
    y: np.ndarray, rows: np.ndarray, ratio: float, seed: int, use: str, stratified: bool
) -> tuple[np.ndarray, np.ndarray]:
    """`rows` without those of one use, and those; the ratio is of all rows.

    Raises:
        DataError: where there are too few rows, of all or of a class.
    """
    import numpy as np
    from sklearn.model_selection import train_test_split

    size = round(ratio * len(y))
    try:
        rest, taken = train_test_split(
            rows, test_size=size, stratify=y[rows] if stratified else None, random_state=derive_seed(seed, "split", use)
        )
    except ValueError as error:
        classes = f", of {len(np.unique(y))} classes," if stratified else ""
        raise DataError(f"the {len(y)} rows{classes} are too few for a {use} split of {size}") from error
    # What is set aside for a test may lack a rare class; what a trial is judged on must not.
    if stratified and use == "validation" and (lost := set(y[rows].tolist()) - set(y[taken].tolist())):
        count = min(int((y == label).sum()) for label in lost)
        raise DataError(f"the validation split of {size} rows would have none of a class of {count}")
    return rest, taken
