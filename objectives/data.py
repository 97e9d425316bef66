"""What a search sees of a data set: training and validation parts, scaled. Never the test part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn, overload

from objectives.chosen_classes import only_classes
from objectives.datasets import DATASETS, missing_from_folder
from objectives.files import is_path, read_file, unset_variable
from objectives.rows import DataFault, Rows, smallest_class
from objectives.scaling import fitted
from objectives.settings import DataSettings
from objectives.splits import SplitRows, default_shares, fold_rows, nested_share, split_fault, split_rows
from objectives.wording import written

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

__all__ = ["DataFault", "Divisions", "SearchData", "absence", "divide", "load_rows", "load_search_data"]


@dataclass(frozen=True, kw_only=True)
class SearchData:
    """One division: a training part and a validation part, in memory of their own."""

    x_train: Array
    """Pictures: shape (rows, height, width, channels), float32. Tables: (rows, features), float32, both scaled by
    this part alone (see scaling.fitted). Texts: (rows,), dtype object, each a str."""
    y_train: Array
    """Shape (rows,). Classes: int64, from 0 to classes - 1. Regression: float32."""
    x_validation: Array
    """As x_train and in its scale, so that values may lie outside of x_train's."""
    y_validation: Array
    classes: int | None
    """None: regression."""
    kind: str
    """"picture", "table" or "text"."""
    origin: str
    names: tuple[str, ...] = ()
    """Of the classes, where the origin has them."""


class Divisions(Sequence[SearchData]):
    """The divisions of a study's data: one for hold-out, one a fold. Only the last one asked for is kept in memory."""

    def __init__(self, rows: Rows, parts: Sequence[SplitRows], *, scaling: str) -> None:
        """`parts` are row numbers of `rows`, whose test parts are alike; the rows of these are let go at once."""
        import numpy as np

        self.rows_read = len(rows.y)
        """Of which the test part and what `train.fraction` leaves out are in no division."""
        search = np.setdiff1d(np.arange(len(rows.y)), parts[0].test)
        # Indexing by row numbers copies, so that no array leads back to the rows of the test part.
        whole = len(search) == len(rows.y)
        self._rows = rows if whole else replace(rows, x=rows.x[search], y=rows.y[search])
        self._parts = [
            (np.searchsorted(search, part.train), np.searchsorted(search, part.validation)) for part in parts
        ]
        self._scaling = scaling
        self._kept: tuple[int, SearchData] | None = None

    def __len__(self) -> int:
        return len(self._parts)

    @overload
    def __getitem__(self, index: int) -> SearchData: ...

    @overload
    def __getitem__(self, index: slice) -> NoReturn: ...

    def __getitem__(self, index: int | slice) -> SearchData:
        if isinstance(index, slice):
            raise TypeError("one division at a time, since each is as large as the data set")
        number = range(len(self))[index]
        if self._kept is not None and self._kept[0] == number:
            return self._kept[1]
        # Before the next is made, so that there are never two of ours.
        self._kept = None
        made = self._made(number)
        self._kept = (number, made)
        if len(self) == 1:
            # Nothing else will be made of them.
            self._rows = replace(self._rows, x=self._rows.x[:0].copy())
        return made

    def _made(self, number: int) -> SearchData:
        (train, validation), rows = self._parts[number], self._rows
        x_train, x_validation = rows.x[train], rows.x[validation]
        if rows.kind != "text":
            scale = fitted(x_train, rows.kind, self._scaling)
            x_train, x_validation = scale(x_train), scale(x_validation)
        return SearchData(
            x_train=x_train,
            y_train=rows.y[train],
            x_validation=x_validation,
            y_validation=rows.y[validation],
            classes=rows.classes,
            kind=rows.kind,
            origin=rows.origin,
            names=rows.names,
        )


def load_search_data(settings: DataSettings, seed: int, *, fraction: float = 1.0) -> Divisions:
    """Load the data of a study and divide them; the seed alone decides the divisions.

    Of each training part `fraction` is used (more than 0, at most 1): of every class in proportion, and what a smaller
    fraction uses, a larger one uses as well. Validation parts stay whole, and the scale is that of the rows used.

    Raises DataFault when the data cannot be had, or are too few to be divided so.
    """
    rows = load_rows(settings)
    if rows.kind == "text" and settings.scaling not in ("auto", "none"):
        raise DataFault(f"data.scaling = {written(settings.scaling)}: {rows.origin} holds texts, which have no scale")
    stratified = rows.classes is not None
    parts = [
        SplitRows(
            train=nested_share(part.train, rows.y, fraction, seed, stratified=stratified),
            validation=part.validation,
            test=part.test,
        )
        for part in divide(rows, settings, seed)
    ]
    return Divisions(rows, parts, scaling=settings.scaling)


def absence(dataset: str) -> str | None:
    """Return a sentence where a data set, or a path, is to be found by a variable and is not. Reads nothing."""
    if (unset := unset_variable(dataset) if is_path(dataset) else None) is not None:
        return f"{dataset} is not found, for ${unset} is not set"
    return missing_from_folder(dataset)


def load_rows(settings: DataSettings) -> Rows:
    """Read all rows that a study may divide. Raises DataFault."""
    named = DATASETS.get(settings.dataset)
    return only_classes(named.load() if named is not None else read_file(settings), settings.only_classes)


def divide(rows: Rows, settings: DataSettings, seed: int) -> list[SplitRows]:
    """Return the row numbers of each division; their test parts are one and the same.

    Hold-out divides in train, validation and, without an official test part, test, by default 6:2:2 (8:2 with one).
    Folds divide what is left when the test part is set aside: by default a fifth, or the second share of `split`, or
    with an official test part nothing. Raises DataFault where there are too few rows.
    """
    official, stratified = rows.official_test, rows.classes is not None
    shares = settings.split or default_shares(settings.evaluation, official_test=official)
    if wrong := split_fault(settings.dataset, settings.evaluation, len(shares), official_test=official):
        raise DataFault(f"data.split = {list(shares)}: {wrong}")
    if settings.folds is None:
        try:
            return [split_rows(rows.y, shares, seed, stratified=stratified)]
        except DataFault as fault:
            raise DataFault(f"data.split = {list(shares)} of {settings.dataset}: {fault}{_smallest(rows)}") from fault
    try:
        test_share = shares[1] if shares else 0.0
        return fold_rows(rows.y, test_share, settings.folds, settings.iterations or 1, seed, stratified=stratified)
    except DataFault as fault:
        raise DataFault(f"data.folds = {settings.folds} of {settings.dataset}: {fault}{_smallest(rows)}") from fault


def _smallest(rows: Rows) -> str:
    """The end of a sentence on classes that cannot be divided."""
    if rows.classes is None:
        return ""
    name, count = smallest_class(rows.y, rows.names)
    return (
        f" (the smallest class is {written(name)} with {count} row{'s' if count != 1 else ''} in all; "
        "data.only_classes leaves classes out)"
    )
