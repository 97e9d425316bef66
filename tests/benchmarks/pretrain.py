"""Train a small convolutional network on the digits 0 to 4: the base of the gallery's study mnist_transfer.

    STUDYHALL_DATA=FOLDER python tests/benchmarks/pretrain.py [FILE.keras]

reads FOLDER/mnist.npz, trains three epochs on the 30,596 training images of these digits, and writes the model
without its optimizer; unless a file is given, as studies/gallery/mnist_0_to_4.keras.
"""

import os
import sys
from pathlib import Path

import keras
import numpy as np
from helpers.paths import ROOT

BASE = ROOT / "studies" / "gallery" / "mnist_0_to_4.keras"

with np.load(Path(os.environ["STUDYHALL_DATA"]) / "mnist.npz") as archive:
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
        keras.layers.Conv2D(32, 3, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(5, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, batch_size=64, epochs=3, validation_split=0.1)
# A model that was never compiled has no optimizer, whose moments would be two thirds of the file.
keras.Model(model.inputs, model.outputs).save(sys.argv[1] if sys.argv[1:] else BASE)
