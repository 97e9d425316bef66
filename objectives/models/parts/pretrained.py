"""Models that have learned before: those of keras.applications, or a user's own, without their heads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from objectives.errors import DataError

if TYPE_CHECKING:
    import keras

# Module of keras.applications -> the smallest side of an image, and the models in it.
_MODULES: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "convnext": (32, ("ConvNeXtTiny", "ConvNeXtSmall", "ConvNeXtBase", "ConvNeXtLarge", "ConvNeXtXLarge")),
    "densenet": (32, ("DenseNet121", "DenseNet169", "DenseNet201")),
    "efficientnet": (32, tuple(f"EfficientNetB{size}" for size in range(8))),
    "efficientnet_v2": (32, tuple(f"EfficientNetV2{size}" for size in ("B0", "B1", "B2", "B3", "S", "M", "L"))),
    "inception_resnet_v2": (75, ("InceptionResNetV2",)),
    "inception_v3": (75, ("InceptionV3",)),
    "mobilenet": (32, ("MobileNet",)),
    "mobilenet_v2": (32, ("MobileNetV2",)),
    "mobilenet_v3": (32, ("MobileNetV3Small", "MobileNetV3Large")),
    "nasnet": (32, ("NASNetMobile", "NASNetLarge")),
    "resnet": (32, ("ResNet50", "ResNet101", "ResNet152")),
    "resnet_v2": (32, ("ResNet50V2", "ResNet101V2", "ResNet152V2")),
    "vgg16": (32, ("VGG16",)),
    "vgg19": (32, ("VGG19",)),
    "xception": (71, ("Xception",)),
}


@dataclass(frozen=True)
class Application:
    """A model of keras.applications."""

    keras_name: str
    module: str
    least_side: int


APPLICATIONS: Mapping[str, Application] = {
    name.lower(): Application(name, module, least) for module, (least, names) in _MODULES.items() for name in names
}
"""Keras's name in lower case -> the model."""


def application(name: str, weights: str, side: tuple[int, int]) -> keras.Model:
    """Return a model of keras.applications without its head: images of (*side, 3), preprocessed, to feature maps.

    `weights` are "imagenet" (which Keras downloads once), "none" (drawn at random) or the path of a file.

    Raises:
        DataError: where they cannot be had, and for images that are too small.
    """
    import keras

    known = APPLICATIONS[name]
    if min(side) < known.least_side:
        raise DataError(f"space.size = {min(side)} is too small for {name}, which takes {known.least_side} or more")
    given = None if weights == "none" else weights
    try:
        make = getattr(keras.applications, known.keras_name)
        return make(include_top=False, weights=given, input_shape=(*side, 3))
    # Keras raises whatever the network, the disk or the file's format does.
    except Exception as error:
        remedy = "save them from a model without its head (include_top=False)"
        if weights == "imagenet":
            remedy = "download them once with a connection, or name a file of weights in space.weights"
        raise DataError(f"the weights {weights!r} of {name} cannot be had: {_first_line(error)}; {remedy}") from error


def preprocessed(name: str, images: keras.KerasTensor) -> keras.KerasTensor:
    """Return colour images of 0 to 255 (a `keras.KerasTensor`) as that model of keras.applications wants them."""
    import keras

    return getattr(keras.applications, APPLICATIONS[name].module).preprocess_input(images)


def own_model(path: str) -> keras.Model:
    """Return the model of a .keras file, from images to the feature maps that its head begins with.

    The head begins with the last layer that makes rows of feature maps: a Flatten or a global pooling. Nothing that
    the file holds is run as code.

    Raises:
        DataError: for a file that Keras cannot load so, and for a model of anything but images.
    """
    import keras

    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    # What is wrong with a file, or with layers that are not Keras's own, Keras says with many kinds of errors.
    except Exception as error:
        raise DataError(
            f"space.backbone = {path!r} cannot be loaded: {_first_line(error)}; it must be a model of Keras's own "
            "layers, saved with model.save('NAME.keras')"
        ) from error
    inputs, outputs = getattr(model, "inputs", None) or [], getattr(model, "outputs", None) or []
    if len(inputs) != 1 or len(inputs[0].shape) != 4:
        raise DataError(f"space.backbone = {path!r} takes no images: its input must be (rows, height, width, channels)")
    maps = outputs[0] if len(outputs[0].shape) == 4 else _before_head(model)
    backbone = None if maps is None else keras.Model(inputs, maps)
    if backbone is None or not backbone.weights:
        raise DataError(f"space.backbone = {path!r} has no feature maps that a layer flattens or pools")
    return backbone


def _before_head(model: keras.Model) -> keras.KerasTensor | None:
    """The feature maps that the head is given; None where there are none."""
    for layer in reversed(model.layers):
        # A layer that is used at several places has no single input.
        given, made = getattr(layer, "input", None), getattr(layer, "output", None)
        if len(getattr(given, "shape", ())) == 4 and len(getattr(made, "shape", ())) == 2:
            return given
    return None


def trainable_layers(model: keras.Model) -> list[keras.Layer]:
    """Return the layers that have weights to learn, from the first to the last, without batch normalization.

    That keeps the mean and variance it has learned: https://keras.io/guides/transfer_learning, "Do a round of
    fine-tuning of the entire model".
    """
    import keras

    return [
        layer
        for layer in _leaves(model)
        if layer.trainable_weights and not isinstance(layer, keras.layers.BatchNormalization)
    ]


def unfreeze(model: keras.Model, count: int) -> None:
    """Make the last `count` of the layers with weights trainable, and no other."""
    # A model within the model, saved as frozen, does not always follow the outer one.
    for layer in _every(model):
        layer.trainable = True
    unfrozen = {id(layer) for layer in trainable_layers(model)[-count:]}
    for layer in _leaves(model):
        layer.trainable = id(layer) in unfrozen


def _every(model: keras.Model) -> Iterator[keras.Layer]:
    """The model, and all layers and models within it, from the outside to the inside."""
    yield model
    for layer in model.layers:
        yield from _every(layer) if hasattr(layer, "layers") else (layer,)


def _leaves(model: keras.Model) -> Iterator[keras.Layer]:
    return (layer for layer in _every(model) if not hasattr(layer, "layers"))


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
