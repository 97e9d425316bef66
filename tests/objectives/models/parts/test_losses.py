"""The loss and the output of two classes, of several, and of a number."""

import numpy as np
import pytest
from helpers.networks import training

from objectives.errors import DataError
from objectives.models.parts import losses
from objectives.training import backend

LABELS = np.array([0, 2, 1])
GUESSES = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.5, 0.25, 0.25]], dtype=np.float32)
RIGHT = GUESSES[np.arange(3), LABELS]


@pytest.fixture(scope="module", autouse=True)
def keras():
    backend.prepare("tensorflow")
    import keras

    return keras


def loss_of(keras, classes, labels, guesses, **params):
    model = training("mlp", classes=classes, **params).model
    made = model.loss if callable(model.loss) else keras.losses.get(model.loss)
    # As Keras does with a loss of one's own: the mean over the rows.
    return float(np.mean(keras.ops.convert_to_numpy(made(labels, guesses))))


SEVERAL = {
    "auto": ({}, -np.log(RIGHT)),
    "crossentropy": ({}, -np.log(RIGHT)),
    "smoothed": (
        {"loss": "crossentropy", "label_smoothing": 0.3},
        -0.7 * np.log(RIGHT) - 0.1 * np.log(GUESSES).sum(axis=1),
    ),
    "focal": ({"focal_gamma": 2.0}, -((1 - RIGHT) ** 2) * np.log(RIGHT)),
    "focal without a focus": ({"loss": "focal", "focal_gamma": 0.0}, -np.log(RIGHT)),
    "brier": ({}, ((GUESSES - np.eye(3)[LABELS]) ** 2).sum(axis=1)),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_of_several_classes(keras, name):
    params, of_rows = SEVERAL[name]
    params = {"loss": name, **params}
    params["loss"] = params["loss"] if params["loss"] in losses.PARAMETERS["loss"].choices else "crossentropy"
    assert loss_of(keras, 3, LABELS, GUESSES, **params) == pytest.approx(of_rows.mean(), rel=1e-4)


@pytest.mark.parametrize("name", ["auto", "crossentropy", "focal", "brier"])
def test_of_two_classes(keras, name):
    labels, guesses = np.array([0, 1]), np.array([[0.2], [0.6]], dtype=np.float32)
    right = np.array([0.8, 0.6])
    logs = -np.log(right)
    of_rows = {"focal": (1 - right) ** 2 * logs, "brier": (1 - right) ** 2}.get(name, logs)
    assert loss_of(keras, 2, labels, guesses, loss=name) == pytest.approx(of_rows.mean(), rel=1e-4)


@pytest.mark.parametrize("name", ["auto", "mse", "mae", "huber", "log_cosh"])
def test_of_a_number(keras, name):
    found, wanted = np.array([[1.0], [4.0]], dtype=np.float32), np.array([0.5, 1.0], dtype=np.float32)
    error = np.array([0.5, 3.0])
    of_rows = {"mae": error, "huber": np.array([0.125, 2 * 3 - 2]), "log_cosh": np.log(np.cosh(error))}
    expected = of_rows.get(name, error**2).mean()
    assert loss_of(keras, None, wanted, found, loss=name, huber_delta=2.0) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("classes", "metric", "shape", "activation"),
    [(None, "mae", (12, 1), "linear"), (2, "accuracy", (12, 1), "sigmoid"), (3, "accuracy", (12, 3), "softmax")],
)
def test_each_task_has_its_output_and_its_metric(keras, classes, metric, shape, activation):
    made = training("mlp", classes=classes)
    history = made.model.fit(made.data.x_train, made.data.y_train, verbose=0).history
    assert set(history) == {"loss", metric}
    assert made.model.layers[-1].activation.__name__ == activation
    assert made.model.predict(made.data.x_train, verbose=0).shape == shape


@pytest.mark.parametrize(
    ("classes", "params", "words"),
    [
        (3, {"loss": "huber"}, 'space.loss = "huber" is for numbers'),
        (None, {"loss": "focal"}, 'space.loss = "focal" is for classes'),
        (None, {"label_smoothing": 0.1}, "space.label_smoothing is for classes"),
    ],
)
def test_a_loss_of_another_task_is_refused(classes, params, words):
    with pytest.raises(DataError, match=words):
        training("mlp", classes=classes, **params)
