"""NumPy's archives: which of their arrays are the inputs and the labels, read without running code."""

from __future__ import annotations

import math
import re
import warnings
import zipfile
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from objectives.data.readers.memory import refuse_too_large
from objectives.errors import DataError
from objectives.wording import listing, written

if TYPE_CHECKING:
    import numpy as np


LAYOUT = "the arrays x_train and y_train, or x and y (or images and labels, data and target)"

# A name in its usual spellings: x, X_train, train_images, xtest, val_labels.
_PARTS = {
    "": "",
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
}
_PART = "|".join(filter(None, _PARTS))
_NAME = re.compile(
    rf"(?:(?P<before>{_PART})[_-]?)?"
    r"(?:(?P<x>x|images?|data|features|inputs|texts)|(?P<y>y|labels?|targets?))"
    rf"(?:[_-]?(?P<after>{_PART}))?",
    re.IGNORECASE,
)
_PLAIN = {"x", "y", "x_train", "y_train"}
# What numpy.savez calls arrays that are given no name.
_UNNAMED = {"arr_0", "arr_1"}
_MOST_NAMES = 12


@dataclass(frozen=True, kw_only=True)
class Arrays:
    """What is learned from, of an archive."""

    x: np.ndarray
    """Any shape whose first axis is the rows, any dtype but objects."""
    y: np.ndarray
    """Shape (rows,)."""
    x_name: str
    y_name: str
    is_one_hot: bool
    """Whether `y` was one-hot, shape (rows, classes), and holds the places of the ones."""
    predefined_test: bool
    """Whether the archive has a test part, which is not read."""
    validation: np.ndarray | None
    """Shape (rows,), bool: the rows of a validation part of the archive, which follow those to train on."""
    notes: tuple[str, ...]
    """Sentences for the user on what was taken for what."""


@dataclass(frozen=True, kw_only=True)
class _Names:
    x: str
    y: str
    validation: tuple[str, str] | None = None
    predefined_test: bool
    notes: tuple[str, ...]


def read_arrays(path: Path) -> Arrays:
    """Return the inputs and the labels of an archive. No code in the file is run.

    Raises:
        DataError: where the file cannot be read, or holds something else.
    """  # noqa: DOC501  `_wrong_shapes` makes a DataError
    if not path.is_file():
        raise DataError(f"no file {path}")
    if not zipfile.is_zipfile(path):
        raise DataError(f"{path} is no .npz archive, or was cut short; it must hold {LAYOUT}, as numpy.savez writes")
    try:
        with warnings.catch_warnings():
            # Of headers that Python 2 wrote, which are read all the same.
            warnings.simplefilter("ignore")
            names, x, y, validation = _read(path)
    except (DataError, MemoryError):
        raise
    # A damaged archive makes zipfile, zlib and NumPy raise errors of many kinds.
    except Exception as error:
        raise DataError(f"{path} is damaged or cannot be read: {error or type(error).__name__}") from error
    notes = list(names.notes)
    if is_one_hot := _is_one_hot(y):
        notes.append(f"{written(names.y)} has the shape {y.shape} with one 1 a row, whose place is the class")
        y = y.argmax(axis=1)
    elif y.ndim == 2 and y.shape[1] == 1:  # as Keras stores CIFAR's
        y = y[:, 0]
    if x.ndim == 0 or y.ndim != 1 or len(x) != len(y):
        raise _wrong_shapes(path, names, x, y)
    return Arrays(
        x=x,
        y=y,
        x_name=names.x,
        y_name=names.y,
        is_one_hot=is_one_hot,
        predefined_test=names.predefined_test,
        validation=validation,
        notes=tuple(notes),
    )


