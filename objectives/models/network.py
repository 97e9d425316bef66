"""The trial of every hypermodel that trains one network: data loaded once, a model built, trained and forgotten."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from objectives.data.arrays import SearchData, Splits
from objectives.data.loading import load_search_data
from objectives.errors import DataError
from objectives.hypermodel import HyperModel, goes_with_any
from objectives.models.parts import class_weights, losses, optimizers, schedules
from objectives.space.parameters import Parameter, Params, former_names
from objectives.space.values import Scalar
from objectives.training import backend
from objectives.training.reporting import train_trial
from objectives.training.task import Task
from objectives.training.trainer import Training

if TYPE_CHECKING:
    import keras
    import optuna

# What every network has, whatever its layers are.
COMMON_PARAMETERS: Mapping[str, Parameter] = {
    **optimizers.PARAMETERS,
    **schedules.PARAMETERS,
    **losses.PARAMETERS,
    "batch_size": Parameter(kind=int, default=64, low=1, help="rows of one training step"),
}


def _as_it_is(params: Params, data: SearchData) -> SearchData:
    return data


def _plain_optimizer(params: Params, data: SearchData, model: keras.Model) -> keras.optimizers.Optimizer:
    return optimizers.make_optimizer(params)


@dataclass(frozen=True, kw_only=True)
class Network:
    """What a hypermodel says about its networks. `params` has a value for each of `parameters` but those per layer."""

    name: str
    parameters: Mapping[str, Parameter]
    build: Callable[[Params, SearchData], keras.Model]
    """(params, data) -> a `keras.Model`, not compiled, that ends in `losses.output_layer`."""
    prepare: Callable[[Params, SearchData], SearchData] = _as_it_is
    """(params, data) -> the data as `build` and the training want it."""
    check: Callable[[Params, SearchData], None] = goes_with_any
    """(params, data) -> nothing, without Keras; raises DataError where they cannot go together."""
    optimizer: Callable[[Params, SearchData, keras.Model], keras.optimizers.Optimizer] = _plain_optimizer
    """(params, prepared data, model) -> a `keras.optimizers.Optimizer`."""
    reads: tuple[str, ...]
    """Kinds of data."""

    @property
    def defaults(self) -> dict[str, Scalar]:
        """The value of each parameter that a study file leaves out; those per layer are then not there at all."""
        return {name: each.default for name, each in self.parameters.items() if each.per_layer is None}

    def completed(self, params: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """Return the parameters with the default of each that is missing, and under the names they have now."""
        names = former_names(self.parameters)
        return self.defaults | {names.get(name, name): value for name, value in params.items()}


def make_hypermodel(network: Network, *, summary: str, space: Mapping[str, object]) -> HyperModel:
    """Return the declaration of the network's hypermodel, for the registry."""
    return HyperModel(
        name=network.name,
        summary=summary,
        parameters=network.parameters,
        space=space,
        build=partial(NetworkObjective, network=network),
        load=partial(load, network),
        check=partial(check, network),
        reads=network.reads,
    )


def check(network: Network, params: Params, data: SearchData) -> None:
    """Raise DataError where the parameters cannot go with the data; what is left out has its default. No Keras."""
    params = network.completed(params)
    losses.check(params, data)
    class_weights.check(params, data)
    network.check(params, data)


def load(network: Network, task: Task) -> Splits:
    """Load what the network is to be trained on.

    Raises:
        DataError: where the data cannot be had, and where the network reads no data of that kind.
    """
    splits = load_search_data(task.data, task.seed, fraction=task.train.fraction)
    data = splits[0]
    if data.kind not in network.reads:
        raise DataError(f"{data.source} holds {data.kind}s, and {network.name} reads: {', '.join(network.reads)}")
    return splits


def make_training(network: Network, params: Params, data: SearchData, *, epochs: int) -> Training:
    """Return a fresh model of that network for that data, with its batch size and its schedule over `epochs`.

    Raises DataError where the parameters do not suit the data.
    """
    check(network, params, data)
    data = network.prepare(params, data)
    model = network.build(params, data)
    model.compile(
        optimizer=network.optimizer(params, data, model),
        loss=losses.make_loss(params, data),
        metrics=losses.metrics(data),
    )
    callbacks = schedules.make_callbacks(params, epochs)
    return Training(
        model=model,
        data=data,
        batch_size=params["batch_size"],
        callbacks=callbacks,
        sample_weight=class_weights.sample_weight(params, data),
    )


@dataclass
class NetworkObjective:
    """Trains a network a trial; the data are loaded by the first and kept for all that follow."""

    task: Task
    network: Network
    _splits: Sequence[SearchData] | None = field(default=None, init=False, repr=False)

    def __call__(self, trial: optuna.Trial, /) -> float | list[float]:
        """Return the trial's value, NaN when training diverged (see `reporting.train_trial` for what is raised).

        Before the first trial trains: BackendError and DataError.
        """
        backend.prepare(self.task.train.backend)
        if self._splits is None:
            self._splits = load(self.network, self.task)
        params = self.network.completed(self.task.space.suggest(trial))
        make = partial(make_training, self.network, params, epochs=self.task.train.epochs)
        return train_trial(trial, self._splits, make, self.task)
