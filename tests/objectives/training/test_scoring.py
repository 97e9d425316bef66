"""Which metrics can be objectives, one or many, and which epoch's values they have."""

import math

import numpy as np
import pytest
from helpers.attempts import Attempt, Checkpoint, PruneAt, Scripted, ask, reports, task, train

from objectives.data.arrays import SearchData
from objectives.errors import TrainingError
from objectives.training import backend
from objectives.training.metrics import fit_for
from objectives.training.reporting import train_trial
from objectives.training.trainers.base import Training


@pytest.fixture(scope="module", autouse=True)
def keras():
    backend.prepare("tensorflow")
    import keras

    return keras


def digits(classes, rows=360):
    from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits

    loaders = {10: load_digits, 2: load_breast_cancer, None: load_diabetes}
    x, y = loaders[classes](return_X_y=True)
    x = ((x - x.mean(0)) / (x.std(0) + 1e-6)).astype(np.float32)
    y = (y / 100).astype(np.float32) if classes is None else y.astype(np.int64)
    half = rows // 2
    return SearchData(
        x_train=x[:half],
        y_train=y[:half],
        x_validation=x[half:rows],
        y_validation=y[half:rows],
        classes=classes,
        kind="table",
        source="scikit-learn",
    )


@pytest.fixture
def network(keras):
    def make(units, activation, loss, metrics):
        def build(data):
            layers = [keras.layers.Dense(8, "relu"), keras.layers.Dense(units, activation)]
            model = keras.Sequential([keras.Input(data.x_train.shape[1:]), *layers])
            model.compile(optimizer="adam", loss=loss, metrics=metrics)
            return Training(model=model, data=data, batch_size=32)

        return build

    return make


@pytest.mark.parametrize(
    ("classes", "kind", "output"),
    [
        (10, "classes", (10, "softmax", "sparse_categorical_crossentropy", ["accuracy"])),
        (2, "binary", (2, "softmax", "sparse_categorical_crossentropy", ["accuracy"])),
        (2, "binary", (1, "sigmoid", "binary_crossentropy", ["accuracy"])),
        (None, "regression", (1, None, "mse", ["mae"])),
    ],
)
def test_every_metric_that_fits_can_be_an_objective_and_all_at_once(network, classes, kind, output):
    names = [name for name in fit_for(kind) if classes != 2 or "top" not in name]
    trial = ask(*names)
    values = train_trial(trial, [digits(classes)], network(*output), task(*names, epochs=2))
    found = dict(zip(names, values, strict=True))
    assert all(map(math.isfinite, values))
    assert found["seconds"] > 0
    # What Keras and scikit-learn both know must be the same.
    if classes is None:
        assert found["val_mse"] == pytest.approx(found["val_loss"], rel=1e-4)
    else:
        assert found["val_recall_micro"] == pytest.approx(found["val_accuracy"], abs=1e-6)
        assert found["val_log_loss"] == pytest.approx(found["val_loss"], rel=1e-3)
    assert trial.user_attrs["curves"].keys() == {*names}


def test_a_metric_that_keras_does_not_log_can_stop_and_prune(network):
    given = task("val_f1", epochs=6, early_stopping={"patience": 1, "min_delta": 1.0})
    pruner = PruneAt()
    trial = ask("val_f1", pruner=pruner)
    build = network(10, "softmax", "sparse_categorical_crossentropy", ["accuracy"])
    value = train_trial(trial, [digits(10)], build, given)
    assert trial.user_attrs["ended"] == "early stopping"
    assert value == max(reports(trial).values())
    assert pruner.asked == [0]


def test_all_values_are_of_the_epoch_that_is_best_by_the_first_quality():
    trial, values = train(Scripted([0.5, 0.9, 0.1]), task("parameters", "val_accuracy", "val_loss", epochs=3))
    losses = trial.user_attrs["curves"]["val_loss"]
    assert values == [10.0, 0.9, pytest.approx(losses[1], rel=1e-5)]
    assert len(set(losses)) == 3
    assert trial.user_attrs["value_rule"] == "best val_accuracy"


def test_a_worker_can_interrupt_a_trial_of_several_objectives():
    names = ("val_accuracy", "parameters")
    first, checkpoint = ask(*names), Checkpoint()
    asked, stop_at = [], 2

    def asked_to_stop(_):
        asked.append(None)
        return len(asked) == stop_at

    for _ in range(2):
        trial = Attempt(first, checkpoint, asked_to_stop)
        _, values = train(Scripted([0.2, 0.6, 0.4]), task(*names, epochs=3), trial=trial)
    assert values == [0.6, 10.0]
    assert trial.user_attrs["resumed_at"] == [2]
    # The second epoch is heard of again, since the first attempt ended there.
    assert len(asked) == 4


def test_a_metric_that_the_data_do_not_have_is_refused_before_anything_trains(network):
    trial = ask("val_accuracy")
    with pytest.raises(TrainingError, match=r'no classes; allowed: .*val_r2.*; .*say data\.task = "classification"'):
        train_trial(trial, [digits(None)], network(1, None, "mse", ["mae"]), task("val_accuracy", epochs=1))
    assert reports(trial) == {}
