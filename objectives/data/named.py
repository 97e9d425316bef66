"""The data sets a study file can name: where their rows come from, and whether they have a test split of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from objectives.data.dataset import Dataset, Labels
from objectives.data.readers.archives import read_arrays
from objectives.data.readers.npz import dataset_of_arrays
from objectives.errors import DataError

if TYPE_CHECKING:
    import numpy as np


DATA_FOLDER_VARIABLE = "STUDYHALL_DATA"


@dataclass(frozen=True, kw_only=True)
class NamedDataset:
    """One data set: `load` reads it, raising DataError."""

    predefined_test: bool
    """Whether its makers set a test split aside; then a study splits the rest in two, else all in three."""
    kind: Literal["image", "table", "text"]
    classes: int | None
    """None: regression."""
    load: Callable[[], Dataset]


def _digits() -> Dataset:
    import numpy as np
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return Dataset(
        x=x.reshape(-1, 8, 8, 1),
        y=y.astype(np.int64),
        classes=10,
        kind="image",
        source="sklearn.datasets.load_digits",
    )


def _from_sklearn(function: str) -> Dataset:
    """One of the tables that come with scikit-learn."""
    import numpy as np
    import sklearn.datasets

    table = getattr(sklearn.datasets, function)()
    names = tuple(str(name) for name in getattr(table, "target_names", ()))
    return Dataset(
        x=table.data,
        y=table.target.astype(np.int64 if names else np.float32),
        classes=len(names) or None,
        kind="table",
        source=f"sklearn.datasets.{function}",
        names=names,
    )


def _from_keras(name: str, classes: int, names: tuple[str, ...]) -> Dataset:
    """Images that Keras knows, from `$STUDYHALL_DATA/NAME.npz` where that is set; the test split is never read.

    Raises:
        DataError: where they cannot be had, or are not as Keras stores them.
    """
    import numpy as np

    if (sentence := missing_from_folder(name)) is not None:
        raise DataError(sentence)
    if (path := _in_data_folder(name)) is not None:
        source = str(path)
        arrays = read_arrays(path)
        x, y = arrays.x, arrays.y
    else:
        source = f"keras.datasets.{name}"
        x, y = _downloaded(name)
    if x.ndim not in (3, 4) or y.dtype.kind not in "iu" or not set(np.unique(y)) <= set(range(classes)):
        raise DataError(
            f"{source} is not {name} as Keras stores it: x_train has the shape {x.shape}, and y_train must be "
            f"integers from 0 to {classes - 1}"
        )
    found = Labels(y=y.astype(np.int64), classes=classes, names=names)
    return dataset_of_arrays(x, found, source, predefined_test=True)


def _downloaded(name: str) -> tuple[np.ndarray, np.ndarray]:
    import keras

    try:
        (x, y), _ = getattr(keras.datasets, name).load_data()
    except Exception as error:
        raise DataError(
            f"{name} could not be downloaded ({error}): put {name}.npz into a folder and name it in "
            f"${DATA_FOLDER_VARIABLE}"
        ) from error
    return x, y.reshape(-1)


def _in_data_folder(name: str) -> Path | None:
    folder = os.environ.get(DATA_FOLDER_VARIABLE)
    return Path(folder) / f"{name}.npz" if folder else None


def missing_from_folder(name: str) -> str | None:
    """A sentence where `$STUDYHALL_DATA` names a folder that lacks the data set."""
    path = _in_data_folder(name) if name in IN_DATA_FOLDER else None
    if path is None or path.is_file():
        return None
    return (
        f"no file {path}: ${DATA_FOLDER_VARIABLE} must name a folder that holds {name}.npz "
        f"(unset it to download {name} through Keras)"
    )


def is_downloaded(dataset: str) -> bool:
    """Whether Keras is asked for the data set, which may have to fetch it."""
    return dataset in IN_DATA_FOLDER and _in_data_folder(dataset) is None


# In the order of their numbers.
_CLOTHES = ("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
_CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

_FROM_KERAS: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "mnist": (10, ()),
    "fashion_mnist": (10, _CLOTHES),
    "cifar10": (10, _CIFAR10),
}

IN_DATA_FOLDER = tuple(_FROM_KERAS)
"""The names that are looked for as `$STUDYHALL_DATA/NAME.npz`."""


DATASETS: Mapping[str, NamedDataset] = {
    "digits": NamedDataset(predefined_test=False, kind="image", classes=10, load=_digits),
    **{
        name: NamedDataset(
            predefined_test=True, kind="image", classes=classes, load=partial(_from_keras, name, classes, names)
        )
        for name, (classes, names) in _FROM_KERAS.items()
    },
    **{
        name: NamedDataset(
            predefined_test=False, kind="table", classes=classes, load=partial(_from_sklearn, f"load_{name}")
        )
        for name, classes in (("breast_cancer", 2), ("wine", 3), ("diabetes", None))
    },
}
