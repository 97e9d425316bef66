"""How the learning rate changes from epoch to epoch.

All but `plateau` are functions of the epoch's number alone, so a trial that is resumed in another process goes on with
the rate that it would have had; `plateau` is Keras's own callback, whose state is kept with the checkpoint.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from objectives.space.parameters import Parameter, Params

if TYPE_CHECKING:
    import keras

Schedule = Callable[[Params, int, int], float]


def _linear(params: Params, epoch: int, epochs: int) -> float:
    return 1.0 - (1.0 - float(params["final_fraction"])) * epoch / epochs


def _time_based(params: Params, epoch: int, epochs: int) -> float:
    return 1.0 / (1.0 + float(params["decay_rate"]) * epoch)


def _exponential(params: Params, epoch: int, epochs: int) -> float:
    return math.exp(-params["decay_rate"] * epoch)


def _step(params: Params, epoch: int, epochs: int) -> float:
    return math.pow(params["decay_factor"], epoch // params["decay_every"])


def _cosine(params: Params, epoch: int, epochs: int) -> float:
    # SGDR, Loshchilov and Hutter 2017 (https://arxiv.org/abs/1608.03983), equation 5, at whole epochs.
    final, factor = float(params["final_fraction"]), float(params["restart_factor"])
    begin, length = 0.0, float(params["restart_epochs"])
    while epoch >= begin + length:
        begin, length = begin + length, length * factor
    return final + (1.0 - final) * (1.0 + math.cos(math.pi * (epoch - begin) / length)) / 2.0


# Name -> the fraction of `learning_rate` in an epoch (counted from 0) of so many.
_FRACTIONS: Mapping[str, Schedule] = {
    "linear": _linear,
    "time_based": _time_based,
    "exponential": _exponential,
    "step": _step,
    "cosine": _cosine,
}


def _when(*schedules: str) -> Mapping[str, tuple[str, ...]]:
    return {"schedule": schedules}


PARAMETERS: Mapping[str, Parameter] = {
    "schedule": Parameter(
        kind=str,
        default="constant",
        choices=("constant", *_FRACTIONS, "plateau"),
        help="how the learning rate changes from epoch to epoch",
    ),
    "final_fraction": Parameter(
        kind=float,
        default=0.0,
        low=0.0,
        high=1.0,
        help="fraction of the learning rate that is left at the end (cosine: at the end of each cycle)",
        active_when=_when("linear", "cosine"),
    ),
    "decay_rate": Parameter(
        kind=float,
        default=0.1,
        low=0.0,
        help="k in rate / (1 + k * epoch) and in rate * exp(-k * epoch)",
        active_when=_when("time_based", "exponential"),
    ),
    "decay_factor": Parameter(
        kind=float,
        default=0.5,
        low=0.0,
        high=1.0,
        help="factor of the rate at each step",
        active_when=_when("step"),
    ),
    "decay_every": Parameter(kind=int, default=5, low=1, help="epochs between two steps", active_when=_when("step")),
    "plateau_factor": Parameter(
        kind=float,
        default=0.5,
        low=0.0,
        high=0.999,
        help="factor of the rate when val_loss stops improving",
        active_when=_when("plateau"),
    ),
    "plateau_patience": Parameter(
        kind=int,
        default=3,
        low=1,
        help="epochs without a better val_loss before the rate is reduced",
        active_when=_when("plateau"),
    ),
    "restart_epochs": Parameter(
        kind=int, default=10, low=1, help="epochs of the first cycle", active_when=_when("cosine")
    ),
    "restart_factor": Parameter(
        kind=float,
        default=2.0,
        low=1.0,
        help="length of each further cycle relative to the one before",
        active_when=_when("cosine"),
    ),
}


def rate(params: Params, epoch: int, epochs: int) -> float:
    """Return the learning rate of an epoch (from 0) of so many, for any schedule but `plateau`."""
    fraction = _FRACTIONS.get(params["schedule"])
    return float(params["learning_rate"]) * (1.0 if fraction is None else fraction(params, epoch, epochs))


def make_callbacks(params: Params, epochs: int) -> list[keras.callbacks.Callback]:
    """Return the `keras.callbacks.Callback`s of the schedule, none for a constant rate.

    Each logs `learning_rate`, so that it stands among the curves of the trial.
    """
    import keras

    if params["schedule"] == "constant":
        return []
    if params["schedule"] == "plateau":
        return [
            keras.callbacks.ReduceLROnPlateau(
                monitor="val_loss", mode="min", factor=params["plateau_factor"], patience=params["plateau_patience"]
            )
        ]
    rates = [rate(params, epoch, epochs) for epoch in range(epochs)]
    return [keras.callbacks.LearningRateScheduler(lambda epoch, now: rates[epoch])]
