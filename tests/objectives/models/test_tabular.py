"""Tables: skewed classes can be weighed, and numbers far from nought are learned."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

from objectives.data.arrays import SearchData
from objectives.errors import DataError
from objectives.models import tabular
from objectives.models.network import make_training
from objectives.models.parts import class_weights
from objectives.training import backend
from objectives.training.trainers.batches import EpochOrder, training_batches

DEFAULTS = tabular.TABULAR.defaults


@pytest.fixture(scope="module")
def keras():
    backend.prepare("tensorflow")
    import keras

    return keras


def data(x, y, classes, *, train=0.7):
    order = np.random.default_rng(1).permutation(len(x))
    first, rest = np.split(order, [int(train * len(x))])
    mean, deviation = x[first].mean(axis=0), x[first].std(axis=0)
    x_train, x_validation = (((x[rows] - mean) / deviation).astype(np.float32) for rows in (first, rest))
    return SearchData(
        x_train=x_train,
        y_train=y[first],
        x_validation=x_validation,
        y_validation=y[rest],
        classes=classes,
        source="made up",
        kind="table",
    )


def trained(keras, rows, *, epochs, seed=1, **params):
    keras.utils.set_random_seed(seed)
    made = make_training(tabular.TABULAR, {**DEFAULTS, **params}, rows, epochs=epochs)
    order = EpochOrder(rows=len(rows.x_train), seed_of=lambda epoch: epoch)
    made.model.fit(
        training_batches(made.data.x_train, made.data.y_train, made.batch_size, order, made.sample_weight),
        epochs=epochs,
        shuffle=False,
        verbose=0,
    )
    return made


@pytest.mark.parametrize(("load", "classes", "least"), [(load_breast_cancer, 2, 0.93), (load_wine, 3, 0.9)])
def test_it_learns_two_classes_and_several(keras, load, classes, least):
    made = trained(keras, data(*load(return_X_y=True), classes), epochs=15, learning_rate=5e-3)
    assert made.model.output_shape == (None, 1 if classes == 2 else classes)
    assert made.model.evaluate(made.data.x_validation, made.data.y_validation, verbose=0)[1] > least


def test_it_learns_numbers_far_from_nought_in_a_few_epochs(keras):
    x, y = load_diabetes(return_X_y=True)
    rows = data(x, y.astype(np.float32), None)
    made = trained(keras, rows, epochs=10)
    error = made.model.evaluate(made.data.x_validation, made.data.y_validation, verbose=0)[1]
    # The mean alone is off by 62; what is logged has the unit of the targets.
    assert 35 < error < 52
    found = made.data.target.undo(made.model.predict(made.data.x_validation, verbose=0)[:, 0])
    assert error == pytest.approx(np.abs(found - rows.y_validation).mean(), rel=1e-4)


def skewed():
    """2,000 rows in 60 of which there is something, at a place that ordinary rows have too."""
    random = np.random.default_rng(3)
    ordinary, odd = random.normal(0, 1, (1940, 2)), random.normal(1.4, 1, (60, 2))
    return data(np.vstack([ordinary, odd]), np.repeat([0, 1], [1940, 60]), 2)


def test_balanced_weights_find_the_rare_class(keras):
    rows, recalls = skewed(), {}
    for weights in ("none", "balanced"):
        made = trained(keras, rows, epochs=5, class_weight=weights, learning_rate=5e-3)
        found = made.model.predict(rows.x_validation, batch_size=512, verbose=0)[:, 0] > 0.5
        recalls[weights] = found[rows.y_validation == 1].mean()
    assert recalls["none"] < 0.5
    assert recalls["balanced"] > 0.7


def test_every_class_weighs_the_same_and_the_mean_weight_is_one():
    rows = skewed()
    weights = class_weights.sample_weight({"class_weight": "balanced"}, rows)
    assert weights.dtype == np.float32
    assert weights.mean() == pytest.approx(1.0, rel=1e-5)
    assert weights[rows.y_train == 1].sum() == pytest.approx(weights[rows.y_train == 0].sum(), rel=1e-5)
    assert class_weights.sample_weight({"class_weight": "none"}, rows) is None
    assert class_weights.sample_weight({}, rows) is None


def test_numbers_have_no_classes_to_weigh():
    x, y = load_diabetes(return_X_y=True)
    with pytest.raises(DataError, match=r"space.class_weight is for classes"):
        class_weights.check({"class_weight": "balanced"}, data(x, y.astype(np.float32), None))


def test_weights_change_the_training_loss_alone(keras):
    rows = skewed()
    keras.utils.set_random_seed(1)
    made = make_training(
        tabular.TABULAR, {**DEFAULTS, "class_weight": "balanced", "learning_rate": 1e-12}, rows, epochs=1
    )
    order = EpochOrder(rows=len(rows.x_train), seed_of=lambda epoch: epoch)
    batches = training_batches(rows.x_train, rows.y_train, 64, order, made.sample_weight)
    logs = made.model.fit(batches, validation_data=(rows.x_train, rows.y_train), shuffle=False, verbose=0).history
    assert logs["val_accuracy"][0] == pytest.approx(logs["accuracy"][0], abs=1e-6)
    assert abs(logs["val_loss"][0] - logs["loss"][0]) > 0.01
