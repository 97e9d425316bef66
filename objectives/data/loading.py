"""From `[data]` to the splits of a study. The seed alone decides."""

from __future__ import annotations

from objectives.data.arrays import Splits
from objectives.data.classes import select_classes
from objectives.data.dataset import Dataset, smallest_class
from objectives.data.named import DATASETS, missing_from_folder
from objectives.data.paths import is_path, unset_variable
from objectives.data.readers.formats import read_file
from objectives.data.readers.memory import enough_memory
from objectives.data.remembered import take
from objectives.data.settings import DataSettings
from objectives.data.splits import SplitIndices, default_ratios, fold_rows, nested_rows, split_fault, split_rows
from objectives.errors import DataError
from objectives.wording import written


def load_search_data(settings: DataSettings, seed: int, *, fraction: float = 1.0) -> Splits:
    """Load the data of a study and split them; the seed alone decides the splits.

    Of each training split `fraction` is used (more than 0, at most 1): of every class in proportion, and what a smaller
    fraction uses, a larger one uses as well. Validation splits stay whole, and the scale is that of the rows used.

    Raises:
        DataError: when the data cannot be had, or are too few to be split so.
    """
    dataset = load_dataset(settings)
    if dataset.kind == "text" and settings.scaling not in ("auto", "none"):
        raise DataError(
            f"data.scaling = {written(settings.scaling)}: {dataset.source} holds texts, which have no scale"
        )
    stratified = dataset.classes is not None
    parts = [
        SplitIndices(
            train=nested_rows(part.train, dataset.y, fraction, seed, stratified=stratified),
            validation=part.validation,
            test=part.test,
        )
        for part in split_dataset(dataset, settings, seed)
    ]
    return Splits(dataset, parts, scaling=settings.scaling)


def absence(dataset: str) -> str | None:
    """Return a sentence where a data set, or a path, is to be found by a variable and is not. Reads nothing."""
    if (unset := unset_variable(dataset) if is_path(dataset) else None) is not None:
        return f"{dataset} is not found, for ${unset} is not set"
    return missing_from_folder(dataset)


def load_dataset(settings: DataSettings) -> Dataset:
    """Read all rows that a study may split, where `remembered` has not. Raises DataError."""
    if (dataset := take(settings)) is not None:
        return dataset
    named = DATASETS.get(settings.dataset)
    with enough_memory(settings.dataset):
        dataset = named.load() if named is not None else read_file(settings.dataset, settings.read_options)
        return select_classes(dataset, settings.classes)


def split_dataset(dataset: Dataset, settings: DataSettings, seed: int) -> list[SplitIndices]:
    """Return the row numbers of each split; their test splits are one and the same.

    Hold-out splits in train, validation and, without a predefined test split, test, by default 6:2:2 (8:2 with one).
    Folds split what is left when the test split is set aside: by default a fifth, or the second ratio of `split`, or
    with a predefined test split nothing.

    Raises:
        DataError: where there are too few rows.
    """
    predefined, stratified = dataset.predefined_test, dataset.classes is not None
    ratios = settings.split or default_ratios(settings.evaluation, predefined_test=predefined)
    if wrong := split_fault(settings.dataset, settings.evaluation, len(ratios), predefined_test=predefined):
        raise DataError(f"data.split = {list(ratios)}: {wrong}")
    if settings.folds is None:
        try:
            return [split_rows(dataset.y, ratios, seed, stratified=stratified)]
        except DataError as fault:
            raise DataError(
                f"data.split = {list(ratios)} of {settings.dataset}: {fault}{_smallest(dataset)}"
            ) from fault
    try:
        test_ratio = ratios[1] if ratios else 0.0
        return fold_rows(dataset.y, test_ratio, settings.folds, settings.repeats or 1, seed, stratified=stratified)
    except DataError as fault:
        raise DataError(f"data.folds = {settings.folds} of {settings.dataset}: {fault}{_smallest(dataset)}") from fault


def _smallest(dataset: Dataset) -> str:
    """The end of a sentence on classes that cannot be split."""
    if dataset.classes is None:
        return ""
    name, count = smallest_class(dataset.y, dataset.names)
    return (
        f" (the smallest class is {written(name)} with {count} row{'s' if count != 1 else ''} in all; "
        "data.classes leaves classes out)"
    )
