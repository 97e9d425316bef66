"""Keras's optimizers, each with the parameters that it alone has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from objectives.space.parameters import Parameter, Params

_BETAS = ("beta_1", "beta_2")

# Name in a study file -> name in keras.optimizers, and the parameters that it is given.
_OPTIMIZERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "sgd": ("SGD", ("momentum", "nesterov")),
    "rmsprop": ("RMSprop", ("rho", "momentum")),
    "adam": ("Adam", _BETAS),
    "adamw": ("AdamW", (*_BETAS, "weight_decay")),
    "adamax": ("Adamax", _BETAS),
    "nadam": ("Nadam", _BETAS),
}


def _having(option: str) -> Mapping[str, tuple[str, ...]]:
    return {"optimizer": tuple(name for name, (_, options) in _OPTIMIZERS.items() if option in options)}


# Every default is Keras's own.
PARAMETERS: Mapping[str, Parameter] = {
    "optimizer": Parameter(kind=str, default="adam", choices=tuple(_OPTIMIZERS), help="optimizer of Keras"),
    "learning_rate": Parameter(kind=float, default=1e-3, low=1e-12, help="learning rate; the first one of a schedule"),
    "momentum": Parameter(
        kind=float,
        default=0.0,
        low=0.0,
        high=1.0,
        help="fraction of the last step that is added to the next",
        active_when=_having("momentum"),
    ),
    "nesterov": Parameter(
        kind=bool,
        default=False,
        help="Nesterov momentum",
        active_when=_having("nesterov"),
        active_unless={"momentum": (0.0,)},
    ),
    "rho": Parameter(
        kind=float,
        default=0.9,
        low=0.0,
        high=1.0,
        help="decay of the mean squared gradient",
        active_when=_having("rho"),
    ),
    "beta_1": Parameter(
        kind=float,
        default=0.9,
        low=0.0,
        high=0.9999999,
        help="decay of the mean gradient",
        active_when=_having("beta_1"),
    ),
    "beta_2": Parameter(
        kind=float,
        default=0.999,
        low=0.0,
        high=0.9999999,
        help="decay of the mean squared gradient (adamax: of the largest gradient)",
        active_when=_having("beta_2"),
    ),
    "weight_decay": Parameter(
        kind=float,
        default=0.004,
        low=0.0,
        high=1.0,
        help="fraction by which weights shrink at each step, times the learning rate",
        active_when=_having("weight_decay"),
    ),
    "clipnorm": Parameter(
        kind=float,
        default=0.0,
        low=0.0,
        help="largest norm of the gradient of each weight matrix; 0: no limit",
    ),
}


def make_optimizer(params: Params, adapt: Callable[[type], type] = lambda kind: kind) -> Any:
    """Return the `keras.optimizers.Optimizer`; reads only what its kind has.

    `adapt` turns Keras's class into the one that is made.
    """
    import keras

    name, options = _OPTIMIZERS[params["optimizer"]]
    given = {option: params[option] for option in options}
    if params["clipnorm"] > 0:
        given["clipnorm"] = params["clipnorm"]
    return adapt(getattr(keras.optimizers, name))(learning_rate=params["learning_rate"], **given)
