import gc

import numpy as np
import optuna
import pytest
from pydantic import TypeAdapter

from objectives.data.arrays import SearchData, Splits
from objectives.data.settings import DataSettings
from objectives.hypermodel import HyperModel
from objectives.models import mlp, network
from objectives.space.dimensions import Dimension
from objectives.space.search_space import SearchSpace
from objectives.training import backend
from objectives.training.settings import TrainSettings
from objectives.training.task import Task
from objectives.training.trainers.sharing import POOL

DEFAULTS = mlp.MLP.defaults


def trains(task):
    return network.HyperModelObjective(task, mlp.MLP)


def data(shape=(64,), classes=10):
    """Two rows of each part."""
    x, y = np.linspace(0, 1, 2 * np.prod(shape), dtype=np.float32).reshape(2, *shape), np.array([0, 1])
    return SearchData(
        x_train=x, y_train=y, x_validation=x, y_validation=y, classes=classes, kind="table", source="made up"
    )


def build(params, shape=(64,), classes=10):
    return network.make_training(mlp.MLP, params, data(shape, classes), epochs=2).model


@pytest.fixture(scope="module")
def keras():
    backend.prepare("tensorflow")
    import keras

    return keras


def task(*, epochs=2, seed=7, metric="val_accuracy", direction="maximize", **dimensions):
    return Task(
        space=SearchSpace(TypeAdapter(dict[str, Dimension]).validate_python(dimensions)),
        data=DataSettings(),
        train=TrainSettings(epochs=epochs),
        metrics=(metric,),
        directions=(direction,),
        seed=seed,
    )


SMALL = {"units": 16, "layers": 1, "dropout": 0.1}


def test_what_the_space_says_is_what_is_built(keras):
    params = {**DEFAULTS, "layers": 3, "units": 20, "dropout": 0.25, "activation": "tanh"}
    model = build(params)
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    dropout = [layer for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    assert [layer.units for layer in dense] == [20, 20, 20, 10]
    assert [layer.activation.__name__ for layer in dense] == ["tanh", "tanh", "tanh", "softmax"]
    assert [layer.rate for layer in dropout] == [0.25, 0.25, 0.25]
    assert model.input_shape == (None, 64)


@pytest.mark.parametrize("name", mlp.PARAMETERS["optimizer"].choices)
def test_the_optimizer_gets_its_learning_rate_and_its_momentum(keras, name):
    params = {**DEFAULTS, **SMALL, "optimizer": name, "learning_rate": 3e-3, "momentum": 0.7}
    optimizer = build(params, (4,), 2).optimizer
    assert type(optimizer).__name__.lower() == name
    assert float(optimizer.learning_rate) == pytest.approx(3e-3)
    assert getattr(optimizer, "momentum", None) == (0.7 if name in ("sgd", "rmsprop") else None)


@pytest.mark.parametrize("name", mlp.PARAMETERS["activation"].choices)
def test_every_activation_is_one_of_keras(keras, name):
    build({**DEFAULTS, **SMALL, "activation": name}, (4,), 2)


@pytest.mark.parametrize(
    ("given", "units"),
    [
        ({"layers": 3, "units": 20}, [20, 20, 20]),
        ({"layers": 4, "units": 256, "widths": "tapered"}, [256, 128, 64, 32]),
        ({"layers": 4, "units": 20, "widths": "tapered"}, [20, 10, 8, 8]),
        ({"layers": 2, "units": 6, "widths": "tapered"}, [6, 6]),
        ({"layers": 3, "widths": "free", "units_1": 5, "units_3": 7}, [5, 128, 7]),
    ],
)
def test_widths_are_equal_tapered_or_free(keras, given, units):
    model = build({**DEFAULTS, **given})
    assert [layer.units for layer in model.layers if isinstance(layer, keras.layers.Dense)] == [*units, 10]


def test_a_layer_may_have_a_penalty_and_a_dropout_of_its_own(keras):
    params = {**DEFAULTS, "layers": 3, "l1": 0.25, "l2_2": 0.5, "l1_3": 0.0, "dropout": 0.125, "dropout_2": 0.75}
    model = build({**params, "dropout_3": 0.0, "input_dropout": 0.5})
    hidden = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)][:-1]
    penalties = [
        layer.kernel_regularizer and (layer.kernel_regularizer.l1, layer.kernel_regularizer.l2) for layer in hidden
    ]
    assert penalties == [(0.25, 0.0), (0.25, 0.5), None]
    assert [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)] == [0.5, 0.125, 0.75]


