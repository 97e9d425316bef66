"""What trainings must have in common to share one program, and the numbers in which they may differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import keras

    from objectives.training.trainers.base import Training
    from objectives.training.trainers.rows import Rows

Numbers: TypeAlias = Mapping[str, Sequence[str]]
# Attribute of a layer, or of an optimizer -> a number that may be any number, as long as it is not 0 in one and more in
# another: Keras leaves out what is 0.
_OF_LAYERS: Numbers = {"Dropout": ("rate",), "BatchNormalization": ("momentum",)}
_OF_PENALTIES: Numbers = {"L1L2": ("l1", "l2")}
_OF_OPTIMIZERS: Numbers = {
    "SGD": ("momentum",),
    "RMSprop": ("momentum", "rho"),
    "Adam": ("beta_1", "beta_2"),
    "AdamW": ("beta_1", "beta_2"),
    "Adamax": ("beta_1", "beta_2"),
    "Nadam": ("beta_1", "beta_2"),
}
# Whose shapes follow from their inputs, whatever these are.
_LAYERS = ("Dense", "Activation", "LeakyReLU", "Flatten", *_OF_LAYERS)
# Of which TensorFlow makes the same operations whether it knows the shapes or not.
_ACTIVATIONS = ("relu", "elu", "selu", "softplus", "tanh", "sigmoid", "softmax", "linear")
# What says nothing about the program: names, and how the first weights and the states of random layers are drawn.
_IRRELEVANT = ("name", "seed", "kernel_initializer", "bias_initializer", "learning_rate", "build_config")
_INITIALIZERS = ("beta_initializer", "gamma_initializer", "moving_mean_initializer", "moving_variance_initializer")


def structure_of(training: Training, rows: Rows) -> str | None:
    """Return a text that trainings with the same program have in common; None where it shares it with no other.

    Widths, batch size, learning rate, rates of dropout, penalties and the optimizer's momenta may differ.
    """
    import keras

    model = training.model
    layers, optimizer = model.layers, model.optimizer
    if type(model) is not keras.Sequential or training.metrics is None or model.run_eagerly:
        return None
    if any(layer.compute_dtype != "float32" for layer in layers):
        return None
    if any(type(layer) is not getattr(keras.layers, type(layer).__name__, None) for layer in layers):
        return None
    if not layers or any(type(layer).__name__ not in _LAYERS for layer in layers) or not _ends_in_dense(layers):
        return None
    if any(layer.get_config().get("activation", "linear") not in _ACTIVATIONS for layer in layers):
        return None
    if type(optimizer).__name__ not in _OF_OPTIMIZERS or not hasattr(optimizer, "learning_rate"):
        return None
    loss = model.loss if isinstance(model.loss, str) else _config(model.loss)
    if loss is None:
        return None
    facts = {
        "layers": [_of_layer(layer, is_last=layer is layers[-1]) for layer in layers],
        "optimizer": _of(optimizer, _OF_OPTIMIZERS),
        "loss": loss,
        "metrics": [metric if isinstance(metric, str) else metric.name for metric in training.metrics],
        "target": None if training.data.target is None else training.data.target.deviation,
        "rows": [[str(one.dtype), list(one.shape[1:])] for one in (*rows.train, *rows.validation)],
    }
    return json.dumps(facts, sort_keys=True, default=str)


def numbers_of(model: keras.Model) -> Iterator[tuple[object, str]]:
    """Yield who has a number that may differ, and under which name, always in the same order; what is 0 is left out."""
    for layer in model.layers:
        yield from _having(layer, _OF_LAYERS)
        if (penalty := getattr(layer, "kernel_regularizer", None)) is not None:
            yield from _having(penalty, _OF_PENALTIES)
    yield from _having(model.optimizer, _OF_OPTIMIZERS)


def _having(owner: object, table: Numbers) -> Iterator[tuple[object, str]]:
    for name in table.get(type(owner).__name__, ()):
        if getattr(owner, name) != 0:
            yield owner, name


def _ends_in_dense(layers: list[keras.Layer]) -> bool:
    return type(layers[-1]).__name__ == "Dense"


def _of_layer(layer: keras.Layer, *, is_last: bool) -> dict[str, Any]:
    found = _of(layer, _OF_LAYERS)
    if "units" in found and not is_last:
        # Keras adds a single bias in another way.
        found["units"] = found["units"] == 1
    if (penalty := getattr(layer, "kernel_regularizer", None)) is not None:
        found["kernel_regularizer"] = _of(penalty, _OF_PENALTIES)
    return found


def _of(owner: Any, table: Numbers) -> dict[str, Any]:
    """The configuration without what may differ, and which numbers of it are 0."""
    config = {name: value for name, value in owner.get_config().items() if name not in (*_IRRELEVANT, *_INITIALIZERS)}
    kind = type(owner).__name__
    return {**config, **{name: config[name] == 0 for name in table.get(kind, ())}, "class": kind}


def _config(loss: Any) -> dict[str, Any] | None:
    """The configuration of a loss of Keras's own; None of any other."""
    import keras

    kind = type(loss).__name__
    if type(loss) is not getattr(keras.losses, kind, None):
        return None
    return {**loss.get_config(), "class": kind}
