"""Trainings of one structure run in one program, each as it would run alone."""

import gc

import numpy as np
import pytest
from helpers.networks import SMALL, training

from objectives.training import backend
from objectives.training.run import RunState
from objectives.training.trainers import choice, sharing
from objectives.training.trainers.choice import make_trainer
from objectives.training.trainers.keras_fit import FitTrainer
from objectives.training.trainers.sharing import ProgramPool

EPOCHS = 3


@pytest.fixture(scope="module", autouse=True)
def keras():
    backend.prepare("tensorflow")
    import keras

    return keras


@pytest.fixture
def pool(monkeypatch):
    """An empty pool; returns how many programs it holds."""
    made = ProgramPool()
    monkeypatch.setattr("objectives.training.trainers.choice.POOL", made)
    return lambda: len(made._programs)


def make(name="mlp", **params):
    return training(name, **{**SMALL[name], "batch_size": 5, **params})


def epochs(trainer, made, since=0, until=EPOCHS):
    """The logs of these epochs; the learning rate changes after each, as by a schedule."""
    found = []
    for epoch in range(since, until):
        found.append(trainer.epoch(RunState(epochs=EPOCHS, logs=({},) * epoch)))
        made.model.optimizer.learning_rate = 0.01 / (1 + epoch)
    return found


def values(model):
    return [variable.numpy() for variable in (*model.variables, *model.optimizer.variables)]


def assert_equal(found, wanted):
    np.testing.assert_equal(found[0], wanted[0])
    assert len(found[1]) == len(wanted[1])
    assert all(one.tobytes() == other.tobytes() for one, other in zip(found[1], wanted[1], strict=True))


def shared(made):
    trainer = make_trainer(made, "graph", lambda epoch: 7 + epoch)
    try:
        return epochs(trainer, made), values(made.model)
    finally:
        trainer.close()


def alone(made):
    return epochs(FitTrainer(made, lambda epoch: 7 + epoch), made), values(made.model)


ACTIVATIONS = ("leaky_relu", "elu", "selu", "softplus", "tanh", "sigmoid")
# Trainings that are to share one program.
FAMILIES = {
    "widths": [{"units": 7}, {"units": 40}, {"units": 3}],
    "each its own width": [
        {"widths": "free", "units_1": 5, "units_2": 9},
        {"widths": "free", "units_1": 9, "units_2": 2},
    ],
    "batches": [{"batch_size": 1}, {"batch_size": 12}, {"batch_size": 64}],
    "rates": [{"learning_rate": 0.1}, {"learning_rate": 1e-4}, {"learning_rate": 1e30}, {"learning_rate": 0.1}],
    "dropout": [{"dropout": 0.1}, {"dropout": 0.9, "units": 5}, {"dropout_1": 0.3, "dropout_2": 0.7}],
    "penalties": [{"l1": 0.01, "l2": 0.1}, {"l1": 0.3, "l2": 1e-6, "units": 5}],
    "sgd": [{"optimizer": "sgd", "momentum": 0.1}, {"optimizer": "sgd", "momentum": 0.99}],
    "nesterov": [{"optimizer": "sgd", "momentum": m, "nesterov": True} for m in (0.2, 0.8)],
    "rmsprop": [{"optimizer": "rmsprop", "momentum": m, "rho": r} for m, r in ((0.5, 0.9), (0.9, 0.123))],
    "adam": [{"beta_1": 0.9}, {"beta_1": 0.123, "beta_2": 0.9}],
    "nadam": [{"optimizer": "nadam"}, {"optimizer": "nadam", "beta_1": 0.3, "beta_2": 0.7}],
    "adamax": [{"optimizer": "adamax"}, {"optimizer": "adamax", "beta_1": 0.3, "beta_2": 0.7}],
    "adamw": [{"optimizer": "adamw"}, {"optimizer": "adamw", "beta_1": 0.3, "units": 5}],
    "normalization": [
        {"batch_normalization": True, "normalization_momentum": 0.9},
        {"batch_normalization": True, "normalization_momentum": 0.123, "units": 5},
    ],
    "initializers": [{"initializer": "he_normal"}, {"initializer": "zeros"}],
    "limits": [{"max_norm": 0.5, "clipnorm": 0.1}, {"max_norm": 0.5, "clipnorm": 0.1, "units": 5}],
    "numbers": [{"classes": None}, {"classes": None, "units": 5}],
    "two classes": [{"classes": 2, "dropout": 0.2}, {"classes": 2, "dropout": 0.4}],
    **{
        f"{loss} of {classes or 'numbers'}": [{"classes": classes, "loss": loss, "units": units} for units in (5, 9)]
        for classes, loss in ((2, "focal"), (2, "brier"), (None, "mae"), (None, "huber"))
    },
    **{name: [{"activation": name, "units": units} for units in (5, 9)] for name in ACTIVATIONS},
    **{f"normalized {name}": [{"activation": name, "batch_normalization": True}] * 2 for name in ACTIVATIONS},
}


