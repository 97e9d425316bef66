"""An epoch as one program gives what Keras's `fit` gives, to the last bit."""

import gc
import os
import signal
import threading
import time

import numpy as np
import pytest
from helpers.networks import SMALL, training, write_files
from helpers.programs import EPOCHS, assert_equal, by_fit, in_program

from objectives.registry import HYPERMODELS
from objectives.training.run import RunState
from objectives.training.settings import TrainSettings
from objectives.training.trainers.choice import make_trainer


def predictions(made, choice):
    """Those of both splits after an epoch."""
    trainer = make_trainer(made, choice, lambda epoch: epoch)
    trainer.epoch(RunState(epochs=EPOCHS))
    return [trainer.predict(x) for x in (made.data.x_train, made.data.x_validation)]


def assert_same(make):
    assert_equal(in_program(make()), by_fit(make()))


# 12 rows: the last batch is whole, smaller, the only one, and has one row
@pytest.mark.parametrize("batch_size", [4, 5, 64, 11, 1])
def test_every_batch_counts_the_same(batch_size):
    assert_same(lambda: training("mlp", **SMALL["mlp"], batch_size=batch_size))


@pytest.mark.parametrize(
    ("name", "classes"), [*((name, 3) for name in SMALL), ("mlp", 2), ("mlp", None), ("sequence", 2), ("cnn", None)]
)
def test_every_hypermodel_learns_the_same(name, classes, tmp_path):
    files = write_files(tmp_path).get(name, {})
    assert_same(lambda: training(name, classes=classes, **SMALL[name], **files, batch_size=5))


@pytest.mark.parametrize("optimizer", HYPERMODELS["mlp"].parameters["optimizer"].choices)
def test_every_optimizer_takes_the_same_steps(optimizer):
    assert_same(lambda: training("mlp", **SMALL["mlp"], optimizer=optimizer, learning_rate=0.1, batch_size=5))


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("mlp", {"dropout": 0.4, "input_dropout": 0.1, "batch_normalization": True, "l2": 0.01, "max_norm": 1.0}),
        ("mlp", {"optimizer": "sgd", "momentum": 0.9, "nesterov": True, "clipnorm": 0.01, "label_smoothing": 0.1}),
        ("mlp", {"learning_rate": 1e30}),  # diverges
        ("tabular", {"class_weight": "balanced", "loss": "focal", "maxout_pieces": 2}),
        ("cnn", {"dropout": 0.4, "flip": "both", "rotate": 30.0, "zoom": 0.2, "hue": 0.1, "pooling": "average"}),
        ("sequence", {"encoder": "gru", "token_noise": 0.4, "token_dropout": 0.3, "embedding_dropout": 0.2}),
        ("sequence", {"encoder": "conv1d", "class_weight": "balanced"}),
    ],
)
def test_what_is_random_or_weighted_is_the_same(name, params):
    assert not params.keys() - HYPERMODELS[name].parameters.keys()
    assert_same(lambda: training(name, **{**SMALL[name], **params}, batch_size=5))


@pytest.mark.parametrize("batch_size", [4, 5, 64])
@pytest.mark.parametrize("name", ["mlp", "cnn", "sequence"])
def test_predictions_are_those_of_keras(name, batch_size):
    graph, fit = (
        predictions(training(name, **SMALL[name], dropout=0.3, batch_size=batch_size), one) for one in ("graph", "off")
    )
    for one, other in zip(graph, fit, strict=True):
        assert (one.shape, one.dtype, one.tobytes()) == (other.shape, other.dtype, other.tobytes())


def test_a_foreign_train_step_and_metrics_are_honoured(keras):
    class Own(keras.Model):
        def train_step(self, data):
            return super().train_step((data[0] * 2, data[1]))

    def make():
        made = training("mlp", **SMALL["mlp"], batch_size=5)
        model = Own(made.model.inputs, made.model.outputs)
        metrics = [
            "accuracy",
            keras.metrics.SparseTopKCategoricalAccuracy(2, name="top"),
        ]
        model.compile(
            optimizer=keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.5, clipnorm=0.1, weight_decay=0.1),
            loss=keras.losses.SparseCategoricalCrossentropy(),
            metrics=metrics,
        )
        return type(made)(model=model, data=made.data, batch_size=5)

    assert_same(make)


def test_nothing_of_a_training_is_left_when_it_is_over():
    from tensorflow.python.framework.func_graph import FuncGraph

    def graphs():
        gc.collect()
        return sum(isinstance(one, FuncGraph) for one in gc.get_objects())

    def train():
        in_program(training("cnn", **SMALL["cnn"], dropout=0.3, batch_size=5))

    train()
    before = graphs()
    for _ in range(3):
        train()
    assert graphs() == before


def test_signals_are_heard_within_an_epoch(keras):
    made = training("mlp", layers=1, units=4, batch_size=1)
    rows = np.zeros((200_000, 8), np.float32)
    data = type(made.data)(**{**vars(made.data), "x_train": rows, "y_train": np.zeros(len(rows), np.int64)})
    trainer = make_trainer(type(made)(model=made.model, data=data, batch_size=1), "graph", lambda epoch: epoch)

    class Heard(Exception):
        pass

    def hear(number, frame):
        raise Heard

    before, done = signal.signal(signal.SIGUSR1, hear), threading.Event()

    def nag():
        while not done.is_set() and int(made.model.optimizer.iterations) == 0:
            time.sleep(0.01)  # the program is being traced
        while not done.is_set():
            os.kill(os.getpid(), signal.SIGUSR1)
            time.sleep(0.1)

    thread = threading.Thread(target=nag)
    thread.start()
    try:
        with pytest.raises(Heard):
            trainer.epoch(RunState(epochs=1))
        assert int(made.model.optimizer.iterations) < len(rows)
    finally:
        done.set()
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        thread.join()
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize(
    ("choice", "name", "params", "taken"),
    [
        ("auto", "mlp", {}, "ProgramTrainer"),
        ("auto", "resnet", {"activation": "leaky_relu"}, "ProgramTrainer"),
        ("auto", "mlp", {"activation": "gelu"}, "FitTrainer"),
        ("auto", "cnn", {"activation": "silu", "batch_normalization": True}, "FitTrainer"),
        ("auto", "mlp", {"loss": "log_cosh", "classes": None}, "FitTrainer"),
        ("graph", "mlp", {"activation": "gelu"}, "ProgramTrainer"),
        ("off", "mlp", {}, "FitTrainer"),
    ],
)
def test_a_graph_is_taken_where_it_gives_the_same_or_is_asked_for(choice, name, params, taken):
    assert type(make_trainer(training(name, **{**SMALL[name], **params}), choice, int)).__name__ == taken


@pytest.mark.parametrize("activation", ["leaky_relu", "elu", "selu", "softplus", "tanh", "sigmoid"])
@pytest.mark.parametrize("normalized", [False, True])
def test_every_activation_of_an_exact_graph_is_the_same(activation, normalized):
    params = {**SMALL["cnn"], "activation": activation, "batch_normalization": normalized}
    assert_same(lambda: training("cnn", **params, batch_size=5))


def test_a_graph_of_other_activations_differs_in_the_last_bits_alone():
    found = [way(training("mlp", **SMALL["mlp"], activation="gelu", batch_size=5)) for way in (in_program, by_fit)]
    for one, other in zip(*(weights for _, weights in found), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_a_graph_needs_tensorflow():
    with pytest.raises(ValueError, match="needs the backend tensorflow, and this is jax"):
        TrainSettings(backend="jax", compile="graph")
