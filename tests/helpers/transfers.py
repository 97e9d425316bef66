"""A small pretrained network, and the training of a transfer from it."""

import numpy as np

from objectives.data.arrays import SearchData
from objectives.models import transfer
from objectives.models.network import make_training

DEFAULTS = transfer.TRANSFER.defaults


def images(shape=(8, 8, 1), rows=40, classes=3, seed=1):
    x = np.random.default_rng(seed).random((rows, *shape), dtype=np.float32)
    y = np.arange(rows) % classes
    return SearchData(
        x_train=x, y_train=y, x_validation=x, y_validation=y, classes=classes, source="made up", kind="image"
    )


def small(keras, side=8, channels=1):
    """Three layers that learn, one of them within a limit, and batch normalization that has seen images."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((side, side, channels)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Conv2D(4, 3, kernel_constraint=keras.constraints.MaxNorm(9.0)),
            layers.Dropout(0.5),
            layers.Conv2D(3, 1),
            layers.Flatten(),
            layers.Dense(8, activation="relu"),
            layers.Dense(5, activation="softmax"),
        ]
    )


def make(data=None, **params):
    return make_training(transfer.TRANSFER, {**DEFAULTS, **params}, data or images(), epochs=4)
