"""Whose turn it is with a shared program, and what it holds in between."""

import gc

import pytest
from helpers.programs import EPOCHS, assert_equal, by_fit, epochs, in_program, make, values

from objectives.training.run import RunState
from objectives.training.trainers import choice, sharing
from objectives.training.trainers.choice import make_trainer


@pytest.mark.parametrize("name", ["cnn", "resnet", "sequence"])
def test_networks_of_other_layers_have_programs_of_their_own(pool, name):
    in_program(make(name))
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
    assert_equal((logs[0], values(one.model)), by_fit(make(units=5, dropout=0.2)))
    assert_equal((logs[1], values(other.model)), by_fit(make(units=9, dropout=0.6)))


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
    in_program(make(dropout=0.9, units=30))  # somebody else in between, before the first has let go
    trainer.close()
    again = make(dropout=0.2)
    again.model.optimizer.build(again.model.trainable_variables)
    for variable, value in zip((*again.model.variables, *again.model.optimizer.variables), kept, strict=True):
        variable.assign(value)
    trainer = make_trainer(again, "graph", lambda epoch: 7 + epoch)
    logs += epochs(trainer, again, 1)
    trainer.close()
    assert_equal((logs, values(again.model)), by_fit(make(dropout=0.2)))
    assert_equal((logs[:1], kept), (logs[:1], values(first.model)))


def test_weights_that_were_given_back_belong_to_their_model_by_fit(pool):
    first = make()
    in_program(first)
    before = values(first.model)
    in_program(make())
    assert all(one.tobytes() == other.tobytes() for one, other in zip(before, values(first.model), strict=True))


def test_a_pool_keeps_the_programs_used_last(pool, monkeypatch):
    monkeypatch.setattr(sharing, "MOST_PROGRAMS", 2)
    for activation in ("relu", "tanh", "elu", "relu"):
        assert_equal(in_program(make(activation=activation)), by_fit(make(activation=activation)))
        assert pool() <= 2


def test_a_program_holds_no_weights_between_trainings(pool):
    made = make(units=40, dropout=0.2)
    in_program(made)
    (programs,) = choice.POOL._programs.values()
    held = {variable.path: variable.numpy().size for variable in programs.model.trainable_variables}
    assert sum(held.values()) == 3  # the bias of the last layer, for three classes
    assert sum(variable.numpy().size for variable in made.model.trainable_variables) > 1000


def test_a_shared_program_leaves_no_graph_per_training(pool):
    from tensorflow.python.framework.func_graph import FuncGraph

    def graphs():
        gc.collect()
        return sum(isinstance(one, FuncGraph) for one in gc.get_objects())

    in_program(make(units=5))
    before = graphs()
    for units in (6, 7, 8):
        in_program(make(units=units))
    assert graphs() == before
