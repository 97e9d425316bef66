"""Train a small convolutional network on the digits 0 to 4 and save it as the base of the study mnist_transfer.

    STUDYHALL_DATA=FOLDER python tests/benchmarks/pretrain.py

reads FOLDER/mnist.npz, trains three epochs on the 30,596 training pictures of these digits, and writes
FOLDER/mnist_0_to_4.keras.
"""

import os
from pathlib import Path

import keras
import numpy as np

folder = Path(os.environ["STUDYHALL_DATA"])
with np.load(folder / "mnist.npz") as archive:
    x, y = archive["x_train"], archive["y_train"]
x, y = x[y <= 4, :, :, None].astype(np.float32) / 255, y[y <= 4]

keras.utils.set_random_seed(7)
model = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(32, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(5, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, batch_size=128, epochs=3, validation_split=0.1)
model.save(folder / "mnist_0_to_4.keras")
