"""The hypermodel `transfer`: a model that has learned from other images, with a new head for these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from objectives.data.arrays import SearchData
from objectives.errors import DataError
from objectives.hypermodel import HyperModel
from objectives.models.network import COMMON_PARAMETERS
from objectives.models.parts import (
    class_weights,
    fine_tuning,
    image_augmentation,
    layers,
    losses,
    optimizers,
    pretrained,
)
from objectives.space.parameters import Parameter, Params

if TYPE_CHECKING:
    import keras

# The name of the backbone among the layers of the whole.
BACKBONE = "backbone"


_APPLICATION = {"backbone": tuple(pretrained.APPLICATIONS)}


_UNFROZEN = {"freeze": (False,)}

PARAMETERS: Mapping[str, Parameter] = {
    "backbone": Parameter(
        kind=str,
        default="mobilenetv2",
        choices=tuple(pretrained.APPLICATIONS),
        choices_are="a `keras.applications` model (its name in lower case)",
        files=(".keras",),
        help="the pretrained network, without its head",
        name_in_format_2="base",
    ),
    "weights": Parameter(
        kind=str,
        default="imagenet",
        choices=("imagenet", "none"),
        files=(".h5", ".keras"),
        help="`imagenet`: downloaded once by Keras; `none`: random; or a file of weights without the head",
        active_when=_APPLICATION,
    ),
    "size": Parameter(
        kind=int,
        default=0,
        low=0,
        help="height and width to which images are resized; 0: their own size, or the smallest that the network takes",
        active_when=_APPLICATION,
    ),
    "freeze": Parameter(kind=bool, default=True, help="train the head only"),
    "unfreeze_last": Parameter(
        kind=int,
        default=1,
        low=1,
        help="how many of the last layers with weights are trained; batch normalization is neither counted nor trained",
        name_in_format_2="thaw_last",
        active_when=_UNFROZEN,
    ),
    "head_epochs": Parameter(
        kind=int,
        default=3,
        low=0,
        help="epochs in which only the head is trained, before these layers are",
        active_when=_UNFROZEN,
    ),
    "fine_tuning_rate": Parameter(
        kind=float,
        default=1e-5,
        low=1e-12,
        help="learning rate of these layers; a schedule scales it as the head's",
        active_when=_UNFROZEN,
    ),
    "pooling": Parameter(
        kind=str,
        default="average",
        choices=layers.POOLING,
        help="how the feature maps become the input of the head",
    ),
    "units": Parameter(kind=int, default=0, low=0, help="units of a fully connected layer of the head; 0: none"),
    "dropout": replace(layers.DROPOUT, help="dropout rate before the output"),
    **image_augmentation.PARAMETERS,
    **class_weights.PARAMETERS,
    **COMMON_PARAMETERS,
}

DEFAULT_SPACE: Mapping[str, object] = {
    "freeze": {"choices": [True, False]},
    "unfreeze_last": {"low": 1, "high": 10, "when": {"freeze": [False]}},
    "fine_tuning_rate": {"low": 1e-6, "high": 1e-4, "log": True, "when": {"freeze": [False]}},
    "units": {"choices": [0, 64, 128]},
    "dropout": {"low": 0.0, "high": 0.5},
    "learning_rate": {"low": 1e-4, "high": 1e-2, "log": True},
    "batch_size": {"choices": [32, 64]},
}


def build(params: Params, data: SearchData) -> keras.Model:
    """Return a functional `keras.Model` from images of shape (height, width, channels) to the task's output layer.

    Raises DataError where the backbone cannot be had, or does not take these images.
    """
    import keras

    inputs = keras.Input(data.x_train.shape[1:])
    values = inputs
    for layer in image_augmentation.augmentation_layers(params, data):
        values = layer(values)
    values, backbone = _own(params, data, values) if _is_own(params) else _application(params, data, values)
    backbone.name = BACKBONE
    if params["freeze"]:
        backbone.trainable = False
    else:
        pretrained.unfreeze(backbone, params["unfreeze_last"])
    # Not even an unfrozen backbone learns new means and variances, nor drops anything.
    values = backbone(values, training=False)
    head = [layers.pooling(params["pooling"])]
    if params["units"] > 0:
        head.append(keras.layers.Dense(params["units"], activation="relu"))
    for layer in [*head, *layers.dropout(params["dropout"]), losses.output_layer(params, data)]:
        values = layer(values)
    return keras.Model(inputs, values)


def optimizer(params: Params, data: SearchData, model: keras.Model) -> keras.optimizers.Optimizer:
    """Return the optimizer, which moves the unfrozen layers after the epochs of the head alone."""
    if params["freeze"]:
        return optimizers.make_optimizer(params)
    unfrozen = model.get_layer(BACKBONE).trainable_variables
    for variable in unfrozen:
        # Keras would limit them in the head's epochs too, which shrinks weights by a hair even within a limit.
        variable.constraint = None
    steps = -(-len(data.x_train) // params["batch_size"])
    share = params["fine_tuning_rate"] / params["learning_rate"]
    return optimizers.make_optimizer(params, fine_tuning.two_phases(unfrozen, params["head_epochs"] * steps, share))


def _is_own(params: Params) -> bool:
    return params["backbone"] not in pretrained.APPLICATIONS


def _application(params: Params, data: SearchData, images: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.Model]:
    """The images as a model of keras.applications wants them, and the model."""
    import keras

    name, size = params["backbone"], params["size"]
    least = pretrained.APPLICATIONS[name].least_side
    side = (size, size) if size else (max(images.shape[1], least), max(images.shape[2], least))
    backbone = pretrained.application(name, params["weights"], side)
    low, high = float(data.x_train.min()), float(data.x_train.max())
    # However they were scaled, they become what they were for those who trained the backbone: from 0 to 255.
    scale = 255.0 / ((high - low) or 1.0)
    values = keras.layers.Rescaling(scale, offset=-low * scale)(images)
    values = _resized(_with_channels(values, 3, data, name), side)
    return pretrained.preprocessed(name, values), backbone


def _own(params: Params, data: SearchData, images: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.Model]:
    """The images in the size of a model of the user's, as they are scaled, and the model."""
    backbone = pretrained.own_model(params["backbone"])
    *side, channels = backbone.inputs[0].shape[1:]
    values = images if channels is None else _with_channels(images, channels, data, params["backbone"])
    height, width = (given or own for given, own in zip(side, images.shape[1:3], strict=True))
    return _resized(values, (height, width)), backbone