@pytest.mark.parametrize("family", FAMILIES)
def test_one_program_trains_each_as_fit_would(pool, family):
    for params in FAMILIES[family]:
        assert_equal(shared(make(**params)), alone(make(**params)))
    assert pool() == 1


@pytest.mark.parametrize(
    "params",
    [
        {"layers": 3},
        {"activation": "tanh"},
        {"dropout": 0.1},
        {"l1": 0.1},
        {"batch_normalization": True},
        {"optimizer": "sgd"},
        {"clipnorm": 1.0},
        {"max_norm": 1.0},
        {"classes": 2},
        {"classes": None},
        {"loss": "brier"},
        {"label_smoothing": 0.1},
        {"activation": "leaky_relu", "negative_slope": 0.3},
        {"units": 1},
        {"activation": "maxout"},
    ],
)
def test_what_is_another_program_is_not_shared(pool, params):
    shared(make())
    assert_equal(shared(make(**params)), alone(make(**params)))
    assert_equal(shared(make()), alone(make()))


@pytest.mark.parametrize("name", ["cnn", "resnet", "sequence"])
def test_networks_of_other_layers_have_programs_of_their_own(pool, name):
    shared(make(name))
    assert pool() == 0


def test_trainings_may_take_turns(pool):
    one, other = make(units=5, dropout=0.2), make(units=9, dropout=0.6)
    trainers = [make_trainer(made, "graph", lambda epoch: 7 + epoch) for made in (one, other)]
    logs = [[], []]
    for epoch in range(EPOCHS):
        for number, (trainer, made) in enumerate(zip(trainers, (one, other), strict=True)):
            logs[number] += epochs(trainer, made, epoch, epoch + 1)
    for trainer in trainers:
        trainer.close()
    assert pool() == 1
    assert_equal((logs[0], values(one.model)), alone(make(units=5, dropout=0.2)))
    assert_equal((logs[1], values(other.model)), alone(make(units=9, dropout=0.6)))


def test_each_predicts_with_its_own_weights(pool):
    one, other = make(units=40, dropout=0.2, batch_size=5), make(units=9, dropout=0.6, batch_size=64)
    trainers = [make_trainer(made, "graph", lambda epoch: epoch) for made in (one, other)]
    for trainer in trainers:
        trainer.epoch(RunState(epochs=EPOCHS))
    for trainer, made in zip(trainers, (one, other), strict=True):
        found = trainer.predict(made.data.x_validation)
        trainer.close()
        wanted = made.model.predict(made.data.x_validation, batch_size=made.batch_size, verbose=0)
        assert found.tobytes() == wanted.tobytes()
    assert pool() == 1


def test_a_training_goes_on_from_what_was_kept_of_it(pool):
    first = make(dropout=0.2)
    trainer = make_trainer(first, "graph", lambda epoch: 7 + epoch)
    logs, kept = epochs(trainer, first, 0, 1), values(first.model)
    shared(make(dropout=0.9, units=30))  # somebody else in between, before the first has let go
    trainer.close()
    again = make(dropout=0.2)
    again.model.optimizer.build(again.model.trainable_variables)
    for variable, value in zip((*again.model.variables, *again.model.optimizer.variables), kept, strict=True):
        variable.assign(value)
    trainer = make_trainer(again, "graph", lambda epoch: 7 + epoch)
    logs += epochs(trainer, again, 1)
    trainer.close()
    assert_equal((logs, values(again.model)), alone(make(dropout=0.2)))
    assert_equal((logs[:1], kept), (logs[:1], values(first.model)))


def test_weights_that_were_given_back_belong_to_their_model_alone(pool):
    first = make()
    shared(first)
    before = values(first.model)
    shared(make())
    assert all(one.tobytes() == other.tobytes() for one, other in zip(before, values(first.model), strict=True))


def test_a_pool_keeps_the_programs_used_last(pool, monkeypatch):
    monkeypatch.setattr(sharing, "MOST_PROGRAMS", 2)
    for activation in ("relu", "tanh", "elu", "relu"):
        assert_equal(shared(make(activation=activation)), alone(make(activation=activation)))
        assert pool() <= 2


def test_a_program_holds_no_weights_between_trainings(pool):
    made = make(units=40, dropout=0.2)
    shared(made)
    (programs,) = choice.POOL._programs.values()
    held = {variable.path: variable.numpy().size for variable in programs.model.trainable_variables}
    assert sum(held.values()) == 3  # the bias of the last layer, for three classes
    assert sum(variable.numpy().size for variable in made.model.trainable_variables) > 1000


def test_a_shared_program_leaves_no_graph_per_training(pool):
    from tensorflow.python.framework.func_graph import FuncGraph

    def graphs():
        gc.collect()
        return sum(isinstance(one, FuncGraph) for one in gc.get_objects())

    shared(make(units=5))
    before = graphs()
    for units in (6, 7, 8):
        shared(make(units=units))
    assert graphs() == before
