"""Trainings in programs and by Keras's `fit`: their logs, and every variable in the end."""

import numpy as np
from helpers.networks import SMALL, training

from objectives.training.run import RunState
from objectives.training.trainers.choice import make_trainer
from objectives.training.trainers.keras_fit import FitTrainer

EPOCHS = 2


def make(name="mlp", **params):
    """A small training."""
    return training(name, **{**SMALL[name], "batch_size": 5, **params})


def epochs(trainer, made, since=0, until=EPOCHS):
    """The logs of these epochs; the learning rate changes after each, as by a schedule."""
    found = []
    for epoch in range(since, until):
        found.append(trainer.epoch(RunState(epochs=EPOCHS, logs=({},) * epoch)))
        made.model.optimizer.learning_rate = 0.01 / (1 + epoch)
    return found


def values(model):
    """Of all variables of the model and its optimizer."""
    return [variable.numpy() for variable in (*model.variables, *model.optimizer.variables)]


def in_program(made):
    """The logs and the values of a training in a program, shared or not."""
    trainer = make_trainer(made, "graph", lambda epoch: 7 + epoch)
    try:
        return epochs(trainer, made), values(made.model)
    finally:
        trainer.close()


def by_fit(made):
    """The same by `fit`."""
    return epochs(FitTrainer(made, lambda epoch: 7 + epoch), made), values(made.model)


def assert_equal(found, wanted):
    """Logs and values are the same to the last bit; NaN is NaN."""
    assert [list(logs) for logs in found[0]] == [list(logs) for logs in wanted[0]]
    np.testing.assert_equal(found[0], wanted[0])
    assert len(found[1]) == len(wanted[1])
    assert all(one.tobytes() == other.tobytes() for one, other in zip(found[1], wanted[1], strict=True))
