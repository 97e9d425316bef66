"""The hypermodel `mlp`: fully connected layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from objectives.data.arrays import SearchData
from objectives.hypermodel import HyperModel
from objectives.models.network import COMMON_PARAMETERS
from objectives.models.parts import layers, losses
from objectives.preprocessing.pipeline import Flatten
from objectives.space.parameters import Parameter, Params

if TYPE_CHECKING:
    import keras

# Tapered layers do not become narrower than this (or than the first).
NARROWEST = 8

_UNITS = Parameter(
    kind=int,
    default=128,
    low=1,
    help="units of each hidden layer; with tapered widths of the first",
    active_when={"widths": ("equal", "tapered")},
)

PARAMETERS: Mapping[str, Parameter] = {
    "layers": Parameter(kind=int, default=2, low=1, help="number of hidden layers"),
    "widths": Parameter(
        kind=str,
        default="equal",
        choices=("equal", "tapered", "free"),
        help="`equal`: all layers have `units`; `tapered`: each has half as many as the one before, at least "
        f"{NARROWEST}; `free`: each has its own `units_N`",
    ),
    "units": _UNITS,
    "units_N": replace(
        _UNITS,
        help="units of hidden layer N",
        active_when={"widths": ("free",)},
        per_layer="layers",
    ),
    **layers.PARAMETERS,
    **layers.MAXOUT,
    **layers.per_layer("l1", layers.PARAMETERS["l1"], "layers"),
    **layers.per_layer("l2", layers.PARAMETERS["l2"], "layers"),
    "dropout": layers.DROPOUT,
    **layers.per_layer("dropout", layers.DROPOUT, "layers"),
    "input_dropout": replace(layers.DROPOUT, help="dropout rate of the inputs"),
    **COMMON_PARAMETERS,
}

# As TOML would have it; the gallery's digits_mlp searches the same.
DEFAULT_SPACE: Mapping[str, object] = {
    "layers": {"low": 1, "high": 3},
    "units": {"choices": [64, 128, 256]},
    "dropout": {"low": 0.0, "high": 0.5},
    "optimizer": {"choices": ["sgd", "rmsprop", "adam"]},
    "momentum": {"low": 0.0, "high": 0.99, "when": {"optimizer": ["sgd", "rmsprop"]}},
    "learning_rate": {"low": 1e-4, "high": 1e-1, "log": True},
    "batch_size": {"choices": [32, 64, 128]},
}


def flatten(params: Params, data: SearchData) -> SearchData:
    """Return the data with rows of shape (features,)."""
    return data.then(Flatten())


def widths(params: Params) -> list[int]:
    """Return the units of each hidden layer."""
    count = params["layers"]
    if params["widths"] == "free":
        return [params.get(f"units_{number}", _UNITS.default) for number in range(1, count + 1)]
    units = params["units"]
    if params["widths"] == "equal":
        return [units] * count
    return [max(units >> place, min(units, NARROWEST)) for place in range(count)]


def build(params: Params, data: SearchData) -> keras.Model:
    """Return a `keras.Sequential` from rows of shape (features,) to the output layer of the task."""
    import keras

    model = keras.Sequential([keras.Input(data.x_train.shape[1:]), *layers.dropout(params["input_dropout"])])
    for number, units in enumerate(widths(params), start=1):
        hidden = layers.hidden_dense(params, units, number)
        for layer in [*hidden, *layers.dropout(layers.own(params, "dropout", number))]:
            model.add(layer)
    model.add(losses.output_layer(params, data, kernel_initializer=layers.initializer(params)))
    return model


MLP = HyperModel(
    name="mlp",
    summary="fully connected network on images or tables",
    parameters=PARAMETERS,
    space=DEFAULT_SPACE,
    build=build,
    prepare=flatten,
    reads=("image", "table"),
)
