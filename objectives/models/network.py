"""The trial of every hypermodel: data loaded once, a model built, trained and forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from objectives.data.arrays import SearchData, Splits
from objectives.data.loading import load_search_data
from objectives.data.readers.memory import enough_memory
from objectives.errors import DataError
from objectives.hypermodel import HyperModel
from objectives.models.parts import class_weights, losses, optimizers, schedules
from objectives.space.parameters import Parameter, Params
from objectives.training import backend
from objectives.training.reporting import train_trial
from objectives.training.task import Task
from objectives.training.trainers.base import Training

if TYPE_CHECKING:
    import optuna

# What every hypermodel has, whatever its layers are.
COMMON_PARAMETERS: Mapping[str, Parameter] = {
    **optimizers.PARAMETERS,
    **schedules.PARAMETERS,
    **losses.PARAMETERS,
    "batch_size": Parameter(kind=int, default=64, low=1, help="rows of one training step"),
}


def check_params(hypermodel: HyperModel, params: Params, data: SearchData) -> None:
    """Raise DataError where the parameters cannot go with the data; what is left out has its default. No Keras."""
    params = hypermodel.completed(params)
    losses.check(params, data)
    class_weights.check(params, data)
    hypermodel.check(params, data)


def load_splits(hypermodel: HyperModel, task: Task) -> Splits:
    """Load what the model is to be trained on.

    Raises:
        DataError: where the data cannot be had, and where the network reads no data of that kind.
    """
    with enough_memory(task.data.dataset):
        splits = load_search_data(task.data, task.seed, fraction=task.train.fraction)
        data = splits[0]
    if data.kind not in hypermodel.reads:
        raise DataError(f"{data.source} holds {data.kind}s, and {hypermodel.name} reads: {', '.join(hypermodel.reads)}")
    return splits


def make_training(hypermodel: HyperModel, params: Params, data: SearchData, *, epochs: int) -> Training:
    """Return a fresh model for that data, with its batch size and its schedule over `epochs`.

    Raises DataError where the parameters do not suit the data.
    """
    check_params(hypermodel, params, data)
    data = hypermodel.prepare(params, data).with_standard_target()
    model = hypermodel.build(params, data)
    optimizer = hypermodel.optimizer(params, data, model) if hypermodel.optimizer else optimizers.make_optimizer(params)
    metrics = losses.metrics(data)
    model.compile(optimizer=optimizer, loss=losses.make_loss(params, data), metrics=metrics)
    callbacks = schedules.make_callbacks(params, epochs)
    return Training(
        model=model,
        data=data,
        batch_size=params["batch_size"],
        metrics=metrics,
        callbacks=callbacks,
        sample_weight=class_weights.sample_weight(params, data),
    )


@dataclass
class HyperModelObjective:
    """Trains a model a trial; the data are loaded once and kept for all trials."""

    task: Task
    hypermodel: HyperModel
    _splits: Splits | None = field(default=None, init=False, repr=False)

    def __call__(self, trial: optuna.Trial, /) -> float | list[float]:
        """Return the trial's value, NaN when training diverged (see `reporting.train_trial` for what is raised).

        Before the first trial trains: BackendError and DataError.
        """
        splits = self.load()
        params = self.hypermodel.completed(self.task.space.suggest(trial))
        make = partial(make_training, self.hypermodel, params, epochs=self.task.train.epochs)
        return train_trial(trial, splits, make, self.task)

    def load(self) -> Splits:
        """Prepare the backend and return the data, loaded the first time.

        Raises:
            BackendError: Keras cannot run on the backend.
            DataError: the data cannot be had, or do not go with the hypermodel.
        """
        backend.prepare(self.task.train.backend)
        if self._splits is None:
            self._splits = load_splits(self.hypermodel, self.task)
        return self._splits
