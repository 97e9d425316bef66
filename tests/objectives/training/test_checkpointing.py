"""A training that is handed back goes on where it was; what it cannot believe, it does not use."""

import json
import logging
import math
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import optuna
import pytest
from helpers.paths import HELPERS, ROOT

from objectives.data.arrays import SearchData
from objectives.data.settings import DataSettings
from objectives.errors import SerializationError
from objectives.space.search_space import SearchSpace
from objectives.training import backend, checkpointing
from objectives.training.checkpointing import Keeper
from objectives.training.cross_validation import evaluate
from objectives.training.fit import Training
from objectives.training.serialization import pack, unpack
from objectives.training.settings import TrainSettings
from objectives.training.task import Task

DRILLS = HELPERS / "resuming_drills.py"
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


# --- equal to the last bit, in a process of one thread -------------------------------------------------------

RUNS = {
    ("adam", "never"): [],
    ("adam", "after every epoch"): list(range(9)),
    ("rmsprop", "never"): [],
    ("rmsprop", "once"): [2],
    ("sgd", "never"): [],
    ("sgd", "once"): [2],
    # Steps count on from run to run, nine to each.
    ("sgd, three times", "never"): [],
    ("sgd, three times", "in the first and third run"): [2, 19],
}


@pytest.fixture(scope="module")
def trained():
    """What became of each of RUNS."""
    orders = json.dumps(
        [(name.split(",")[0], steps, {"repeats": 3 if "," in name else 1}) for (name, _), steps in RUNS.items()]
    )
    path = os.pathsep.join([str(ROOT), *sys.path])
    drill = subprocess.run(
        [sys.executable, str(DRILLS), orders],
        env={**os.environ, **ONE_THREAD, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert drill.returncode == 0, drill.stderr
    return dict(zip(RUNS, map(json.loads, drill.stdout.splitlines()), strict=True))


@pytest.mark.parametrize(("optimizer", "when"), [key for key, steps in RUNS.items() if steps])
def test_a_trial_handed_back_has_the_curve_of_one_never_interrupted(trained, optimizer, when):
    whole, resumed = trained[optimizer, "never"], trained[optimizer, when]
    steps = RUNS[optimizer, when] if "," in optimizer else RUNS[optimizer, when][: len(whole["reports"])]
    assert resumed["resumed_at"] == [step + 1 for step in steps]
    assert whole["resumed_at"] == []
    for key in ("value", "reports", "attributes"):
        assert resumed[key] == whole[key]


def test_folds_are_kept_over_an_interruption(trained):
    folds = trained["sgd, three times", "in the first and third run"]["attributes"]["folds"]
    assert [fold["repeat"] for fold in folds] == [0, 1, 2]
    assert len({fold["value"] for fold in folds}) == 3


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "sgd"])
def test_those_trials_learned_and_were_stopped_early(trained, optimizer):
    trial = trained[optimizer, "never"]
    assert trial["attributes"]["ended"] == "early stopping"
    assert 4 < trial["attributes"]["epochs"] < 9
    assert trial["value"] < 0.5


# --- what is kept, when, and what is believed ----------------------------------------------------------------


@pytest.fixture(scope="module")
def keras():
    backend.prepare("tensorflow")
    import keras

    return keras


@pytest.fixture(scope="module")
def data():
    x = np.linspace(0.0, 1.0, 32, dtype=np.float32).reshape(8, 4)
    y = np.arange(8, dtype=np.int64) % 2
    return SearchData(x_train=x, y_train=y, x_validation=x, y_validation=y, classes=2, kind="table", source="made up")


class HandedBack(BaseException):
    pass


class Checkpoint:
    """In memory; counts what is saved."""

    def __init__(self, state=None):
        self.state, self.saves = state, 0

    def load(self):
        return self.state

    def save(self, state):
        self.state, self.saves = state, self.saves + 1
        return True


class Judge(optuna.pruners.BasePruner):
    """Prunes nothing, and remembers the number of reports at each time it was asked."""

    def __init__(self):
        self.asked = []

    def prune(self, study, trial):
        self.asked.append(len(trial.intermediate_values))
        return False


class Attempt(optuna.Trial):
    """A trial as a worker gives it; `interrupt` is called with each reported step."""

    def __init__(self, first, checkpoint, interrupt=lambda step: None):
        super().__init__(first.study, first._trial_id)
        self.checkpoint, self.interrupt = checkpoint, interrupt

    def report(self, value, step):
        if step not in self._cached_frozen_trial.intermediate_values:
            super().report(value, step)
        self.interrupt(step)


def raise_at(last):
    def interrupt(step):
        if step == last:
            raise HandedBack

    return interrupt


