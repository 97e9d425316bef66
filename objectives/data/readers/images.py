"""A folder of class folders of images, as most collections of images come."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from objectives.data.dataset import Dataset
from objectives.data.readers.memory import refuse_too_large
from objectives.data.readers.options import ReadOptions
from objectives.errors import DataError

if TYPE_CHECKING:
    import numpy as np


SUFFIXES = (".png", ".jpg", ".jpeg")

# What file managers leave behind; names that begin with a dot are passed over as well.
_NOT_OURS = {"thumbs.db", "desktop.ini"}

_GREY = {"1", "L", "LA"}
_DEEP = ("I", "F")

# So many transparent images tell what ground shows their shapes.
_TELLING = 100
_MIDDLE_GREY = 127.5


def read_images(folder: Path, options: ReadOptions) -> Dataset:
    """Read `folder/CLASS/*.png` (or .jpg): uint8, all of options.image_size, by default that of the first.

    One channel where all images are grey, else three. Transparent images lie on white where what they show is
    dark, else on black. Classes and images come in the order of their names. Raises DataError.
    """
    import numpy as np

    files = _files(folder)
    names = tuple(files)
    paths = [path for name in names for path in files[name]]
    grey, transparent = _modes(paths)
    height, width = options.image_size or _upright(paths[0]).size[::-1]
    shape = (len(paths), height, width, 1 if grey else 3)
    # A byte each here, and four each in the split that is trained on.
    what = f"{shape[0]:,} images of {shape[1]} x {shape[2]}"
    refuse_too_large(folder, 5 * math.prod(shape), what, "give a smaller image_size = [height, width]")
    x = np.empty(shape, np.uint8)
    ground = _ground(transparent[:_TELLING])
    for place, path in enumerate(paths):
        x[place] = _pixels(path, "L" if grey else "RGB", (width, height), ground).reshape(shape[1:])
    y = np.repeat(np.arange(len(names), dtype=np.int64), [len(files[name]) for name in names])
    return Dataset(x=x, y=y, classes=len(names), kind="image", source=str(folder), names=names)


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


def _modes(paths: Sequence[Path]) -> tuple[bool, list[Path]]:
    """Whether one channel holds all images, and those that are transparent; reads only the beginnings of the files.

    Raises:
        DataError: for an image of more than 8 bits a channel.
    """
    grey, transparent = True, []
    for path in paths:
        with _opened(path) as image:
            if image.mode.startswith(_DEEP):
                raise DataError(f"{path} has more than 8 bits a channel: convert it to 8")
            grey = grey and image.mode in _GREY
            if image.has_transparency_data:
                transparent.append(path)
    return grey, transparent


def _opened(path: Path) -> Any:
    from PIL import Image

    try:
        return Image.open(path, formats=("PNG", "JPEG"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} cannot be read as an image: {error}") from error


def _upright(path: Path) -> Any:
    """The whole image, turned as its camera was held.

    Raises:
        DataError: where the file cannot be read.
    """
    from PIL import ImageOps

    with _opened(path) as image:
        try:
            return ImageOps.exif_transpose(image)
        except (OSError, ValueError, SyntaxError) as error:
            raise DataError(f"{path} cannot be read as an image: {error}") from error


def _ground(paths: Sequence[Path]) -> str:
    """The colour on which the shapes of these transparent images are seen: "white" or "black".

    A shape is as bright as its pixels are on average, each counted by its opacity.
    """
    import numpy as np

    light = opaque = 0.0
    for path in paths:
        grey, alpha = np.moveaxis(np.asarray(_upright(path).convert("RGBA").convert("LA"), np.float64), -1, 0)
        light += float((grey * alpha).sum())
        opaque += float(alpha.sum())
    return "white" if light < opaque * _MIDDLE_GREY else "black"


def _pixels(path: Path, mode: str, size: tuple[int, int], ground: str) -> np.ndarray:
    import numpy as np
    from PIL import Image

    image = _upright(path)
    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, ground), image.convert("RGBA"))
    image = image.convert(mode)
    if image.size != size:
        image = image.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(image)