def _wrong_shapes(path: Path, names: _Names, x: np.ndarray, y: np.ndarray) -> DataError:
    hint = "y must have one value a row, or be one-hot: as many columns as classes, one 1 a row, else 0"
    if y.ndim == 1 and x.ndim > 1 and x.shape[-1] == len(y):
        hint = "the rows must come first: numpy.moveaxis(x, -1, 0)"
    elif y.ndim == 1:
        hint = "both must have as many rows"
    return DataError(f"{path}: {names.x} has the shape {x.shape} and {names.y} {y.shape}", hint=hint)


def _is_one_hot(y: np.ndarray) -> bool:
    if y.ndim != 2 or y.shape[1] < 2 or y.dtype.kind not in "biuf":
        return False
    return bool(((y == 0) | (y == 1)).all() and ((y != 0).sum(axis=1) == 1).all())


def _chosen(path: Path, held: Collection[str]) -> _Names:
    """Which arrays are learned from.

    Raises:
        DataError: where none is, or several may be.
    """
    found: Mapping[tuple[str, str], list[str]] = defaultdict(list)
    for name in sorted(held):
        match = _NAME.fullmatch(name)
        if match is not None and not (match["before"] and match["after"]):
            part = _PARTS[(match["before"] or match["after"] or "").lower()]
            found[part, "x" if match["x"] else "y"].append(name)
    if set(held) == _UNNAMED:
        return _Names(x="arr_0", y="arr_1", predefined_test=False, notes=('"arr_0" is taken for x, "arr_1" for y',))
    whole = [part for part in ("train", "") if found[part, "x"] and found[part, "y"]]
    if not whole:
        raise DataError(f"{path} must hold {LAYOUT}; it holds {_some(held)}")
    for what, meaning in (("x", "inputs"), ("y", "labels")):
        if len(several := found[whole[0], what]) > 1:
            raise DataError(f"{path}: {listing(several)} may each be the {meaning}", hint=f"call one of them {what}")
    [x], [y] = found[whole[0], "x"], found[whole[0], "y"]
    notes = [] if {x.lower(), y.lower()} <= _PLAIN else [f"{written(x)} is taken for x, {written(y)} for y"]
    test = found["test", "x"] + found["test", "y"] if found["test", "x"] and found["test", "y"] else []
    own = (found["validation", "x"], found["validation", "y"])
    validation = (own[0][0], own[1][0]) if whole[0] == "train" and [len(names) for names in own] == [1, 1] else None
    if unused := set(held) - {x, y, *test, *(validation or ())}:
        notes.append(f"not used: {_some(unused)}")
    return _Names(x=x, y=y, validation=validation, predefined_test=bool(test), notes=tuple(notes))


def _some(names: Collection[str]) -> str:
    shown = sorted(names)[:_MOST_NAMES]
    return (listing(shown) or "nothing") + (f" and {len(names) - len(shown):,} more" if len(names) > len(shown) else "")


def _read(path: Path) -> tuple[_Names, np.ndarray, np.ndarray, np.ndarray | None]:
    """The arrays, those of a validation part behind the others, and which rows these are.

    Raises:
        DataError: where a validation part has another shape, and where an array is not what it claims to be.
    """
    import numpy as np

    # allow_pickle stays False: unpickling runs whatever code the file holds.
    with np.load(path) as archive:
        names = _chosen(path, archive.files)
        every = (names.x, names.y, *(names.validation or ()))
        for name in every:
            _check_header(path, archive.zip, name)
        x, y, *own = (_array(path, archive, name) for name in every)
    if not own:
        return names, x, y, None
    for one, other, name in zip((x, y), own, every[2:], strict=True):
        if one.ndim == 0 or one.shape[1:] != other.shape[1:] or one.dtype.kind != other.dtype.kind:
            raise DataError(
                f"{path}: {name} has the shape {other.shape} and holds {other.dtype}, and the part to train on "
                f"{one.shape} and {one.dtype}"
            )
    validation = np.arange(len(y) + len(own[1])) >= len(y)
    return names, np.concatenate([x, own[0]]), np.concatenate([y, own[1]]), validation


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
