"""One file of an image: judged by its beginning, decoded, turned as its camera was held."""

from __future__ import annotations

import logging
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from objectives.errors import DataError

if TYPE_CHECKING:
    import numpy as np


SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")

_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")
_GREY = {"1", "L", "LA", "La"}
# Modes of Pillow that keep more than 8 bits, all of one channel; other files of 16 bits it cuts to 8.
_DEEP = {"I": "int32", "F": "float32"}
_CUT = ";16"
_BITS_PER_SAMPLE = 258
# Some cameras add a small picture of the same, as a second one of their JPEG.
_SEVERAL = {"PNG", "GIF", "TIFF", "WEBP"}

# Python prints what nobody handles of what Pillow logs.
_NOWHERE = logging.NullHandler()


@dataclass(frozen=True, kw_only=True)
class Outline:
    """What the beginning of a file tells of its image."""

    path: Path
    dtype: str
    """Of NumPy: "uint8", or what holds more bits of one channel: "uint16", "int32", "float32"."""
    is_grey: bool
    """Whether one channel holds it."""
    has_alpha: bool
    """Whether it may be transparent somewhere."""
    has_more: bool
    """Whether other frames or pages follow."""


@contextmanager
def without_warnings() -> Iterator[None]:
    """Keep from the user what Pillow says of tags and sizes: an image is read, or refused in a sentence of ours."""
    logging.getLogger("PIL").addHandler(_NOWHERE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def outline(path: Path) -> Outline:
    """Look at the beginning of a file, and at its palette.

    Raises:
        DataError: for what is no image, and for one whose bits or transparency would be lost.
    """
    with _opened(path) as image:
        dtype = _dtype(path, image)
        return Outline(
            path=path,
            dtype=dtype,
            is_grey=dtype != "uint8" or _is_grey(image),
            has_alpha=image.has_transparency_data,
            has_more=image.format in _SEVERAL and getattr(image, "is_animated", False),
        )


def upright(path: Path) -> Any:
    """Decode a file into an image of Pillow, the first where it holds several, turned as its camera was held.

    Raises:
        DataError: where the file cannot be read.
    """
    from PIL import ImageOps

    with _opened(path) as image:
        image.load()
        try:
            return ImageOps.exif_transpose(image)
        # The notes of the camera are damaged; the pixels are whole.
        except (LookupError, OSError, SyntaxError, TypeError, ValueError, struct.error):
            return image.copy()


@dataclass(frozen=True, kw_only=True)
class Pixels:
    """A decoded image."""

    values: np.ndarray
    """Shape (height, width) or (height, width, 3)."""
    is_transparent: bool
    """Whether it was, somewhere."""
    is_resized: bool


def pixels(path: Path, mode: str | None, size: tuple[int, int], ground: str) -> Pixels:
    """Decode an image as a data set wants it.

    Args:
        path: where it lies.
        mode: "L" or "RGB", of 8 bits; None keeps the bits of one channel.
        size: width and height, to which it is resized.
        ground: the colour under what is transparent.

    Raises:
        DataError: where the file cannot be read.
    """
    import numpy as np
    from PIL import Image

    image, is_transparent = upright(path), False
    if image.has_transparency_data:
        image = with_alpha(image)
        is_transparent = image.getextrema()[3][0] < 255
        image = Image.alpha_composite(Image.new("RGBA", image.size, ground), image)
    if mode is not None:
        image = image.convert(mode)
    elif image.mode == "I;16B":  # of which Pillow 13 makes other numbers when it resizes
        image = Image.fromarray(np.asarray(image, np.uint16))
    if is_resized := image.size != size:
        image = image.resize(size, Image.Resampling.BILINEAR)
    return Pixels(values=np.asarray(image), is_transparent=is_transparent, is_resized=is_resized)


def with_alpha(image: Any) -> Any:
    """Return the image in the mode RGBA of Pillow, 8 bits a channel."""
    return (image.convert("LA") if image.mode == "La" else image).convert("RGBA")


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The image of a file.

    Raises:
        DataError: for all that goes wrong while it is open.
    """  # noqa: DOC501  `_unreadable` makes a DataError
    from PIL import Image, UnidentifiedImageError

    try:
        # Given a path, Pillow 13 maps a plain TIFF into memory, and mixes up the pixels of one that is to be turned.
        with path.open("rb") as file, Image.open(file, formats=_FORMATS) as image:
            yield image
    except (DataError, MemoryError):
        raise
    except UnidentifiedImageError:
        raise _unreadable(path, "it is damaged, or of another kind than its name says") from None
    except Image.DecompressionBombError:
        raise _unreadable(path, "it has more pixels than Pillow reads; make it smaller") from None
    # Damaged files make Pillow raise errors of many kinds, and the system has some as well.
    except Exception as error:
        refused = isinstance(error, OSError) and error.strerror
        raise _unreadable(path, refused or f"it is damaged or cut short ({error or type(error).__name__})") from error


def _unreadable(path: Path, why: str) -> DataError:
    return DataError(f"{path} cannot be read as an image: {why}")


def _dtype(path: Path, image: Any) -> str:
    """The dtype of NumPy that keeps the bits of an image.

    Raises:
        DataError: where Pillow would cut them, or not see what is transparent.
    """
    dtype = "uint16" if image.mode.startswith("I;16") else _DEEP.get(image.mode, "uint8")
    if dtype != "uint8" and image.has_transparency_data:
        raise DataError(f"{path} has more than 8 bits a channel and is transparent: lay it on a ground, or use 8 bits")
    bits = image.tag_v2.get(_BITS_PER_SAMPLE, (1,)) if image.format == "TIFF" else (1,)
    is_cut = max(bits) > 8 or (image.format == "PNG" and _CUT in str(image.tile[0].args))
    if dtype == "uint8" and is_cut:
        raise DataError(
            f"{path} has more than 8 bits in each of several channels, of which only 8 would be read: convert it to 8, "
            "or save all images as the array x of an .npz file, which keeps every bit"
        )
    return dtype


def _is_grey(image: Any) -> bool:
    import numpy as np

    if image.mode != "P":
        return image.mode in _GREY
    colours = np.reshape(image.getpalette("RGB"), (-1, 3))
    return bool((colours == colours[:, :1]).all())