@pytest.fixture
def train(keras, data):
    """Train a small model, 5 epochs at most; `logs` are added to what it logs. Returns the epochs that were run."""

    def train(trial, *, units=2, epochs=5, logs=None, **settings):
        run = []

        class Scripted(keras.Sequential):
            def fit(self, *args, callbacks, **options):
                def script(epoch, found):
                    run.append(epoch)
                    found.update(logs or {})

                script = keras.callbacks.LambdaCallback(on_epoch_end=script)
                return super().fit(*args, callbacks=[script, *callbacks], **options)

        keras.utils.set_random_seed(1)
        layers = [keras.layers.Dense(units), keras.layers.BatchNormalization(), keras.layers.Dense(2)]
        model = Scripted([keras.Input((4,)), *layers, keras.layers.Softmax()])
        model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
        task = Task(
            space=SearchSpace({}),
            data=DataSettings(),
            train=TrainSettings(epochs=epochs, **settings),
            metrics=("val_loss",),
            directions=("minimize",),
            seed=7,
        )
        try:
            run_value = evaluate(trial, [data], lambda data: Training(model=model, data=data, batch_size=3), task)
        except HandedBack:
            run_value = None
        return run, run_value

    return train


@pytest.fixture
def handed_back(train, monkeypatch):
    """A trial that was handed back as it reported step 2, and its checkpoint: saved then, however slow an epoch was."""
    monkeypatch.setattr(checkpointing, "SECONDS_AT_RISK", 3600.0)
    first, checkpoint = optuna.create_study(pruner=Judge()).ask(), Checkpoint()
    assert train(Attempt(first, checkpoint, raise_at(2))) == ([0, 1, 2], None)
    return first, checkpoint


def test_an_interruption_loses_nothing(train, handed_back):
    first, checkpoint = handed_back
    assert checkpoint.saves == 1
    attempt = Attempt(first, checkpoint)
    assert train(attempt)[0] == [3, 4]
    assert attempt.user_attrs["resumed_at"] == [3]
    assert attempt.user_attrs["epochs"] == 5
    assert len(attempt.user_attrs["curves"]["loss"]) == 5
    # The pruner had not been asked about the step whose report ended the first attempt.
    assert first.study.pruner.asked == [1, 2, 3, 4]


def test_weights_and_running_statistics_are_kept(handed_back):
    _, checkpoint = handed_back
    names = [form for form, _ in unpack(checkpoint.state)["model"]]
    # Dense, batch normalization with its two statistics, dense; then the optimizer's own.
    assert names[:8] == [[4, 2], [2], [2], [2], [2], [2], [2, 2], [2]]
    moving_mean = unpack(checkpoint.state)["values"][4]
    assert np.abs(moving_mean).min() > 0


def test_an_interrupted_last_epoch_is_not_followed_by_another(train):
    first, checkpoint = optuna.create_study().ask(), Checkpoint()
    train(Attempt(first, checkpoint, raise_at(4)))
    run, value = train(Attempt(first, checkpoint))
    assert run == []
    assert value == min(first.study.trials[0].intermediate_values.values())


def test_an_interrupted_early_stop_stays_one(train):
    stopping = {"early_stopping": {"patience": 1, "min_delta": 100.0}}
    first, checkpoint = optuna.create_study().ask(), Checkpoint()
    train(Attempt(first, checkpoint, raise_at(1)), **stopping)
    attempt = Attempt(first, checkpoint)
    assert train(attempt, **stopping)[0] == []
    assert attempt.user_attrs["ended"] == "early stopping"


def test_a_report_that_failed_is_sent_by_the_next_attempt(train, monkeypatch):
    first, checkpoint = optuna.create_study().ask(), Checkpoint()
    attempt = Attempt(first, checkpoint)
    monkeypatch.setattr(attempt, "report", lambda value, step: raise_at(0)(step))
    train(attempt)
    train(Attempt(first, checkpoint), epochs=5)
    assert sorted(first.study.trials[0].intermediate_values) == [0, 1, 2, 3, 4]


def test_epochs_done_again_are_neither_reported_nor_judged_again(train, monkeypatch):
    # Given a trial that has died in its fourth epoch, with a checkpoint of its first
    monkeypatch.setattr(checkpointing, "SECONDS_AT_RISK", 0.0)
    first, checkpoint = optuna.create_study(pruner=Judge()).ask(), Checkpoint()
    states = []
    train(Attempt(first, checkpoint, lambda step: states.append(checkpoint.state) or raise_at(3)(step)))
    reports = first.study.trials[0].intermediate_values
    first.study.pruner.asked.clear()
    # When it is tried again
    train(Attempt(first, Checkpoint(states[1])))
    # Then the steps it had reported keep their values, and the last of them is the first to be judged
    again = first.study.trials[0].intermediate_values
    assert {step: again[step] for step in reports} == reports
    assert first.study.pruner.asked == [4]


