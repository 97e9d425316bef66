"""From `[data]` to the splits of a study. The seed alone decides."""

from __future__ import annotations

from objectives.data.arrays import Splits
from objectives.data.classes import select_classes
from objectives.data.dataset import Dataset, smallest_class
from objectives.data.named import DATASETS, missing_from_folder
from objectives.data.paths import is_path, unset_variable
from objectives.data.readers.formats import read_file
from objectives.data.settings import DataSettings
from objectives.data.splits import SplitIndices, default_shares, fold_rows, nested_share, split_fault, split_rows
from objectives.errors import DataError
from objectives.wording import written


def load_search_data(settings: DataSettings, seed: int, *, fraction: float = 1.0) -> Splits:
    """Load the data of a study and divide them; the seed alone decides the divisions.

    Of each training part `fraction` is used (more than 0, at most 1): of every class in proportion, and what a smaller
    fraction uses, a larger one uses as well. Validation parts stay whole, and the scale is that of the rows used.

    Raises DataError when the data cannot be had, or are too few to be divided so.
    """
    rows = load_rows(settings)
    if rows.kind == "text" and settings.scaling not in ("auto", "none"):
        raise DataError(f"data.scaling = {written(settings.scaling)}: {rows.origin} holds texts, which have no scale")
    stratified = rows.classes is not None
    parts = [
        SplitIndices(
            train=nested_share(part.train, rows.y, fraction, seed, stratified=stratified),
            validation=part.validation,
            test=part.test,
        )
        for part in divide(rows, settings, seed)
    ]
    return Splits(rows, parts, scaling=settings.scaling)


def absence(dataset: str) -> str | None:
    """Return a sentence where a data set, or a path, is to be found by a variable and is not. Reads nothing."""
    if (unset := unset_variable(dataset) if is_path(dataset) else None) is not None:
        return f"{dataset} is not found, for ${unset} is not set"
    return missing_from_folder(dataset)


def load_rows(settings: DataSettings) -> Dataset:
    """Read all rows that a study may divide. Raises DataError."""
    named = DATASETS.get(settings.dataset)
    rows = named.load() if named is not None else read_file(settings.dataset, settings.read_options)
    return select_classes(rows, settings.classes)


def divide(rows: Dataset, settings: DataSettings, seed: int) -> list[SplitIndices]:
    """Return the row numbers of each division; their test parts are one and the same.

    Hold-out divides in train, validation and, without an official test part, test, by default 6:2:2 (8:2 with one).
    Folds divide what is left when the test part is set aside: by default a fifth, or the second share of `split`, or
    with an official test part nothing. Raises DataError where there are too few rows.
    """
    official, stratified = rows.official_test, rows.classes is not None
    shares = settings.split or default_shares(settings.evaluation, official_test=official)
    if wrong := split_fault(settings.dataset, settings.evaluation, len(shares), official_test=official):
        raise DataError(f"data.split = {list(shares)}: {wrong}")
    if settings.folds is None:
        try:
            return [split_rows(rows.y, shares, seed, stratified=stratified)]
        except DataError as fault:
            raise DataError(f"data.split = {list(shares)} of {settings.dataset}: {fault}{_smallest(rows)}") from fault
    try:
        test_share = shares[1] if shares else 0.0
        return fold_rows(rows.y, test_share, settings.folds, settings.repeats or 1, seed, stratified=stratified)
    except DataError as fault:
        raise DataError(f"data.folds = {settings.folds} of {settings.dataset}: {fault}{_smallest(rows)}") from fault


def _smallest(rows: Dataset) -> str:
    """The end of a sentence on classes that cannot be divided."""
    if rows.classes is None:
        return ""
    name, count = smallest_class(rows.y, rows.names)
    return (
        f" (the smallest class is {written(name)} with {count} row{'s' if count != 1 else ''} in all; "
        "data.classes leaves classes out)"
    )
