"""A folder of class folders of images, as most collections of images come."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from objectives.data.dataset import Dataset
from objectives.data.options import ReadOptions
from objectives.data.readers.grounds import choose_ground
from objectives.data.readers.memory import refuse_too_large
from objectives.data.readers.npz import refuse_gaps
from objectives.data.readers.pictures import SUFFIXES, Outline, outline, pixels, upright, without_warnings
from objectives.errors import DataError
from objectives.wording import written

if TYPE_CHECKING:
    import numpy as np


# What file managers leave behind; names that begin with a dot are passed over as well.
_NOT_OURS = {"thumbs.db", "desktop.ini"}

_BITS = {"uint8": "8 bits", "uint16": "16 bits", "int32": "32 bits", "float32": "32 bits with a fraction"}


def read_images(folder: Path, options: ReadOptions) -> Dataset:
    """Read `folder/CLASS/*.png` (or another of SUFFIXES), all of options.image_size, by default that of the first.

    uint8, with one channel where all images are grey, else three; images of more bits in one channel keep them, as
    uint16, int32 or float32. Transparent images lie on one ground, which shows their shapes. Classes and images come
    in the order of their names. Raises DataError.
    """
    import numpy as np

    files = _files(folder)
    names = tuple(files)
    y = np.repeat(np.arange(len(names), dtype=np.int64), [len(files[name]) for name in names])
    with without_warnings():
        x, notes = _read(folder, [outline(path) for name in names for path in files[name]], options)
    refuse_gaps(x, str(folder))
    return Dataset(x=x, y=y, classes=len(names), kind="image", source=str(folder), names=names, notes=notes)


def _read(folder: Path, images: Sequence[Outline], options: ReadOptions) -> tuple[np.ndarray, tuple[str, ...]]:
    """The pixels, and what the user is told."""
    import numpy as np

    dtype = _common_dtype(images)
    height, width = options.image_size or upright(images[0].path).size[::-1]
    shape = (len(images), height, width, 1 if all(image.is_grey for image in images) else 3)
    # As they are read, and four bytes each in the split that is trained on.
    needed = (np.dtype(dtype).itemsize + 4) * math.prod(shape)
    what = f"{shape[0]:,} images of {shape[1]} x {shape[2]}"
    refuse_too_large(folder, needed, what, "give a smaller image_size = [height, width]")
    mode = None if dtype != "uint8" else "L" if shape[-1] == 1 else "RGB"
    alpha = [image.path for image in images if image.has_alpha]
    ground = choose_ground(alpha, [image.path for image in images if not image.has_alpha]) if alpha else "white"
    x = np.empty(shape, dtype)
    transparent, plain, resized = [], [], []
    for place, image in enumerate(images):
        found = pixels(image.path, mode, (width, height), ground)
        x[place] = found.values.reshape(shape[1:])
        if found.is_transparent:
            transparent.append(image)
        if (x[place] == x[place, 0, 0]).all():
            plain.append(image)
        if found.is_resized and options.image_size is None:
            resized.append(image)
    several = [image for image in images if image.has_more]
    told = [
        (transparent, f"{{}} transparent and laid on {ground}"),
        (plain, "{} of one colour throughout"),
        (several, "{} the first of several frames or pages, which alone is read"),
        (resized, f"{{}} resized to {height} x {width}, the size of the first"),
    ]
    return x, tuple(_told(some, images, folder, sentence) for some, sentence in told if some)


def _told(some: Sequence[Outline], images: Sequence[Outline], folder: Path, sentence: str) -> str:
    verb = "is" if len(some) == 1 else "are"
    example = written(str(some[0].path.relative_to(folder)))
    return f"{sentence.format(f'{len(some):,} of {len(images):,} images {verb}')}, such as {example}"


def _common_dtype(images: Sequence[Outline]) -> str:
    """The dtype of all images.

    Raises:
        DataError: where they have several.
    """
    first = images[0]
    for image in images:
        if image.dtype != first.dtype:
            raise DataError(
                f"{first.path} has {_BITS[first.dtype]} a channel and {image.path} {_BITS[image.dtype]}, so that one "
                "number would mean two shades: convert all images to the same"
            )
    return first.dtype


def watched(folder: Path) -> Iterator[Path]:
    """Yield the files that `read_images` looks at, those that it refuses included; links are followed, as it does."""
    with suppress(DataError):  # which the reader raises as well
        for entry in _entries(folder):
            if entry.is_dir():
                yield from (path for path in _entries(entry) if path.is_file())
            elif entry.is_file():
                yield entry


def _files(folder: Path) -> dict[str, list[Path]]:
    """The images of each class.

    Raises:
        DataError: where the folder is laid out differently.
    """
    entries = _entries(folder)
    if loose := [entry.name for entry in entries if entry.suffix.lower() in SUFFIXES]:
        raise DataError(f"{folder}: {loose[0]} lies in no class folder", hint="allowed: a folder for each class")
    files = {entry.name: _entries(entry) for entry in entries if entry.is_dir()}
    if len(files) < 2:
        raise DataError(
            f"{folder} must hold at least two folders, one for each class, with images; it has {len(files)}"
        )
    for name, inside in files.items():
        strange = [path for path in inside if path.suffix.lower() not in SUFFIXES or not path.is_file()]
        if strange and strange[0].is_dir():
            advice = f'; if {name} is a part such as "train", name it: dataset = "{folder / name}"'
            raise DataError(f"{folder / name} holds the folder {strange[0].name} and no images{advice}")
        if strange:
            raise DataError(f"{strange[0]} is no image that is read ({', '.join(SUFFIXES)}): convert or remove it")
        if not inside:
            raise DataError(f"{folder / name} holds no images ({', '.join(SUFFIXES)})")
    return files


def _entries(folder: Path) -> list[Path]:
    try:
        found = sorted(folder.iterdir(), key=lambda path: path.name)
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror}") from None
    return [path for path in found if not path.name.startswith(".") and path.name.lower() not in _NOT_OURS]
