"""What is kept of a training, when, and what of it is believed."""

import logging
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import optuna
import pytest
from helpers.attempts import Attempt, Checkpoint, at, small_data, task, trained_epochs

from objectives.preprocessing.target import TargetScaler
from objectives.training import backend, checkpointing
from objectives.training.checkpointing import Checkpointer
from objectives.training.reporting import train_trial
from objectives.training.run import RunState
from objectives.training.serialization import from_bytes, to_bytes
from objectives.training.trainers.base import Training
from studies.execution.trial import TrialInterrupted


@pytest.fixture(scope="module")
def keras():
    backend.prepare("tensorflow")
    import keras

    return keras


class Judge(optuna.pruners.BasePruner):
    """Prunes nothing, and remembers the number of reports at each time it was asked."""

    def __init__(self):
        self.asked = []

    def prune(self, study, trial):
        self.asked.append(len(trial.intermediate_values))
        return False


@pytest.fixture
def train(keras):
    """Train a small model, 5 epochs at most; `logs` are added to what it logs. Returns the epochs that were run."""

    def train(trial, *, units=2, epochs=5, logs=None, target=None, **settings):
        run = []
        keras.utils.set_random_seed(1)
        layers = [keras.layers.Dense(units), keras.layers.BatchNormalization(), keras.layers.Dense(2)]
        model = keras.Sequential([keras.Input((4,)), *layers, keras.layers.Softmax()])
        model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
        script = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, found: found.update(logs or {}))
        data = replace(small_data(), target=target)
        training = Training(model=model, data=data, batch_size=3, callbacks=[script, trained_epochs(model, run)])
        try:
            value = train_trial(trial, [small_data()], lambda _: training, task("val_loss", epochs=epochs, **settings))
        except TrialInterrupted:
            value = None
        return run, value

    return train


@pytest.fixture
def requeued(train, monkeypatch):
    """A trial that was interrupted as it reported step 2, and its checkpoint: saved then, however slow an epoch was."""
    monkeypatch.setattr(checkpointing, "SECONDS_AT_RISK", 3600.0)
    first, checkpoint = optuna.create_study(pruner=Judge()).ask(), Checkpoint()
    assert train(Attempt(first, checkpoint, at(2))) == ([0, 1, 2], None)
    return first, checkpoint


def test_an_interruption_loses_nothing(train, requeued):
    first, checkpoint = requeued
    assert len(checkpoint.saved) == 1
    attempt = Attempt(first, checkpoint)
    assert train(attempt)[0] == [3, 4]
    assert attempt.user_attrs["resumed_at"] == [3]
    assert attempt.user_attrs["epochs"] == 5
    assert len(attempt.user_attrs["curves"]["loss"]) == 5
    # The pruner had not been asked about the step whose report ended the first attempt.
    assert first.study.pruner.asked == [1, 2, 3, 4]


def test_what_was_learned_in_another_unit_is_not_gone_on_with(train, requeued):
    first, checkpoint = requeued
    assert train(Attempt(first, checkpoint), target=TargetScaler(mean=1.0, deviation=2.0))[0] == [0, 1, 2, 3, 4]


def test_weights_and_running_statistics_are_kept(requeued):
    _, checkpoint = requeued
    values = from_bytes(checkpoint.state)["values"]
    # Dense, batch normalization with its two statistics, dense; then the optimizer's own.
    assert [value.shape for value in values[:8]] == [(4, 2), (2,), (2,), (2,), (2,), (2,), (2, 2), (2,)]
    moving_mean = values[4]
    assert np.abs(moving_mean).min() > 0


def test_an_interrupted_last_epoch_is_not_followed_by_another(train):
    first, checkpoint = optuna.create_study().ask(), Checkpoint()
    train(Attempt(first, checkpoint, at(4)))
    run, value = train(Attempt(first, checkpoint))
    assert run == []
    assert value == min(first.study.trials[0].intermediate_values.values())


def test_an_interrupted_early_stop_stays_one(train):
    stopping = {"early_stopping": {"patience": 1, "min_delta": 100.0}}
    first, checkpoint = optuna.create_study().ask(), Checkpoint()
    train(Attempt(first, checkpoint, at(1)), **stopping)
    attempt = Attempt(first, checkpoint)
    assert train(attempt, **stopping)[0] == []
    assert attempt.user_attrs["ended"] == "early stopping"