def _with_channels(images: keras.KerasTensor, channels: int, data: SearchData, backbone: str) -> keras.KerasTensor:
    import keras

    _check_channels(data, channels, backbone)
    return images if images.shape[-1] == channels else keras.layers.Concatenate()([images] * channels)


def _check_channels(data: SearchData, channels: int, backbone: str) -> None:
    """Grey images can be given to a backbone of any number of channels, in each.

    Raises:
        DataError: for images of another number of channels than the backbone takes.
    """
    found = data.x_train.shape[-1]
    if found not in (1, channels):
        raise DataError(
            f"{data.source} has images of {found} channels, and space.backbone = {backbone!r} takes {channels}"
        )


def _resized(images: keras.KerasTensor, side: tuple[int, int]) -> keras.KerasTensor:
    import keras

    return images if tuple(images.shape[1:3]) == side else keras.layers.Resizing(*side)(images)


def check(params: Params, data: SearchData) -> None:
    """Raise DataError where the images have no colours to change, or other channels than keras.applications takes."""
    image_augmentation.check(params, data)
    if not _is_own(params):
        _check_channels(data, 3, params["backbone"])


TRANSFER = HyperModel(
    name="transfer",
    summary="a model that has learned before, on images",
    parameters=PARAMETERS,
    space=DEFAULT_SPACE,
    build=build,
    check=check,
    optimizer=optimizer,
    reads=("image",),
)
