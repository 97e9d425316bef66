"""From `[data]` to the splits of a study. The seed alone decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from objectives.data.arrays import Splits
from objectives.data.classes import select_classes, settle_rare_classes
from objectives.data.dataset import Dataset, smallest_class
from objectives.data.named import DATASETS, missing_from_folder
from objectives.data.paths import is_path, unset_variable
from objectives.data.readers.formats import read_file
from objectives.data.readers.memory import enough_memory
from objectives.data.remembered import read_ahead, share, shared, take
from objectives.data.settings import DataSettings
from objectives.data.splitting.groups import group_folds, group_hold_out
from objectives.data.splitting.indices import (
    SplitIndices,
    default_ratios,
    fold_rows,
    nested_rows,
    parts_in_words,
    split_fault,
    split_rows,
)
from objectives.data.splitting.times import class_notes, time_folds, time_hold_out
from objectives.errors import DataError
from objectives.wording import written

if TYPE_CHECKING:
    import numpy as np


def load_search_data(settings: DataSettings, seed: int, *, fraction: float = 1.0) -> Splits:
    """Load the data of a study and split them; the seed alone decides the splits.

    Of each training split `fraction` is used (more than 0, at most 1): of every class in proportion, and what a smaller
    fraction uses, a larger one uses as well. Validation splits stay whole, and the scale is that of the rows used.

    Raises:
        DataError: when the data cannot be had, or are too few to be split so.
    """
    if (found := shared(settings, seed, fraction)) is not None:
        return found
    dataset = _chosen(settings)
    rows_read = len(dataset.y)
    dataset = _common(dataset, settings)
    if dataset.kind == "text" and settings.scaling not in ("auto", "none"):
        raise DataError(
            f"data.scaling = {written(settings.scaling)}: {dataset.source} holds texts, which have no scale"
        )
    stratified = dataset.classes is not None
    indices = split_dataset(dataset, settings, seed)
    dataset = replace(dataset, notes=(*dataset.notes, *class_notes(dataset, indices)))
    parts = [
        SplitIndices(
            train=nested_rows(part.train, dataset.y, fraction, seed, stratified=stratified),
            validation=part.validation,
            test=part.test,
        )
        for part in indices
    ]
    splits = Splits(dataset, parts, scaling=settings.scaling, missing=settings.missing)
    # Rows of classes that are left out as rare were read as well.
    splits.rows_read = rows_read
    return splits


def share_search_data(settings: DataSettings, seed: int, *, fraction: float = 1.0) -> None:
    """Load splits once for all processes that are forked from this one. What cannot be loaded is told by those."""
    share(settings, seed, fraction, partial(load_search_data, settings, seed, fraction=fraction))


def absence(dataset: str) -> str | None:
    """Return a sentence where a data set, or a path, is to be found by a variable and is not. Reads nothing."""
    if (unset := unset_variable(dataset) if is_path(dataset) else None) is not None:
        return f"{dataset} is not found, for ${unset} is not set"
    return missing_from_folder(dataset)


def load_dataset(settings: DataSettings) -> Dataset:
    """Read all rows that a study may split, those of rare classes as `data.rare_classes` says. Raises DataError."""
    return _common(_chosen(settings), settings)


def count_classes(settings: DataSettings) -> int | None:
    """Return how many classes there are; None: regression. Whoever loads the rows next gets those of this reading.

    See `remembered`. Raises DataError.
    """
    return _common(read_ahead(settings, _chosen), settings).classes


def split_dataset(dataset: Dataset, settings: DataSettings, seed: int) -> list[SplitIndices]:
    """Return the row numbers of each split; their test splits are one and the same.

    Hold-out splits in train, validation and, without a predefined test split, test, by default 6:2:2 (8:2 with one).
    Folds split what is left when the test split is set aside: by default a fifth, or the second ratio of `split`, or
    with a predefined test split nothing. A validation part of the makers is that of the hold-out, beside which only
    they can set a test part aside; folds split it like all other rows. Groups and times of the dataset say which rows
    may be apart.

    Raises:
        DataError: where there are too few rows, groups or times.
    """
    if dataset.validation is not None and settings.folds is None:
        return [_predefined(dataset.validation, settings)]
    predefined = dataset.predefined_test
    ratios = settings.split or default_ratios(settings.evaluation, predefined_test=predefined)
    if wrong := split_fault(settings.dataset, settings.evaluation, len(ratios), predefined_test=predefined):
        raise DataError(f"data.split = {list(ratios)}: {wrong}")
    try:
        if settings.folds is None:
            return [_hold_out(dataset, ratios, seed)]
        return _folds(dataset, ratios[1] if ratios else 0.0, settings.folds, settings.repeats or 1, seed)
    except DataError as fault:
        key = f"data.split = {list(ratios)}" if settings.folds is None else f"data.folds = {settings.folds}"
        smallest = _smallest(dataset) if dataset.groups is None and dataset.times is None else ""
        raise DataError(f"{key} of {settings.dataset}: {fault.message}{smallest}", fault.hint) from fault


def _chosen(settings: DataSettings) -> Dataset:
    if (read := take(settings)) is not None:
        return read
    named = DATASETS.get(settings.dataset)
    with enough_memory(settings.dataset):
        dataset = named.load() if named is not None else read_file(settings.dataset, settings.read_options)
        return select_classes(dataset, settings.classes)


def _common(dataset: Dataset, settings: DataSettings) -> Dataset:
    if dataset.validation is not None and settings.folds is None:
        return dataset
    parts, _ = parts_in_words(settings.folds, predefined_test=dataset.predefined_test)
    return settle_rare_classes(dataset, settings.rare_classes, parts)


def _predefined(validation: np.ndarray, settings: DataSettings) -> SplitIndices:
    """The parts of the makers.

    Raises:
        DataError: where the study asks for others.
    """
    import numpy as np

    if settings.split is not None:
        raise DataError(f"data.split does nothing: {settings.dataset} has a validation part of its own", "leave it out")
    rows = np.arange(len(validation))
    return SplitIndices(train=rows[~validation], validation=rows[validation], test=rows[:0])


def _hold_out(dataset: Dataset, ratios: Sequence[float], seed: int) -> SplitIndices:
    if dataset.groups is not None:
        return group_hold_out(dataset, ratios, seed)
    if dataset.times is not None:
        return time_hold_out(dataset, ratios)
    return split_rows(dataset.y, ratios, seed, stratified=dataset.classes is not None)


def _folds(dataset: Dataset, test_ratio: float, folds: int, repeats: int, seed: int) -> list[SplitIndices]:
    if dataset.groups is not None:
        return group_folds(dataset, test_ratio, folds, repeats, seed)
    if dataset.times is not None:
        return time_folds(dataset, test_ratio, folds)
    return fold_rows(dataset.y, test_ratio, folds, repeats, seed, stratified=dataset.classes is not None)


def _smallest(dataset: Dataset) -> str:
    """The end of a sentence on classes that cannot be split."""
    if dataset.classes is None:
        return ""
    name, count = smallest_class(dataset.y, dataset.names)
    remedy = "; data.classes leaves classes out" if dataset.classes > 2 else ""
    return f" (the smallest class is {written(name)} with {count} row{'s' if count != 1 else ''} in all{remedy})"
