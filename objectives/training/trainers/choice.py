"""Which trainer a run gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from objectives.training.trainers.base import Trainer, Training
from objectives.training.trainers.keras_fit import FitTrainer
from objectives.training.trainers.program import ProgramTrainer

Compile = Literal["auto", "graph", "off"]


def make_trainer(training: Training, choice: Compile, seed_of: Callable[[int], int]) -> Trainer:
    """Return what trains that model. `seed_of(epoch)` decides the order of the rows in an epoch.

    "auto" takes the graph where it is known to be faster: on TensorFlow without a GPU. On a GPU `fit` compiles its
    steps with XLA.
    """
    import keras

    if choice == "off" or keras.config.backend() != "tensorflow":
        return FitTrainer(training, seed_of)
    if choice == "graph" or not _has_gpu():
        return ProgramTrainer(training, seed_of)
    return FitTrainer(training, seed_of)


def _has_gpu() -> bool:
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))
