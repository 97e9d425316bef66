"""One reader for NumPy's archives: the layout of Keras's mnist.npz, for named data sets and for a user's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from objectives.data.dataset import LARGEST_NUMBER, Dataset, Kind, Labels, make_labels
from objectives.data.options import ReadOptions
from objectives.data.readers.archives import Arrays, read_arrays
from objectives.errors import DataError

if TYPE_CHECKING:
    import numpy as np


# How many channels images have; other lengths of an axis are heights and widths.
_CHANNELS = (1, 3, 4)

_FILL = "fill or remove them"
_FILL_TABLE = f"{_FILL}, or save the table as .csv or .parquet, whose missing values data.missing fills"


def read_npz(path: Path, options: ReadOptions) -> Dataset:
    """Read a user's archive: x_train and y_train, x and y, or what `read_arrays` takes for them.

    Images are x of shape (rows, height, width), (rows, height, width, channels) or (rows, channels, height, width),
    tables (rows, features), texts (rows,). A test part is a predefined test split, and not read; a validation part is
    that of a hold-out.

    Raises:
        DataError: where the file cannot be read, or holds something else.
    """
    arrays = read_arrays(path)
    where = f"{arrays.y_name} of {path}"
    if arrays.is_one_hot and options.task == "regression":
        raise DataError(f'{where} is one-hot, so that task = "regression" has no numbers to learn')
    task = "classification" if arrays.is_one_hot else options.task
    found = make_labels(_target_values(path, arrays), task, where)
    dataset = dataset_of_arrays(
        arrays.x, found, str(path), predefined_test=arrays.predefined_test, notes=arrays.notes, name=arrays.x_name
    )
    return replace(dataset, validation=arrays.validation)


def dataset_of_arrays(
    x: np.ndarray,
    found: Labels,
    source: str,
    *,
    predefined_test: bool,
    notes: tuple[str, ...] = (),
    name: str = "x",
) -> Dataset:
    """Make a Dataset of arrays with one of the shapes that `read_npz` lists; `name` is that of `x` in sentences.

    Raises:
        DataError: for other shapes, and for numbers that cannot be learned from.
    """
    import numpy as np

    kinds: dict[int, Kind] = {1: "text", 2: "table", 3: "image", 4: "image"}
    if (kind := kinds.get(x.ndim)) is None or (kind == "text") != (x.dtype.kind == "U"):
        raise DataError(
            f"{source}: {name} has the shape {x.shape} and holds {x.dtype}",
            hint=(
                "allowed: images (rows, height, width) or (rows, height, width, channels), "
                "tables (rows, features), both of numbers, or texts (rows,)"
            ),
        )
    if kind == "text":
        x = x.astype(object)
    else:
        if x.dtype.kind not in "biuf" or 0 in x.shape:
            raise DataError(
                f"{source}: {name} has the shape {x.shape} and holds {x.dtype}", hint="allowed: numbers, at least one"
            )
        refuse_gaps(x, f"{name} of {source}", _FILL_TABLE if kind == "table" else _FILL)
        if kind == "table":
            x = x.astype(np.float64)
        elif x.ndim == 3:
            x = x[..., np.newaxis]
        elif _is_channels_first(x.shape):
            moved = np.ascontiguousarray(np.moveaxis(x, 1, -1))
            notes = (*notes, f"{name} has the shape {x.shape}, channels first: it is read as {moved.shape}")
            x = moved
    return Dataset(
        x=x,
        y=found.y,
        classes=found.classes,
        kind=kind,
        source=source,
        names=found.names,
        predefined_test=predefined_test,
        notes=notes,
    )


def _is_channels_first(shape: tuple[int, ...]) -> bool:
    _, first, middle, last = shape
    # (rows, 1, 1, 2048) and (rows, 3, 3, 512) are small images of many channels.
    return first in _CHANNELS and last not in _CHANNELS and middle > first


def refuse_gaps(numbers: np.ndarray, where: str, advice: str = _FILL) -> None:
    """Refuse numbers that cannot be learned from; `advice` says what to do about missing ones.

    Raises:
        DataError: where one is NaN, infinite or beyond float32.
    """
    import numpy as np

    if numbers.dtype.kind != "f":
        return
    if count := int((~np.isfinite(numbers)).sum()):
        raise DataError(f"{where} holds {count:,} values that are no finite numbers: {advice}")
    # A narrow dtype cannot hold the bound, nor anything beyond it.
    if float(np.finfo(numbers.dtype).max) > LARGEST_NUMBER and (count := int((np.abs(numbers) > LARGEST_NUMBER).sum())):
        raise DataError(f"{where} holds {count:,} numbers too large to learn from: fill or remove them")


def _target_values(path: Path, arrays: Arrays) -> np.ndarray | list[str]:
    y, name = arrays.y, arrays.y_name
    if y.dtype.kind == "U":
        return [str(value) for value in y]
    if y.dtype.kind not in "biuf":
        raise DataError(f"{path}: {name} holds {y.dtype}", hint="allowed: numbers or texts")
    refuse_gaps(y, f"{name} of {path}")
    return y.astype(float)
