"""Small networks for tests: the training of a hypermodel with given parameters on a few rows."""

import numpy as np

from objectives.data.arrays import SearchData
from objectives.models.network import make_training
from objectives.registry import HYPERMODELS

# Every hypermodel's networks at their smallest.
SMALL = {
    "mlp": {"layers": 2, "units": 12},
    "cnn": {"blocks": 2, "filters": 2, "units": 3},
    "resnet": {"stages": 2, "filters": 2},
    "tabular": {"layers": 2, "units": 12},
    "sequence": {"max_tokens": 6, "sequence_length": 4, "embedding_dim": 3, "units": 2},
    "transfer": {},
}
SHAPES = dict.fromkeys(("cnn", "resnet", "transfer"), (6, 6, 3)) | {"mlp": (8,), "tabular": (8,), "sequence": ()}
WORDS = ("call", "me", "free", "prize", "gratis", "now", "and", "win", "phone")


def write_files(folder):
    """What parameters name, by hypermodel: a small model, and groups of synonyms."""
    import keras

    layers = keras.layers
    small = keras.Sequential(
        [keras.Input((6, 6, 3)), layers.Conv2D(2, 3), layers.BatchNormalization(), layers.Conv2D(2, 3),
         layers.Conv2D(2, 1), layers.Flatten(), layers.Dense(4, activation="softmax")]
    )  # fmt: skip
    small.save(folder / "small.keras")
    (folder / "synonyms.txt").write_text("free gratis\nCall, phone\n")
    return {
        "transfer": {"backbone": str(folder / "small.keras")},
        "sequence": {"synonyms": str(folder / "synonyms.txt")},
    }


def rows(shape, classes=3, count=12):
    """Random rows of that shape, with classes or (None) numbers."""
    random = np.random.default_rng(1)
    if shape == ():
        x = np.array([" ".join(random.choice(WORDS, 6)) for _ in range(count)], object)
    else:
        x = random.random((count, *shape), dtype=np.float32)
    y = random.random(count, dtype=np.float32) if classes is None else np.arange(count) % classes
    return SearchData(
        x_train=x,
        y_train=y,
        x_validation=x,
        y_validation=y,
        classes=classes,
        kind={0: "text", 1: "table"}.get(len(shape), "image"),
        source="made up",
    )


def training(hypermodel, *, classes=3, epochs=4, **params):
    """What would be trained, with the hypermodel's defaults for what is not given."""
    import keras

    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    made = HYPERMODELS[hypermodel]
    return make_training(made, {**made.defaults, **params}, rows(SHAPES[hypermodel], classes), epochs=epochs)