def test_epochs_done_again_obey_the_worker_too(train, monkeypatch):
    monkeypatch.setattr(checkpointing, "SECONDS_AT_RISK", 0.0)
    first, checkpoint = optuna.create_study().ask(), Checkpoint()
    train(Attempt(first, checkpoint, raise_at(3)))
    assert train(Attempt(first, Checkpoint(), raise_at(1)))[0] == [0, 1]


OTHER = {
    "training": {"epochs": 6},
    "model": {"units": 3},
    "list of callbacks": {"early_stopping": {"patience": 1}},
}


@pytest.mark.parametrize("what", OTHER)
def test_a_checkpoint_that_does_not_fit_is_not_used(train, handed_back, caplog, what, monkeypatch):
    first, checkpoint = handed_back
    if what != "training":
        # Whatever is told of the training: the model and the callbacks are compared themselves.
        monkeypatch.setattr(TrainSettings, "model_dump", lambda self, **_: self_of_first)
    self_of_first = unpack(checkpoint.state)["training"]["train"]
    attempt = Attempt(first, checkpoint)
    with caplog.at_level(logging.WARNING, "studyhall.training"):
        run, _ = train(attempt, **OTHER[what])
    assert run[0] == 0
    assert f"the checkpoint is of another {what}, the trial starts over" in caplog.text
    assert "resumed_at" not in attempt.user_attrs


@pytest.mark.parametrize("content", [b"", b"somebody else's", pack(None), pack({"format": 0}), bytes(100)])
def test_a_checkpoint_of_something_else_is_not_used(train, content):
    attempt = Attempt(optuna.create_study().ask(), Checkpoint(content))
    assert train(attempt)[0] == [0, 1, 2, 3, 4]


def test_other_parameters_do_not_fit(train, handed_back):
    _, checkpoint = handed_back
    other = optuna.create_study().ask({"x": optuna.distributions.FloatDistribution(0, 1)})
    assert train(Attempt(other, checkpoint))[0] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("log", ["loss", "val_loss"])
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_ends_the_trial_as_diverged(keras, data, train, log, bad):
    trial = optuna.create_study().ask()
    run, value = train(trial, logs={log: bad})
    assert run == [0]
    assert math.isnan(value)
    assert trial.user_attrs["ended"] == "diverged"


def test_an_interrupted_divergence_stays_one(train):
    first, checkpoint = optuna.create_study().ask(), Checkpoint()
    train(Attempt(first, checkpoint, raise_at(0)), logs={"loss": math.nan})
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
def test_no_more_than_two_seconds_or_an_epoch_are_at_risk(monkeypatch, epoch_seconds, saves_after):
    clock, saved = [0.0], []
    monkeypatch.setattr(checkpointing, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    keeper = Keeper(checkpoint=Checkpoint(), model=None, callbacks=[], made_from={})

    def save(self, progress):
        saved.append(progress["epoch"])
        self._saved = clock[0]

    monkeypatch.setattr(Keeper, "save", save)
    for epoch in range(12):
        clock[0] += epoch_seconds
        keeper.save_if_due({"epoch": epoch})
    assert saved == saves_after


# --- bytes ---------------------------------------------------------------------------------------------------


def test_what_is_packed_comes_back():
    data = {
        "plain": [None, True, 3, 0.1, "text", {"nested": []}],
        "numbers": np.arange(6, dtype=np.float32).reshape(2, 3),
        "none": np.zeros((0, 4), dtype=np.int64),
        "scalar": np.float32(0.1),
        "double": np.float64(0.1),
        "transposed": np.arange(6).reshape(2, 3).T,
    }
    back = unpack(pack(data))
    assert list(back) == list(data)
    for name in data:
        np.testing.assert_array_equal(back[name], data[name])
        assert type(back[name]) is type(data[name])
        assert getattr(back[name], "dtype", None) == getattr(data[name], "dtype", None)
    assert math.isnan(unpack(pack([math.nan]))[0])


def test_half_precision_of_every_kind_comes_back(keras):
    halves = np.arange(4, dtype="bfloat16")
    assert unpack(pack(halves)).tobytes() == halves.tobytes()
    assert unpack(pack(halves)).dtype == halves.dtype


@pytest.mark.parametrize("item", [print, {1: 2}, (1,), {"\0array": 1}, np.array([print]), object()])
def test_what_is_not_plain_is_not_packed(item):
    with pytest.raises(SerializationError):
        pack([item])