def test_maxout_is_the_largest_of_its_pieces(keras):
    model = build({**DEFAULTS, "layers": 1, "units": 3, "activation": "maxout", "maxout_pieces": 4}, (5,))
    x = np.random.default_rng(1).normal(size=(6, 5)).astype(np.float32)
    kernel, bias = model.layers[0].get_weights()
    hidden = (x @ kernel + bias).reshape(6, 4, 3).max(axis=1)
    found = keras.Model(model.inputs, model.layers[-2].output).predict(x, verbose=0)
    np.testing.assert_allclose(found, hidden, rtol=1e-5)


def test_normalization_comes_before_the_activation(keras):
    model = build(
        {**DEFAULTS, "layers": 1, "batch_normalization": True, "activation": "leaky_relu", "negative_slope": 0.5}
    )
    assert [type(layer).__name__ for layer in model.layers] == ["Dense", "BatchNormalization", "LeakyReLU", "Dense"]
    assert model.layers[2].negative_slope == 0.5


def test_no_weights_into_a_unit_outgrow_their_norm(keras):
    training = network.make_training(mlp.MLP, {**DEFAULTS, "max_norm": 0.125, "learning_rate": 1.0}, data(), epochs=1)
    training.model.fit(training.data.x_train, training.data.y_train, verbose=0)
    norms = [np.linalg.norm(layer.get_weights()[0], axis=0).max() for layer in training.model.layers]
    assert max(norms[:-1]) == pytest.approx(0.125, rel=1e-3)
    assert norms[-1] > 0.2


@pytest.mark.parametrize("name", mlp.PARAMETERS["initializer"].choices)
def test_every_layer_draws_its_own_weights(keras, name):
    params = {**DEFAULTS, "layers": 2, "units": 64, "initializer": name}
    one, two, *_ = (layer.get_weights()[0] for layer in build(params).layers)
    assert (one.std() == 0) == (two.std() == 0) == (name == "zeros")
    assert (one == two).all() == (name == "zeros")


def test_a_trial_learns_digits_and_its_number_decides_its_value(keras):
    searched = task(learning_rate={"low": 1e-3, "high": 1e-2, "log": True}, batch_size=32, **SMALL)
    values = []
    for objective in (trains(searched), trains(searched)):
        study = optuna.create_study(direction="maximize")
        study.enqueue_trial({"learning_rate": 0.01})
        study.enqueue_trial({"learning_rate": 0.01})
        study.optimize(objective, n_trials=2)
        values.append(study.trials)
    (one, two), (one_again, two_again) = values
    # Chance is 0.1; two epochs of 16 units give 0.7 or more.
    assert one.value > 0.5
    assert one.params == {"learning_rate": 0.01}
    assert one.user_attrs["ended"] == "all epochs"
    # Within rounding, since threads add in any order.
    curves = [trial.user_attrs["curves"]["val_loss"] for trial in (one, two, one_again, two_again)]
    assert curves[2] == pytest.approx(curves[0], rel=1e-4)
    assert curves[3] == pytest.approx(curves[1], rel=1e-4)
    assert curves[1] != pytest.approx(curves[0], rel=1e-3)


def models(keras):
    """All that live, but for those of shared programs."""
    gc.collect()
    shared = [id(programs.model) for programs in POOL._programs.values()]
    return [one for one in gc.get_objects() if isinstance(one, keras.Sequential) and id(one) not in shared]


def test_data_are_loaded_once_and_models_are_let_go(keras, monkeypatch):
    loads = []
    load = network.load_search_data
    monkeypatch.setattr(
        network, "load_search_data", lambda *given, **named: loads.append(given) or load(*given, **named)
    )
    objective = trains(task(epochs=1, **SMALL))
    study = optuna.create_study(direction="maximize")
    study.optimize(objective, n_trials=3)
    assert len(loads) == 1
    assert models(keras) == []


def test_a_trial_that_fails_lets_its_model_go_too(keras):
    said = ""
    try:
        trains(task(units="many"))(optuna.create_study().ask())
    except ValueError as error:
        said = str(error)
    assert "units" in said
    assert models(keras) == []


def test_a_loss_may_be_the_metric(keras):
    study = optuna.create_study(direction="minimize")
    study.optimize(trains(task(metric="val_loss", direction="minimize", **SMALL)), n_trials=1)
    trial = study.best_trial
    assert trial.value == min(trial.intermediate_values.values())
    assert trial.user_attrs["value_rule"] == "best val_loss"


def test_an_objective_holds_nothing_but_its_task_and_what_a_search_may_see(keras):
    objective = trains(task(epochs=1, **SMALL))
    objective(optuna.create_study().ask())
    assert [type(held) for held in vars(objective).values()] == [Task, HyperModel, Splits]
    assert [type(held) for held in objective._splits] == [SearchData]
