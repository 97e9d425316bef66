"""What a search sees of a dataset: training and validation splits, scaled. Never the test split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NoReturn, overload

from objectives.data.dataset import Dataset
from objectives.data.splitting.indices import SplitIndices
from objectives.preprocessing.categories import OneHotEncoder
from objectives.preprocessing.missing import Imputer
from objectives.preprocessing.pipeline import Preprocessing, Step
from objectives.preprocessing.scaling import Scaler
from objectives.preprocessing.target import TargetScaler

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, kw_only=True)
class SearchData:
    """One fold, or the hold-out: a training split and a validation split, in memory of their own."""

    x_train: np.ndarray
    """Images: shape (rows, height, width, channels), float32. Tables: (rows, features), float32, both scaled by
    this split alone (see Scaler.fit). Texts: (rows,), dtype object, each a str."""
    y_train: np.ndarray
    """Shape (rows,). Classes: int64, from 0 to classes - 1. Regression: float32, in the unit that `target` says."""
    x_validation: np.ndarray
    """As x_train and in its scale, so that values may lie outside of x_train's."""
    y_validation: np.ndarray
    classes: int | None
    """None: regression."""
    kind: str
    """"image", "table" or "text"."""
    source: str
    """Where the rows come from: a path, or the name of a function."""
    names: tuple[str, ...] = ()
    """Of the classes, where the source has them."""
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    """What made `x_validation` of raw rows, and makes model input of any that come later."""

    target: TargetScaler | None = None
    """What made the labels of numbers. None: they are as the source has them."""

    def with_standard_target(self) -> SearchData:
        """Return the data with a regression target in standard deviations of the training split; classes stay."""
        if self.classes is not None or self.target is not None:
            return self
        target = TargetScaler.fit(self.y_train)
        return replace(
            self,
            y_train=target.transform(self.y_train),
            y_validation=target.transform(self.y_validation),
            target=target,
        )

    def then(self, step: Step) -> SearchData:
        """Return the data after one more step of preprocessing, which is fitted already."""
        return replace(
            self,
            x_train=step.transform(self.x_train),
            x_validation=step.transform(self.x_validation),
            preprocessing=self.preprocessing.then(step),
        )


class Splits(Sequence[SearchData]):
    """The splits of a study's data: one for hold-out, one a fold. Only the last one asked for is kept in memory."""

    def __init__(self, dataset: Dataset, parts: Sequence[SplitIndices], *, scaling: str, missing: str = "mean") -> None:
        """`parts` are row numbers of `dataset`, whose test splits are alike; the rows of these are let go at once."""
        import numpy as np

        self.rows_read = len(dataset.y)
        """Of which the test split and what `train.fraction` leaves out are in no split."""
        search = np.setdiff1d(np.arange(len(dataset.y)), parts[0].test)
        # Indexing by row numbers copies, so that no array leads back to the rows of the test split.
        whole = len(search) == len(dataset.y)
        self._dataset = dataset if whole else dataset.taken(search)
        self._parts = [
            (np.searchsorted(search, part.train), np.searchsorted(search, part.validation)) for part in parts
        ]
        self._scaling = scaling
        self._missing = missing
        self._kept: tuple[int, SearchData] | None = None

    @property
    def dataset(self) -> Dataset:
        """What is split, without the test rows; its rows are gone once the only split is made."""
        return self._dataset

    def __len__(self) -> int:
        return len(self._parts)

    @overload
    def __getitem__(self, index: int) -> SearchData: ...

    @overload
    def __getitem__(self, index: slice) -> NoReturn: ...

    def __getitem__(self, index: int | slice) -> SearchData:
        if isinstance(index, slice):
            raise TypeError("one split at a time, since each is as large as the dataset")
        number = range(len(self))[index]
        if self._kept is not None and self._kept[0] == number:
            return self._kept[1]
        # Before the next is made, so that there are never two of ours.
        self._kept = None
        made = self._made(number)
        self._kept = (number, made)
        if len(self) == 1:
            # Nothing else will be made of them.
            self._dataset = replace(self._dataset, x=self._dataset.x[:0].copy())
        return made

    def _made(self, number: int) -> SearchData:
        (train, validation), dataset = self._parts[number], self._dataset
        data = SearchData(
            x_train=dataset.x[train],
            y_train=dataset.y[train],
            x_validation=dataset.x[validation],
            y_validation=dataset.y[validation],
            classes=dataset.classes,
            kind=dataset.kind,
            source=dataset.source,
            names=dataset.names,
            preprocessing=dataset.preprocessing,
        )
        if dataset.kind == "text":
            return data
        if not dataset.features:
            return data.then(Scaler.fit(data.x_train, kind=dataset.kind, scaling=self._scaling))
        return self._encoded(data)

    def _encoded(self, data: SearchData) -> SearchData:
        """Columns of a file as features: gaps filled, numbers scaled, categories told apart by 0 and 1."""
        import numpy as np

        imputer = Imputer.fit(data.x_train, self._dataset.features, strategy=self._missing)
        features = imputer.features(self._dataset.features)
        data = data.then(imputer)
        numbers = np.array([feature.categories is None for feature in features])
        data = data.then(Scaler.fit(data.x_train, kind="table", scaling=self._scaling, numbers=numbers))
        return data if numbers.all() else data.then(OneHotEncoder.fit(data.x_train, features))