def test_a_report_that_failed_is_sent_by_the_next_attempt(train, monkeypatch):
    first, checkpoint = optuna.create_study().ask(), Checkpoint()
    attempt = Attempt(first, checkpoint)

    def fail(value, step):
        raise TrialInterrupted

    monkeypatch.setattr(attempt, "report", fail)
    train(attempt)
    train(Attempt(first, checkpoint))
    assert sorted(first.study.trials[0].intermediate_values) == [0, 1, 2, 3, 4]


def test_epochs_done_again_are_neither_reported_nor_judged_again(train, monkeypatch):
    # Given a trial that has died in its fourth epoch, with a checkpoint of its first
    monkeypatch.setattr(checkpointing, "SECONDS_AT_RISK", 0.0)
    first, checkpoint = optuna.create_study(pruner=Judge()).ask(), Checkpoint()
    train(Attempt(first, checkpoint, at(3)))
    reports = first.study.trials[0].intermediate_values
    first.study.pruner.asked.clear()
    # When it is tried again
    attempt = Attempt(first, Checkpoint(checkpoint.saved[0]))
    assert train(attempt)[0] == [1, 2, 3, 4]
    # Then the steps it had reported keep their values, and the last of them is the first to be judged
    again = first.study.trials[0].intermediate_values
    assert {step: again[step] for step in reports} == reports
    assert first.study.pruner.asked == [4]


def test_epochs_done_again_obey_the_worker_too(train, monkeypatch):
    monkeypatch.setattr(checkpointing, "SECONDS_AT_RISK", 0.0)
    first, checkpoint = optuna.create_study().ask(), Checkpoint()
    train(Attempt(first, checkpoint, at(3)))
    assert train(Attempt(first, Checkpoint(), at(1)))[0] == [0, 1]


@pytest.mark.parametrize(
    ("what", "other"),
    [
        ("training", {"epochs": 6}),
        ("training", {"early_stopping": {"patience": 1}}),
        ("model", {"units": 3}),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_not_used(train, requeued, caplog, what, other):
    first, checkpoint = requeued
    attempt = Attempt(first, checkpoint)
    with caplog.at_level(logging.WARNING, "studyhall.training"):
        run, _ = train(attempt, **other)
    assert run[0] == 0
    assert f"the checkpoint is of another {what}, the trial starts over" in caplog.text
    assert "resumed_at" not in attempt.user_attrs


@pytest.mark.parametrize("content", [b"", b"somebody else's", to_bytes(None), to_bytes({"format": 2}), bytes(100)])
def test_a_checkpoint_of_something_else_is_not_used(train, content):
    attempt = Attempt(optuna.create_study().ask(), Checkpoint(content))
    assert train(attempt)[0] == [0, 1, 2, 3, 4]


def test_other_parameters_do_not_fit(train, requeued):
    _, checkpoint = requeued
    other = optuna.create_study().ask({"x": optuna.distributions.FloatDistribution(0, 1)})
    assert train(Attempt(other, checkpoint))[0] == [0, 1, 2, 3, 4]


def test_an_interrupted_divergence_stays_one(train):
    first, checkpoint = optuna.create_study().ask(), Checkpoint()
    train(Attempt(first, checkpoint, at(0)), logs={"loss": math.nan})
    attempt = Attempt(first, checkpoint)
    run, value = train(attempt)
    assert (run, attempt.user_attrs["ended"]) == ([], "diverged")
    assert math.isnan(value)


@pytest.mark.parametrize(
    ("epoch_seconds", "saves_after"),
    [
        (0.5, [3, 7, 11]),
        (0.9, [1, 3, 5, 7, 9, 11]),
        (1.5, list(range(12))),
        (60.0, list(range(12))),
    ],
)
def test_no_more_than_two_seconds_or_an_epoch_are_at_risk(keras, monkeypatch, epoch_seconds, saves_after):
    clock = [0.0]
    monkeypatch.setattr(checkpointing, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    checkpoint = Checkpoint()
    checkpointer = Checkpointer(checkpoint)
    checkpointer.attach(model, SimpleNamespace(to_json=dict))
    for epoch in range(12):
        clock[0] += epoch_seconds
        checkpointer.on_epoch(RunState(epochs=100, logs=({"loss": 1.0},) * (epoch + 1)))
    saved = [RunState.from_json(from_bytes(state)["state"]).epoch - 1 for state in checkpoint.saved]
    assert saved == saves_after
