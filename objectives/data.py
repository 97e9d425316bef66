"""What a search sees of a data set: a training part and a validation part, scaled. Never the test part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from objectives.chosen_classes import only_classes
from objectives.datasets import DATASETS, DataFault
from objectives.seeds import derive_seed
from objectives.settings import DataSettings

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

__all__ = ["DataFault", "SearchData", "SplitRows", "load_search_data", "scale", "split_rows"]


@dataclass(frozen=True, kw_only=True)
class SearchData:
    """Two parts of a data set, in memory of their own."""

    x_train: Array
    """Shape (rows, features), float32, the lowest value 0 and the highest 1."""
    y_train: Array
    """Shape (rows,), int64, from 0 to classes - 1."""
    x_validation: Array
    """As x_train and in its scale, so that values may lie outside 0..1."""
    y_validation: Array
    classes: int | None
    """None: regression."""
    origin: str
    kind: str = "picture"
    """"picture", "table" or "text"; texts have the shape (rows,), dtype object."""
    names: tuple[str, ...] = ()
    """Of the classes, where the origin has them."""


@dataclass(frozen=True, kw_only=True)
class SplitRows:
    """The row numbers of each part, int64; together every row once."""

    train: Array
    validation: Array
    test: Array
    """Empty where the data set has an official test part, which lies elsewhere."""


def load_search_data(settings: DataSettings, seed: int) -> SearchData:
    """Load, divide and scale the data of a study; the seed alone decides the division.

    Raises DataFault when the data cannot be had or are too few to be divided so.
    """
    rows = only_classes(DATASETS[settings.dataset].load(), settings.only_classes)
    try:
        parts = split_rows(rows.y, settings.shares, seed)
    except DataFault as fault:
        raise DataFault(f"data.split = {list(settings.shares)} of {settings.dataset}: {fault}") from fault
    # Indexing by row numbers copies, so that no array leads back to the rows of the test part.
    x_train, x_validation = scale(rows.x[parts.train], rows.x[parts.validation])
    return SearchData(
        x_train=x_train,
        y_train=rows.y[parts.train],
        x_validation=x_validation,
        y_validation=rows.y[parts.validation],
        classes=rows.classes,
        origin=rows.origin,
    )


def split_rows(labels: Array, shares: Sequence[float], seed: int) -> SplitRows:
    """Divide the rows at random, every class in proportion, in two or three parts.

    `labels` has the shape (rows,); `shares` are those of train, validation and perhaps test. The
    same arguments give the same rows, so what finalises a study finds the test part that its
    search left alone. Raises DataFault where a part would lack some class.
    """
    import numpy as np
    from sklearn.model_selection import train_test_split

    def part(rows: Array, size: int, use: str) -> tuple[Array, Array]:
        try:
            rest, taken = train_test_split(
                rows, test_size=size, stratify=labels[rows], random_state=derive_seed(seed, "split", use)
            )
        except ValueError as error:
            raise DataFault(f"the {use} part would have {size} of {len(labels)} rows ({error})") from error
        return rest, taken

    everything = np.arange(len(labels))
    test = everything[:0]
    if len(shares) == 3:
        everything, test = part(everything, round(shares[2] * len(labels)), "test")
    train, validation = part(everything, round(shares[1] * len(labels)), "validation")
    return SplitRows(train=train, validation=validation, test=test)


def scale(train: Array, validation: Array) -> tuple[Array, Array]:
    """Return both as float32, shifted and stretched so that `train` runs from 0 to 1.

    One scale for all features: those of a picture share a unit, and a scale for each would turn a
    pixel that is nearly always dark into noise.
    """
    import numpy as np

    low = np.float32(train.min())
    span = np.float32(train.max()) - low or np.float32(1.0)
    scaled = [(part.astype(np.float32) - low) / span for part in (train, validation)]
    return scaled[0], scaled[1]
