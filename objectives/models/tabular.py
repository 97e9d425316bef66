"""The hypermodel `tabular`: mlp's layers for tables, with weights for skewed classes and numbers in their own unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from objectives.data.arrays import SearchData
from objectives.hypermodel import HyperModel
from objectives.models import mlp
from objectives.models.parts import class_weights
from objectives.space.parameters import Parameter, Params

if TYPE_CHECKING:
    import keras

PARAMETERS: Mapping[str, Parameter] = {
    **mlp.PARAMETERS,
    # Tables have tens of columns and often only hundreds of rows, where images have thousands of both.
    "units": replace(mlp.PARAMETERS["units"], default=32),
    "batch_size": replace(mlp.PARAMETERS["batch_size"], default=32),
    **class_weights.PARAMETERS,
}

DEFAULT_SPACE: Mapping[str, object] = {
    "layers": {"low": 1, "high": 3},
    "units": {"choices": [16, 32, 64, 128]},
    "dropout": {"low": 0.0, "high": 0.5},
    "l2": {"low": 1e-6, "high": 1e-2, "log": True},
    "batch_normalization": {"choices": [False, True]},
    "learning_rate": {"low": 1e-4, "high": 1e-1, "log": True},
    "batch_size": {"choices": [16, 32, 64]},
}


def build(params: Params, data: SearchData) -> keras.Model:
    """Return mlp's network; numbers are predicted in units of the training split's deviation, about its mean.

    Otherwise a network would spend its epochs on finding the mean of targets such as 152 with a deviation of 77.
    """
    import keras

    model = mlp.build(params, data)
    if data.classes is None:
        deviation = float(data.y_train.std()) or 1.0
        model.add(keras.layers.Rescaling(scale=deviation, offset=float(data.y_train.mean())))
    return model


TABULAR = HyperModel(
    name="tabular",
    summary="fully connected network on tables: classes, skewed or not, and numbers",
    parameters=PARAMETERS,
    space=DEFAULT_SPACE,
    build=build,
    reads=("table",),
)
