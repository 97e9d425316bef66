"""Images changed at random while a model trains, by layers of Keras at its front. Other rows pass unchanged.

A strength of 0 leaves its layer out. The layers' random states are variables of the model, and so are kept with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from objectives.errors import DataError
from objectives.space.parameters import Parameter, Params

if TYPE_CHECKING:
    import keras

    from objectives.data.arrays import SearchData


_FLIPS = {"horizontal": "horizontal", "vertical": "vertical", "both": "horizontal_and_vertical"}

# What a moved image leaves empty is filled with the nearest pixel.
_FILL = {"fill_mode": "nearest"}


def _fraction(text: str, high: float = 1.0) -> Parameter:
    return Parameter(kind=float, default=0.0, low=0.0, high=high, help=f"{text}; 0: off")


PARAMETERS: Mapping[str, Parameter] = {
    "flip": Parameter(kind=str, default="none", choices=("none", *_FLIPS), help="flip at random in that direction"),
    "rotate": _fraction("rotate by up to this many degrees, either way", 180.0),
    "shift": _fraction("shift by up to this fraction of the side, any way"),
    "zoom": _fraction("zoom in or out by up to this fraction", 0.9),
    "shear": _fraction("shear by up to this fraction of the side"),
    "crop": _fraction("crop a random window that is smaller by this fraction, and resize it", 0.9),
    "brightness": _fraction("brighten or darken by up to this fraction of the range of values"),
    "contrast": _fraction("change the contrast by up to this fraction"),
    "saturation": _fraction("change the saturation by up to this fraction; three channels only"),
    "hue": _fraction("rotate the hue by up to this fraction of the circle; three channels only", 0.5),
}

_COLOURS = ("saturation", "hue")


def check(params: Params, data: SearchData) -> None:
    """Raise DataError where colours are to be changed, and the images have none or are not scaled to 0..1."""
    for name in _COLOURS:
        if params[name] > 0:
            _check_colours(name, data)


def augmentation_layers(params: Params, data: SearchData) -> list[keras.Layer]:
    """Return the layers for images of shape (rows, height, width, channels); they are active in training alone."""
    layers: list[keras.Layer] = []
    if params["flip"] != "none":
        layers.extend(_flip(_FLIPS[params["flip"]]))
    for name, make in _MAKERS.items():
        strength = float(params[name])
        if strength > 0:
            layers.extend(make(strength, data))
    return layers


def _check_colours(name: str, data: SearchData) -> None:
    if (channels := data.x_train.shape[-1]) != 3:
        raise DataError(
            f"space.{name} changes colours, and images of {data.source} have {channels} instead of three channels"
        )
    low, high = _range(data)
    # Keras counts colours on a circle for red, green and blue from 0 to 1, and says nothing of other values.
    if low < 0 or high > 1:
        raise DataError(
            f"space.{name} needs pixels from 0 to 1, and those of {data.source} are scaled to {low:.3g} .. {high:.3g}: "
            'say data.scaling = "min-max"'
        )


def _flip(mode: str) -> list[keras.Layer]:
    import keras

    return [keras.layers.RandomFlip(mode)]


def _rotate(degrees: float, data: SearchData) -> list[keras.Layer]:
    import keras

    return [keras.layers.RandomRotation(degrees / 360.0, **_FILL)]


def _shift(fraction: float, data: SearchData) -> list[keras.Layer]:
    import keras

    return [keras.layers.RandomTranslation(fraction, fraction, **_FILL)]


def _zoom(fraction: float, data: SearchData) -> list[keras.Layer]:
    import keras

    # One range for both sides keeps the image's proportions.
    return [keras.layers.RandomZoom((-fraction, fraction), **_FILL)]


def _shear(fraction: float, data: SearchData) -> list[keras.Layer]:
    import keras

    return [keras.layers.RandomShear(fraction, fraction, **_FILL)]


def _crop(fraction: float, data: SearchData) -> list[keras.Layer]:
    import keras

    # Not RandomCrop, which in Keras 3.15 takes one window for a whole batch and changes the shape while predicting:
    # an image moved by up to half of what is cut away, then enlarged about its middle, shows any window of that size.
    moved = keras.layers.RandomTranslation(fraction / 2, fraction / 2, **_FILL)
    return [moved, keras.layers.RandomZoom((-fraction, -fraction), **_FILL)]


def _brightness(fraction: float, data: SearchData) -> list[keras.Layer]:
    import keras

    return [keras.layers.RandomBrightness(fraction, value_range=_range(data))]


def _contrast(fraction: float, data: SearchData) -> list[keras.Layer]:
    import keras

    return [keras.layers.RandomContrast(fraction, value_range=_range(data))]


def _saturation(fraction: float, data: SearchData) -> list[keras.Layer]:
    import keras

    # Keras's 0.5 changes nothing.
    return [keras.layers.RandomSaturation((0.5 - fraction / 2, 0.5 + fraction / 2), value_range=_range(data))]


def _hue(fraction: float, data: SearchData) -> list[keras.Layer]:
    import keras

    return [keras.layers.RandomHue(fraction, value_range=_range(data))]


_MAKERS: Mapping[str, Callable[[float, SearchData], list[keras.Layer]]] = {
    "rotate": _rotate,
    "shift": _shift,
    "zoom": _zoom,
    "shear": _shear,
    "crop": _crop,
    "brightness": _brightness,
    "contrast": _contrast,
    "saturation": _saturation,
    "hue": _hue,
}


def _range(data: SearchData) -> tuple[float, float]:
    """The values between which images stay: those of the training split, however it was scaled."""
    return float(data.x_train.min()), float(data.x_train.max())
