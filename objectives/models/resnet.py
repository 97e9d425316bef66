"""The hypermodel `resnet`: residual blocks, for images (He et al. 2016, https://arxiv.org/abs/1512.03385)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from objectives.data.arrays import SearchData
from objectives.hypermodel import HyperModel
from objectives.models.network import COMMON_PARAMETERS
from objectives.models.parts import image_augmentation, layers, losses
from objectives.space.parameters import Parameter, Params

if TYPE_CHECKING:
    import keras

PARAMETERS: Mapping[str, Parameter] = {
    "stages": Parameter(
        kind=int,
        default=2,
        low=1,
        help="number of stages; each after the first halves height and width and doubles the filters",
    ),
    "blocks": Parameter(kind=int, default=1, low=1, help="residual blocks per stage, of two convolutions each"),
    "filters": Parameter(kind=int, default=16, low=1, help="filters of the first stage"),
    "kernel_size": Parameter(kind=int, default=3, low=1, help="height and width of each kernel"),
    **layers.PARAMETERS,
    "batch_normalization": replace(layers.PARAMETERS["batch_normalization"], default=True),
    **layers.per_layer("l1", layers.PARAMETERS["l1"], "stages"),
    **layers.per_layer("l2", layers.PARAMETERS["l2"], "stages"),
    "dropout": replace(layers.DROPOUT, help="dropout rate after each stage"),
    **layers.per_layer("dropout", layers.DROPOUT, "stages"),
    **image_augmentation.PARAMETERS,
    **COMMON_PARAMETERS,
}

DEFAULT_SPACE: Mapping[str, object] = {
    "stages": {"low": 1, "high": 3},
    "blocks": {"low": 1, "high": 2},
    "filters": {"choices": [16, 32]},
    "dropout": {"low": 0.0, "high": 0.4},
    "learning_rate": {"low": 1e-4, "high": 1e-2, "log": True},
    "batch_size": {"choices": [32, 64, 128]},
}


def build(params: Params, data: SearchData) -> keras.Model:
    """Return a functional `keras.Model` from images of shape (height, width, channels) to the task's output layer."""
    import keras

    inputs = keras.Input(data.x_train.shape[1:])
    values = _through(inputs, image_augmentation.augmentation_layers(params, data))
    values = _through(
        values, layers.hidden_convolution(params, params["filters"], 1, kernel_size=params["kernel_size"])
    )
    for stage in range(1, params["stages"] + 1):
        for block in range(params["blocks"]):
            values = _residual_block(params, values, stage, strides=2 if stage > 1 and block == 0 else 1)
        values = _through(values, layers.dropout(layers.own(params, "dropout", stage)))
    values = keras.layers.GlobalAveragePooling2D()(values)
    output = losses.output_layer(params, data, kernel_initializer=layers.initializer(params))
    return keras.Model(inputs, output(values))


def _residual_block(params: Params, values: keras.KerasTensor, stage: int, *, strides: int) -> keras.KerasTensor:
    """Two convolutions, and a way around them: as it is, or through one of a single pixel where the shape changes."""
    import keras

    filters, size = params["filters"] << (stage - 1), params["kernel_size"]

    def convolution(**options: object) -> list[keras.Layer]:
        return layers.linear(params, keras.layers.Conv2D, 4, stage, filters=filters, padding="same", **options)

    inner = [*convolution(kernel_size=size, strides=strides), layers.activation(params), *convolution(kernel_size=size)]
    around = [] if strides == 1 and values.shape[-1] == filters else convolution(kernel_size=1, strides=strides)
    added = keras.layers.Add()([_through(values, inner), _through(values, around)])
    return layers.activation(params)(added)


def _through(values: keras.KerasTensor, stack: list[keras.Layer]) -> keras.KerasTensor:
    for layer in stack:
        values = layer(values)
    return values


RESNET = HyperModel(
    name="resnet",
    summary="residual network on images",
    parameters=PARAMETERS,
    space=DEFAULT_SPACE,
    build=build,
    check=image_augmentation.check,
    reads=("image",),
)
