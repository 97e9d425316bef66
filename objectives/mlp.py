"""The family `mlp`: fully connected layers of equal width, a softmax over the classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from objectives import backend
from objectives.data import SearchData, load_search_data
from objectives.evaluation import evaluate
from objectives.metrics import BETTER
from objectives.objective import Family, Parameter, Scalar, Task
from objectives.training import Training

if TYPE_CHECKING:
    import optuna

# Name in a study file -> name in keras.optimizers, and whether it has momentum.
_OPTIMIZERS = {
    "sgd": ("SGD", True),
    "rmsprop": ("RMSprop", True),
    "adam": ("Adam", False),
    "adamw": ("AdamW", False),
    "adamax": ("Adamax", False),
    "nadam": ("Nadam", False),
}

# Each is the name of a function in keras.activations.
_ACTIVATIONS = ("relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus", "tanh", "sigmoid")

PARAMETERS: Mapping[str, Parameter] = {
    "layers": Parameter(kind=int, default=2, low=1, help="hidden layers"),
    "units": Parameter(kind=int, default=128, low=1, help="units of each hidden layer"),
    "dropout": Parameter(kind=float, default=0.0, low=0.0, high=0.95, help="share dropped after each hidden layer"),
    "activation": Parameter(kind=str, default="relu", choices=_ACTIVATIONS, help="of the hidden layers"),
    "optimizer": Parameter(kind=str, default="adam", choices=tuple(_OPTIMIZERS), help="Keras's optimizer"),
    "momentum": Parameter(kind=float, default=0.0, low=0.0, high=1.0, help="of sgd and rmsprop; others have none"),
    "learning_rate": Parameter(kind=float, default=1e-3, low=1e-12, help="step size of the optimizer"),
    "batch_size": Parameter(kind=int, default=64, low=1, help="rows in one step"),
}

# As TOML would have it; the gallery's digits_mlp searches the same.
DEFAULT_SPACE: Mapping[str, Any] = {
    "layers": {"low": 1, "high": 3},
    "units": {"choices": [64, 128, 256]},
    "dropout": {"low": 0.0, "high": 0.5},
    "optimizer": {"choices": ["sgd", "rmsprop", "adam"]},
    "momentum": {"low": 0.0, "high": 0.99, "when": {"optimizer": ["sgd", "rmsprop"]}},
    "learning_rate": {"low": 1e-4, "high": 1e-1, "log": True},
    "batch_size": {"choices": [32, 64, 128]},
}

DEFAULT_METRIC = "val_accuracy"


def build_model(params: Mapping[str, Any], input_shape: tuple[int, ...], classes: int) -> Any:
    """Return a compiled `keras.Model` from `input_shape` (without the batch) to `classes` probabilities.

    `params` has a value for every name in PARAMETERS but `batch_size`; labels are integers.
    """
    import keras

    model = keras.Sequential([keras.Input(input_shape)])
    for _ in range(params["layers"]):
        model.add(keras.layers.Dense(params["units"], activation=params["activation"]))
        if params["dropout"] > 0:
            model.add(keras.layers.Dropout(params["dropout"]))
    model.add(keras.layers.Dense(classes, activation="softmax"))
    model.compile(optimizer=_optimizer(params), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _optimizer(params: Mapping[str, Any]) -> Any:
    import keras

    name, has_momentum = _OPTIMIZERS[params["optimizer"]]
    momentum = {"momentum": params["momentum"]} if has_momentum else {}
    return getattr(keras.optimizers, name)(learning_rate=params["learning_rate"], **momentum)


@dataclass
class MlpObjective:
    """Trains one network a trial; the data are loaded by the first and kept for all that follow."""

    task: Task
    _data: SearchData | None = field(default=None, init=False, repr=False)

    def __call__(self, trial: optuna.Trial, /) -> float | list[float]:
        """Return the trial's value, NaN when training diverged (see evaluation.evaluate for what is raised).

        Before the first trial trains: BackendFault and DataFault.
        """
        backend.prepare(self.task.train.backend)
        if self._data is None:
            self._data = load_search_data(self.task.data, self.task.seed)
        defaults: dict[str, Scalar] = {name: parameter.default for name, parameter in PARAMETERS.items()}
        params: dict[str, Any] = {**defaults, **self.task.space.suggest(trial)}

        def make(data: SearchData) -> Training:
            model = build_model(params, data.x_train.shape[1:], data.classes)
            return Training(model=model, data=data, batch_size=params["batch_size"])

        return evaluate(trial, [self._data], make, self.task)


MLP = Family(
    name="mlp",
    summary="fully connected network on a data set of pictures",
    parameters=PARAMETERS,
    space=DEFAULT_SPACE,
    metrics=BETTER,
    default_metric=DEFAULT_METRIC,
    trains=True,
    build=MlpObjective,
)
