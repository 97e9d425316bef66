"""The ground on which the transparent images of a folder are laid: one for all, on which their shapes are seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from objectives.data.readers.pictures import upright, with_alpha
from objectives.errors import DataError

_GROUNDS = {"white": 255, "black": 0, "grey": 128}
_MIDDLE = 127.5

# So many images, spread over the folder, tell for all; of a large one not every pixel.
_TELLING = 300
_LARGEST_SIDE = 128

# Colours that differ by no more, of 255, in any channel are not told apart.
_FAINT = 32
# Of what an image shows, the share that has the colour of its ground: then nothing of it is seen.
_LOST = 0.9
# Of the transparent images, the share that may be lost, being empty for instance.
_FEW = 0.1
# Of what all images show, the share that may have the colour of white or black before grey is looked at.
_LITTLE = 0.1


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """What one transparent image shows."""

    path: Path
    merged: dict[str, float]
    """Ground -> the share of what it shows that has the colour of this ground."""
    light: float
    """How bright it is on average, 0 to 255."""


def choose_ground(transparent: Sequence[Path], opaque: Sequence[Path]) -> str:
    """Return the colour on which the shapes of transparent images are seen: "white", "black" or "grey".

    White or black: where one of them loses no image and the other does, that one; where both show the shapes alike,
    the one that the corners of the opaque images have; else the one that differs more from the shapes. Grey where
    shapes are black as well as white.

    Args:
        transparent: images that may be transparent.
        opaque: the other images of the folder.

    Raises:
        DataError: where many are lost on any of these grounds.
    """
    shapes, corners = _shapes(_spread(transparent))
    if not shapes:
        return "white"
    lost = {ground: [shape.path for shape in shapes if shape.merged[ground] > _LOST] for ground in _GROUNDS}
    merged = {ground: sum(shape.merged[ground] for shape in shapes) / len(shapes) for ground in _GROUNDS}
    for path in _spread(opaque):
        corners.extend(_corners(path))
    order = ("white", "black") if _is_white(shapes, corners) else ("black", "white")
    best = min(order, key=lambda ground: (len(lost[ground]), round(merged[ground], 1)))
    if len(lost["grey"]) < len(lost[best]) or (merged[best] > _LITTLE and merged["grey"] < merged[best] / 2):
        best = "grey"
    if len(lost[best]) > _FEW * len(shapes):
        raise DataError(
            f"{len(lost[best])} of {len(shapes)} transparent images, such as {lost[best][0]}, show nothing on white, "
            "black or grey: lay them on a ground of your own"
        )
    return best


def _spread(paths: Sequence[Path]) -> list[Path]:
    count = min(_TELLING, len(paths))
    return [paths[place * len(paths) // count] for place in range(count)]


def _shapes(paths: Sequence[Path]) -> tuple[list[_Shape], list[int]]:
    """What the transparent ones show, and the corners of those that are opaque everywhere."""
    import numpy as np

    shapes: list[_Shape] = []
    corners: list[int] = []
    for path in paths:
        image = with_alpha(upright(path))
        image = image.reduce(max(1, max(image.size) // _LARGEST_SIDE))
        colour, alpha = np.split(np.asarray(image, np.float64), [3], axis=-1)
        alpha = alpha[..., 0]
        if alpha.min() == 255:
            corners.extend(_corners(path))
            continue
        shown = float(alpha.sum())
        merged = {
            ground: float(alpha[(abs(colour - level) <= _FAINT).all(axis=-1)].sum()) / shown if shown else 1.0
            for ground, level in _GROUNDS.items()
        }
        light = float((colour.mean(axis=-1) * alpha).sum()) / shown if shown else _MIDDLE
        shapes.append(_Shape(path=path, merged=merged, light=light))
    return shapes, corners


def _corners(path: Path) -> list[int]:
    """The brightness of the four corners, 0 to 255; of an image of more bits than 8 none."""
    image = upright(path)
    if image.mode[0] in "IF":
        return []
    image = image.convert("RGB").convert("L")
    right, lower = image.width - 1, image.height - 1
    return [image.getpixel(place) for place in ((0, 0), (right, 0), (0, lower), (right, lower))]


def _is_white(shapes: Sequence[_Shape], corners: Sequence[int]) -> bool:
    """Whether white goes before black where both show the shapes."""
    if sum(level >= 255 - _FAINT for level in corners) > len(corners) / 2:
        return True
    if sum(level <= _FAINT for level in corners) > len(corners) / 2:
        return False
    return sum(shape.light for shape in shapes) < len(shapes) * _MIDDLE
