import gc

import optuna
import pytest
from pydantic import TypeAdapter

from objectives import backend, mlp
from objectives.data import SearchData
from objectives.objective import Task
from objectives.settings import DataSettings, TrainSettings
from objectives.space import Dimension, Space

DEFAULTS = {name: parameter.default for name, parameter in mlp.PARAMETERS.items()}


@pytest.fixture(scope="module")
def keras():
    backend.prepare("tensorflow")
    import keras

    return keras


def task(*, epochs=2, seed=7, metric="val_accuracy", direction="maximize", **dimensions):
    return Task(
        space=Space(TypeAdapter(dict[str, Dimension]).validate_python(dimensions)),
        data=DataSettings(),
        train=TrainSettings(epochs=epochs),
        metrics=(metric,),
        directions=(direction,),
        seed=seed,
    )


SMALL = {"units": 16, "layers": 1, "dropout": 0.1}


def test_what_the_space_says_is_what_is_built(keras):
    params = {**DEFAULTS, "layers": 3, "units": 20, "dropout": 0.25, "activation": "tanh"}
    model = mlp.build_model(params, (64,), 10)
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    dropout = [layer for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    assert [layer.units for layer in dense] == [20, 20, 20, 10]
    assert [layer.activation.__name__ for layer in dense] == ["tanh", "tanh", "tanh", "softmax"]
    assert [layer.rate for layer in dropout] == [0.25, 0.25, 0.25]
    assert model.input_shape == (None, 64)


@pytest.mark.parametrize("name", mlp.PARAMETERS["optimizer"].choices)
def test_the_optimizer_gets_its_learning_rate_and_its_momentum(keras, name):
    params = {**DEFAULTS, **SMALL, "optimizer": name, "learning_rate": 3e-3, "momentum": 0.7}
    optimizer = mlp.build_model(params, (4,), 2).optimizer
    assert type(optimizer).__name__.lower() == name
    assert float(optimizer.learning_rate) == pytest.approx(3e-3)
    assert getattr(optimizer, "momentum", None) == (0.7 if name in ("sgd", "rmsprop") else None)


@pytest.mark.parametrize("name", mlp.PARAMETERS["activation"].choices)
def test_every_activation_is_one_of_keras(keras, name):
    mlp.build_model({**DEFAULTS, **SMALL, "activation": name}, (4,), 2)


def test_a_trial_learns_digits_and_its_number_decides_its_value(keras):
    searched = task(learning_rate={"low": 1e-3, "high": 1e-2, "log": True}, batch_size=32, **SMALL)
    values = []
    for objective in (mlp.MlpObjective(searched), mlp.MlpObjective(searched)):
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


def test_data_are_loaded_once_and_models_are_let_go(keras, monkeypatch):
    loads = []
    load = mlp.load_search_data
    monkeypatch.setattr(mlp, "load_search_data", lambda *given: loads.append(given) or load(*given))
    objective = mlp.MlpObjective(task(epochs=1, **SMALL))
    study = optuna.create_study(direction="maximize")
    study.optimize(objective, n_trials=3)
    gc.collect()
    assert len(loads) == 1
    assert not [thing for thing in gc.get_objects() if isinstance(thing, keras.Sequential)]


def test_a_trial_that_fails_lets_its_model_go_too(keras, monkeypatch):
    cleared = []
    monkeypatch.setattr(keras.backend, "clear_session", lambda: cleared.append(True))
    study = optuna.create_study()
    with pytest.raises(ValueError, match="units"):
        mlp.MlpObjective(task(units="many"))(study.ask())
    assert cleared == [True]


def test_a_loss_may_be_the_metric(keras):
    study = optuna.create_study(direction="minimize")
    study.optimize(mlp.MlpObjective(task(metric="val_loss", direction="minimize", **SMALL)), n_trials=1)
    trial = study.best_trial
    assert trial.value == min(trial.intermediate_values.values())
    assert trial.user_attrs["value_rule"] == "best val_loss"


def test_an_objective_holds_nothing_but_its_task_and_what_a_search_may_see(keras):
    objective = mlp.MlpObjective(task(epochs=1, **SMALL))
    objective(optuna.create_study().ask())
    assert [type(held) for held in vars(objective).values()] == [Task, SearchData]
