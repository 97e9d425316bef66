"""Which trainer a run gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

from objectives.training.trainers.base import Trainer, Training
from objectives.training.trainers.keras_fit import FitTrainer
from objectives.training.trainers.program import ProgramTrainer
from objectives.training.trainers.rows import Rows
from objectives.training.trainers.sharing import POOL

if TYPE_CHECKING:
    import keras

Compile = Literal["auto", "graph", "off"]

# Those whose numbers are the same in a program and in `fit`; of gelu and silu the last bits differ.
_EXACT = {"linear", "relu", "leaky_relu", "elu", "selu", "softplus", "softmax", "tanh", "sigmoid"}


def make_trainer(training: Training, choice: Compile, seed_of: Callable[[int], int]) -> Trainer:
    """Return what trains that model. `seed_of(epoch)` decides the order of the rows in an epoch.

    "auto" takes the graph where it is faster and gives the same to the last bit: on TensorFlow without a GPU, for
    networks of the usual activations. On a GPU `fit` compiles its steps with XLA.
    """
    import keras

    if choice == "off" or keras.config.backend() != "tensorflow":
        return FitTrainer(training, seed_of)
    if choice == "auto" and (_has_gpu() or not _is_exact(training.model)):
        return FitTrainer(training, seed_of)
    rows = Rows.of(training)
    return ProgramTrainer(training, rows, POOL.programs_for(training, rows), seed_of)


def _has_gpu() -> bool:
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def _is_exact(model: keras.Model) -> bool:
    import keras

    activations = (getattr(layer, "activation", None) for layer in _leaves(model))
    names = {getattr(one, "__name__", type(one).__name__) for one in activations if one is not None}
    return names <= _EXACT and not isinstance(model.loss, keras.losses.LogCosh)


def _leaves(model: keras.Model) -> Iterator[keras.Layer]:
    for layer in model.layers:
        yield from _leaves(layer) if hasattr(layer, "layers") else (layer,)
