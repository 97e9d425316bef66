"""One reader for NumPy's archives: the layout of Keras's mnist.npz, for named data sets and for a user's own."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from objectives.data.dataset import LARGEST_NUMBER, Dataset, Kind, Labels, make_labels
from objectives.data.readers.memory import refuse_too_large
from objectives.data.readers.options import ReadOptions
from objectives.errors import DataError

if TYPE_CHECKING:
    import numpy as np


LAYOUT = "the arrays x_train and y_train (or x and y)"


def read_npz(path: Path, options: ReadOptions) -> Dataset:
    """Read a user's archive: x_train and y_train, or x and y.

    Images are x of shape (rows, height, width) or (rows, height, width, channels), tables (rows, features), texts
    (rows,). Arrays called x_test and y_test are a predefined test split, and not read. Raises DataError.
    """
    x, y, names = read_arrays(path)
    found = make_labels(_target_values(path, y), options.task, f"y of {path}")
    return dataset_of_arrays(x, found, str(path), predefined_test={"x_test", "y_test"} <= names)


def read_arrays(path: Path) -> tuple[np.ndarray, np.ndarray, set[str]]:
    """Return x, y and the names of all arrays. No code in the file is run.

    Raises:
        DataError: where the file cannot be read, or holds something else.
    """
    if not path.is_file():
        raise DataError(f"no file {path}")
    if not zipfile.is_zipfile(path):
        raise DataError(f"{path} is no .npz archive, or was cut short; it must hold {LAYOUT}, as numpy.savez writes")
    try:
        x, y, prefix, names = _read(path)
    except (DataError, MemoryError):
        raise
    # A damaged archive makes zipfile, zlib and NumPy raise errors of many kinds.
    except Exception as error:
        raise DataError(f"{path} is damaged or cannot be read: {error}") from error
    if y.ndim == 2 and y.shape[1] == 1:  # as Keras stores CIFAR's
        y = y[:, 0]
    if x.ndim == 0 or y.ndim != 1 or len(x) != len(y):
        raise DataError(
            f"{path}: x{prefix} has the shape {x.shape} and y{prefix} {y.shape}", hint="y must have one value a row"
        )
    return x, y, names


def _read(path: Path) -> tuple[np.ndarray, np.ndarray, str, set[str]]:
    import numpy as np

    # allow_pickle stays False: unpickling runs whatever code the file holds.
    with np.load(path) as archive:
        names = set(archive.files)
        prefix = "_train" if {"x_train", "y_train"} <= names else ""
        if not {f"x{prefix}", f"y{prefix}"} <= names:
            held = ", ".join(sorted(names)) or "nothing"
            raise DataError(f"{path} must hold {LAYOUT}; it holds {held}")
        for name in ("x", "y"):
            _check_header(path, archive.zip, name + prefix)
        x, y = (_array(path, archive, name + prefix) for name in ("x", "y"))
    return x, y, prefix, names


def _array(path: Path, archive: Any, name: str) -> np.ndarray:
    try:
        array: np.ndarray = archive[f"{name}.npy"]
    except ValueError as error:
        # NumPy's own message advises to allow pickles, which is how such a file would run its code.
        raise _no_plain_array(path, name) from error
    return array


def _check_header(path: Path, archive: zipfile.ZipFile, name: str) -> None:
    """Look at what an array claims to be, before memory is taken for it.

    Raises:
        DataError: it claims more than the file holds, or more than this machine can.
    """  # noqa: DOC501  `_no_plain_array` makes a DataError
    from numpy.lib import format as npy

    if f"{name}.npy" not in archive.namelist():
        raise DataError(f"{path}: {name} is no array as numpy.savez writes")
    member = archive.getinfo(f"{name}.npy")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{path}: {name} is compressed in a way that NumPy does not write")
    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    with archive.open(member) as file:
        try:
            shape, _, dtype = readers[npy.read_magic(file)](file)
        except (KeyError, ValueError) as error:  # a third way of writing is for names of fields
            raise _no_plain_array(path, name) from error
    count = math.prod(shape)
    if dtype.hasobject:
        raise _no_plain_array(path, name)
    if count * dtype.itemsize > member.file_size or (count and not dtype.itemsize):
        raise DataError(
            f"{path}: {name} claims {count:,} values of {dtype} and holds {member.file_size:,} bytes: it is damaged"
        )
    # As numbers of 8 bytes beside what is read.
    refuse_too_large(path, member.file_size + 8 * count, f"{count:,} values of {name}", "give a smaller file")


def _no_plain_array(path: Path, name: str) -> DataError:
    return DataError(f"{path}: {name} holds Python objects or is damaged, and is not read", hint="save plain arrays")


def dataset_of_arrays(x: np.ndarray, found: Labels, source: str, *, predefined_test: bool) -> Dataset:
    """Make a Dataset of arrays with one of the shapes that `read_npz` lists.

    Raises:
        DataError: for other shapes, and for numbers that cannot be learned from.
    """
    import numpy as np

    kinds: dict[int, Kind] = {1: "text", 2: "table", 3: "image", 4: "image"}
    if (kind := kinds.get(x.ndim)) is None or (kind == "text") != (x.dtype.kind == "U"):
        raise DataError(
            f"{source}: x has the shape {x.shape} and holds {x.dtype}",
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
                f"{source}: x has the shape {x.shape} and holds {x.dtype}", hint="allowed: numbers, at least one"
            )
        refuse_gaps(x, f"x of {source}")
        if kind == "table":
            x = x.astype(np.float64)
        elif x.ndim == 3:
            x = x[..., np.newaxis]
    return Dataset(
        x=x,
        y=found.y,
        classes=found.classes,
        kind=kind,
        source=source,
        names=found.names,
        predefined_test=predefined_test,
    )


def refuse_gaps(numbers: np.ndarray, where: str) -> None:
    """Refuse numbers that cannot be learned from.

    Raises:
        DataError: where one is NaN, infinite or beyond float32.
    """
    import numpy as np

    if numbers.dtype.kind != "f":
        return
    if count := int((~np.isfinite(numbers)).sum()):
        raise DataError(f"{where} holds {count:,} values that are no finite numbers: fill or remove them")
    # A narrow dtype cannot hold the bound, nor anything beyond it.
    if float(np.finfo(numbers.dtype).max) > LARGEST_NUMBER and (count := int((np.abs(numbers) > LARGEST_NUMBER).sum())):
        raise DataError(f"{where} holds {count:,} numbers too large to learn from: fill or remove them")


def _target_values(path: Path, y: np.ndarray) -> np.ndarray | list[str]:
    if y.dtype.kind == "U":
        return [str(value) for value in y]
    if y.dtype.kind not in "biuf":
        raise DataError(f"{path}: y holds {y.dtype}", hint="allowed: numbers or texts")
    refuse_gaps(y, f"y of {path}")
    return y.astype(float)
