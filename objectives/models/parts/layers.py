"""Hidden layers: weights with their initializer, penalties and limits, then normalization, activation and dropout.

What is said for all layers (`l1`, `dropout`, ...) can be said for one: `l1_1`, `dropout_3`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from objectives.space.parameters import Parameter, Params

if TYPE_CHECKING:
    import keras

# Each is the name of a function in keras.activations.
_FUNCTIONS = ("relu", "elu", "selu", "gelu", "silu", "softplus", "tanh", "sigmoid")

# Name in a study file -> name in keras.initializers.
_INITIALIZERS: Mapping[str, str] = {
    "glorot_uniform": "GlorotUniform",
    "glorot_normal": "GlorotNormal",
    "he_uniform": "HeUniform",
    "he_normal": "HeNormal",
    "lecun_uniform": "LecunUniform",
    "lecun_normal": "LecunNormal",
    "uniform": "RandomUniform",
    "normal": "RandomNormal",
    "orthogonal": "Orthogonal",
    "zeros": "Zeros",
}

PARAMETERS: Mapping[str, Parameter] = {
    "activation": Parameter(
        kind=str,
        default="relu",
        choices=("relu", "leaky_relu", *_FUNCTIONS[1:]),
        help="activation of the hidden layers",
    ),
    "negative_slope": Parameter(
        kind=float,
        default=0.2,
        low=0.0,
        high=1.0,
        help="slope for negative inputs",
        active_when={"activation": ("leaky_relu",)},
    ),
    "initializer": Parameter(
        kind=str,
        default="glorot_uniform",
        choices=tuple(_INITIALIZERS),
        help="initializer of all weight matrices; `uniform` spans -0.05 to 0.05, `normal` has the deviation 0.05",
    ),
    "batch_normalization": Parameter(kind=bool, default=False, help="batch normalization before each activation"),
    "normalization_momentum": Parameter(
        kind=float,
        default=0.9,
        low=0.0,
        high=0.9999,
        help="momentum of the running mean and variance",
        active_when={"batch_normalization": (True,)},
    ),
    "l1": Parameter(kind=float, default=0.0, low=0.0, help="L1 penalty on the weights of hidden layers"),
    "l2": Parameter(kind=float, default=0.0, low=0.0, help="L2 penalty on the weights of hidden layers"),
    "max_norm": Parameter(
        kind=float, default=0.0, low=0.0, help="largest norm of the weights into one unit; 0: no limit"
    ),
}

DROPOUT = Parameter(kind=float, default=0.0, low=0.0, high=0.95, help="dropout rate after each hidden layer")

MAXOUT: Mapping[str, Parameter] = {
    "activation": replace(PARAMETERS["activation"], choices=(*(PARAMETERS["activation"].choices or ()), "maxout")),
    "maxout_pieces": Parameter(
        kind=int,
        default=2,
        low=2,
        help="linear pieces of each maxout unit",
        active_when={"activation": ("maxout",)},
    ),
}


def per_layer(name: str, shared: Parameter, counter: str) -> Mapping[str, Parameter]:
    """Return the entry NAME_N beside a shared parameter, counted by another."""
    own = replace(shared, help=f"`{name}` of number N alone", per_layer=counter, instead_of=name)
    return {f"{name}_N": own}


def own(params: Params, name: str, number: int) -> Any:
    """Return the value for one layer: its own where it has one, else the shared one."""
    alone = f"{name}_{number}"
    return params[alone] if alone in params else params[name]


def initializer(params: Params) -> keras.initializers.Initializer:
    """Return a fresh `keras.initializers.Initializer`: one that is shared would give all layers the same weights."""
    import keras

    return getattr(keras.initializers, _INITIALIZERS[params["initializer"]])()


def weights(params: Params, number: int, axes: int) -> dict[str, object]:
    """Return what a hidden Dense or Conv2D, whose kernel has so many axes, is told about its weights."""
    import keras

    l1, l2, limit = own(params, "l1", number), own(params, "l2", number), params["max_norm"]
    regularizer = keras.regularizers.L1L2(l1=l1, l2=l2) if l1 > 0 or l2 > 0 else None
    # A convolution's kernel has the shape (height, width, in, out): a unit's weights lie along all axes but the last.
    constraint = keras.constraints.MaxNorm(limit, axis=list(range(axes - 1))) if limit > 0 else None
    return {
        "kernel_initializer": initializer(params),
        "kernel_regularizer": regularizer,
        "kernel_constraint": constraint,
    }


def linear(
    params: Params, make: Callable[..., keras.Layer], axes: int, number: int, **options: object
) -> list[keras.Layer]:
    """Return the weights of a hidden layer, normalized if that is asked for, without an activation.

    `make` is keras.layers.Dense (its kernel has 2 `axes`) or Conv2D (4), given `options`.
    """
    import keras

    given = weights(params, number, axes)
    if not params["batch_normalization"]:
        return [make(**options, **given)]
    normalization = keras.layers.BatchNormalization(momentum=params["normalization_momentum"])
    # The normalization has a shift of its own.
    return [make(**options, **given, use_bias=False), normalization]


def activation(params: Params) -> keras.Layer:
    """Return the activation as a layer; not for maxout, which is more than a function of each value."""
    import keras

    if params["activation"] == "leaky_relu":
        return keras.layers.LeakyReLU(negative_slope=params["negative_slope"])
    return keras.layers.Activation(params["activation"])


def hidden_dense(params: Params, units: int, number: int) -> list[keras.Layer]:
    """Return a fully connected hidden layer: (rows, anything) to (rows, units)."""
    import keras

    if params["activation"] == "maxout":
        # Goodfellow et al. 2013 (https://arxiv.org/abs/1302.4389): the largest of several linear pieces.
        pieces = params["maxout_pieces"]
        layers = linear(params, keras.layers.Dense, 2, number, units=units * pieces)
        return [*layers, keras.layers.Reshape((pieces, units)), keras.layers.GlobalMaxPooling1D()]
    return _activated(params, keras.layers.Dense, 2, number, units=units)


def hidden_convolution(params: Params, filters: int, number: int, **options: object) -> list[keras.Layer]:
    """Return a convolution and its activation: (rows, height, width, channels) to the same with `filters` channels."""
    import keras

    return _activated(params, keras.layers.Conv2D, 4, number, filters=filters, padding="same", **options)


def _activated(
    params: Params, make: Callable[..., keras.Layer], axes: int, number: int, **options: object
) -> list[keras.Layer]:
    if params["batch_normalization"] or params["activation"] not in _FUNCTIONS:
        return [*linear(params, make, axes, number, **options), activation(params)]
    return linear(params, make, axes, number, activation=params["activation"], **options)


POOLING = ("flatten", "average", "max")


def pooling(name: str) -> keras.Layer:
    """Return the layer that makes a row of feature maps: (rows, height, width, channels) to (rows, numbers).

    `name` is one of POOLING: all values, or the average or largest of each channel.
    """
    import keras

    makers = {
        "flatten": keras.layers.Flatten,
        "average": keras.layers.GlobalAveragePooling2D,
        "max": keras.layers.GlobalMaxPooling2D,
    }
    return makers[name]()


def dropout(rate: float) -> list[keras.Layer]:
    """Return the dropout layer, none where nothing is dropped. Its random state is a variable of the model."""
    import keras

    return [keras.layers.Dropout(rate)] if rate > 0 else []
