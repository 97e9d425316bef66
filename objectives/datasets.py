"""The data sets a study file can name: where their rows come from, and how they are divided by default."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

DATA_FOLDER_VARIABLE = "STUDYHALL_DATA"


class DataFault(Exception):
    """The data a study needs cannot be had, or cannot be divided as it asks."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The rows a study may divide, before scaling: never those of an official test part."""

    x: np.ndarray[Any, Any]
    """Shape (rows, features), the dtype of the origin."""
    y: np.ndarray[Any, Any]
    """Shape (rows,), int64, from 0 to classes - 1."""
    classes: int | None
    origin: str
    names: tuple[str, ...] = ()
    """Of the classes, where the origin has them."""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """One data set: `load` reads it, raising DataFault."""

    official_test: bool
    """Whether its makers set a test part aside; then a study divides the rest in two, else all in three."""
    default_split: tuple[float, ...]
    load: Callable[[], Rows]


def _digits() -> Rows:
    import numpy as np
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return Rows(x=x, y=y.astype(np.int64), classes=10, origin="sklearn.datasets.load_digits")


def _mnist() -> Rows:
    import numpy as np

    folder = os.environ.get(DATA_FOLDER_VARIABLE)
    if folder:
        origin = str(Path(folder) / "mnist.npz")
        x, y = _mnist_from_file(Path(origin))
    else:
        origin = "keras.datasets.mnist"
        x, y = _mnist_from_keras()
    return Rows(x=x.reshape(len(x), -1), y=y.astype(np.int64), classes=10, origin=origin)


def _mnist_from_file(path: Path) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    import zipfile

    import numpy as np

    if not path.is_file():
        raise DataFault(
            f"no file {path}: ${DATA_FOLDER_VARIABLE} must name a folder that holds mnist.npz "
            "(unset it to download MNIST through Keras)"
        )
    try:
        with np.load(path) as archive:
            x, y = archive["x_train"], archive["y_train"]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DataFault(f"{path} is not MNIST as Keras stores it (x_train, y_train): {error}") from error
    if x.ndim != 3 or y.shape != x.shape[:1]:
        raise DataFault(f"{path} is not MNIST as Keras stores it: x_train has the shape {x.shape}, y_train {y.shape}")
    return x, y


def _mnist_from_keras() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    import keras

    try:
        (x, y), _ = keras.datasets.mnist.load_data()
    except Exception as error:
        raise DataFault(
            f"MNIST could not be downloaded ({error}): put mnist.npz into a folder and name it in "
            f"${DATA_FOLDER_VARIABLE}"
        ) from error
    return x, y


DATASETS: Mapping[str, Dataset] = {
    "digits": Dataset(official_test=False, default_split=(0.6, 0.2, 0.2), load=_digits),
    "mnist": Dataset(official_test=True, default_split=(0.8, 0.2), load=_mnist),
}
