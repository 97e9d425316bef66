"""What a search sees of a data set: training and validation parts, scaled. Never the test part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NoReturn, overload

from objectives.data.dataset import Dataset
from objectives.data.splits import SplitIndices
from objectives.preprocessing.pipeline import Preprocessing, Step
from objectives.preprocessing.scaling import Scaler

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, kw_only=True)
class SearchData:
    """One division: a training part and a validation part, in memory of their own."""

    x_train: np.ndarray
    """Pictures: shape (rows, height, width, channels), float32. Tables: (rows, features), float32, both scaled by
    this part alone (see Scaler.fit). Texts: (rows,), dtype object, each a str."""
    y_train: np.ndarray
    """Shape (rows,). Classes: int64, from 0 to classes - 1. Regression: float32."""
    x_validation: np.ndarray
    """As x_train and in its scale, so that values may lie outside of x_train's."""
    y_validation: np.ndarray
    classes: int | None
    """None: regression."""
    kind: str
    """"picture", "table" or "text"."""
    origin: str
    names: tuple[str, ...] = ()
    """Of the classes, where the origin has them."""
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    """What made `x_validation` of raw rows, and makes model input of any that come later."""

    def then(self, step: Step) -> SearchData:
        """Return the data after one more step of preprocessing, which is fitted already."""
        return replace(
            self,
            x_train=step.transform(self.x_train),
            x_validation=step.transform(self.x_validation),
            preprocessing=self.preprocessing.then(step),
        )


class Splits(Sequence[SearchData]):
    """The divisions of a study's data: one for hold-out, one a fold. Only the last one asked for is kept in memory."""

    def __init__(self, rows: Dataset, parts: Sequence[SplitIndices], *, scaling: str) -> None:
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
        data = SearchData(
            x_train=rows.x[train],
            y_train=rows.y[train],
            x_validation=rows.x[validation],
            y_validation=rows.y[validation],
            classes=rows.classes,
            kind=rows.kind,
            origin=rows.origin,
            names=rows.names,
            preprocessing=rows.preprocessing,
        )
        if rows.kind == "text":
            return data
        return data.then(Scaler.fit(data.x_train, kind=rows.kind, scaling=self._scaling))
