"""The hypermodel `cnn`: blocks of convolutions, each followed by pooling, for images."""

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
    "blocks": Parameter(kind=int, default=2, low=1, help="number of blocks; each halves height and width"),
    "convolutions": Parameter(kind=int, default=1, low=1, help="convolutions per block"),
    "filters": Parameter(kind=int, default=32, low=1, help="filters of the first block; each block doubles them"),
    "kernel_size": Parameter(kind=int, default=3, low=1, help="height and width of each kernel"),
    "pooling": Parameter(
        kind=str,
        default="flatten",
        choices=layers.POOLING,
        help="after the last block: flatten, or global average or max pooling",
    ),
    "units": Parameter(kind=int, default=0, low=0, help="units of a fully connected layer before the output; 0: none"),
    **layers.PARAMETERS,
    **layers.per_layer("l1", layers.PARAMETERS["l1"], "blocks"),
    **layers.per_layer("l2", layers.PARAMETERS["l2"], "blocks"),
    "dropout": replace(layers.DROPOUT, help="dropout rate after each block"),
    **layers.per_layer("dropout", layers.DROPOUT, "blocks"),
    "output_dropout": replace(layers.DROPOUT, help="dropout rate before the output"),
    **image_augmentation.PARAMETERS,
    **COMMON_PARAMETERS,
}

DEFAULT_SPACE: Mapping[str, object] = {
    "blocks": {"low": 1, "high": 3},
    "filters": {"choices": [16, 32]},
    "dropout": {"low": 0.0, "high": 0.4},
    "units": {"choices": [64, 128]},
    "output_dropout": {"low": 0.0, "high": 0.5},
    "learning_rate": {"low": 1e-4, "high": 1e-2, "log": True},
    "batch_size": {"choices": [32, 64, 128]},
}


def build(params: Params, data: SearchData) -> keras.Model:
    """Return a `keras.Sequential` from images of shape (height, width, channels) to the output layer of the task."""
    import keras

    model = keras.Sequential([keras.Input(data.x_train.shape[1:])])
    stack = image_augmentation.augmentation_layers(params, data)
    for number in range(1, params["blocks"] + 1):
        for _ in range(params["convolutions"]):
            filters = params["filters"] << (number - 1)
            stack += layers.hidden_convolution(params, filters, number, kernel_size=params["kernel_size"])
        # "same" keeps an image of one pixel where there are more blocks than halves.
        stack.append(keras.layers.MaxPooling2D(padding="same"))
        stack += layers.dropout(layers.own(params, "dropout", number))
    stack.append(layers.pooling(params["pooling"]))
    if params["units"] > 0:
        # With the penalties of the last block, which it follows.
        stack += layers.hidden_dense(params, params["units"], params["blocks"])
    stack += layers.dropout(params["output_dropout"])
    for layer in stack:
        model.add(layer)
    model.add(losses.output_layer(params, data, kernel_initializer=layers.initializer(params)))
    return model


CNN = HyperModel(
    name="cnn",
    summary="convolutional network on images",
    parameters=PARAMETERS,
    space=DEFAULT_SPACE,
    build=build,
    check=image_augmentation.check,
    reads=("image",),
)
