"""The loop over a run's epochs: what Keras's callbacks and the listeners see of it. No trial is anywhere near."""

import math

import pytest
from helpers.attempts import Scripted, small_data, task

from objectives.errors import TrainingError
from objectives.training import backend
from objectives.training.cross_validation import cross_validate
from objectives.training.run import Listener, Pruned
from objectives.training.scoring import Scoring


@pytest.fixture(scope="module", autouse=True)
def keras():
    backend.prepare("tensorflow")
    import keras

    return keras


class Heard(Listener):
    """Remembers what it heard; raises at the end of an epoch."""

    def __init__(self, raises=None, epoch=1):
        self.raises, self.epoch, self.epochs, self.interrupted, self.results = raises, epoch, [], [], ()

    def on_epoch(self, state):
        self.epochs.append(state.logs[-1])
        if self.raises is not None and state.epoch == self.epoch:
            raise self.raises

    def on_interrupt(self, state):
        self.interrupted.append(state.epoch)

    def on_run(self, results):
        self.results = results


def train(make, *listeners, metric="val_accuracy", direction="maximize", **settings):
    """The result of the one run."""
    given = task(metric, directions=(direction,), epochs=len(make.runs[0]), **settings)
    (result,) = cross_validate(
        [small_data()],
        make,
        train=given.train,
        scoring=Scoring.of(given),
        params={},
        seed_of=lambda *use: len(use),
        listeners=listeners,
    )
    return result


@pytest.mark.parametrize(
    ("direction", "score_epoch", "value", "epoch"),
    [("maximize", "best", 0.9, 1), ("minimize", "best", 0.2, 0), ("maximize", "last", 0.5, 2)],
)
def test_a_run_has_the_values_of_its_best_or_last_epoch(direction, score_epoch, value, epoch):
    make, heard = Scripted([0.2, 0.9, 0.5]), Heard()
    result = train(make, heard, direction=direction, score_epoch=score_epoch)
    assert (result.values, result.best_epoch) == ((value,), epoch)
    assert (result.epochs, result.ended) == (3, "all epochs")
    assert result.curves["val_accuracy"] == (0.2, 0.9, 0.5)
    assert sorted(result.curves) == ["loss", "val_accuracy", "val_loss"]
    assert [logs["val_accuracy"] for logs in heard.epochs] == [0.2, 0.9, 0.5]
    assert heard.results == (result,)
    assert make.trained == [0, 1, 2]
    assert make.ended == 1


def test_curves_have_six_digits_and_logs_have_all():
    heard = Heard()
    result = train(Scripted([0.2, 0.9]), heard)
    losses = [logs["loss"] for logs in heard.epochs]
    assert list(result.curves["loss"]) == [float(f"{loss:.6g}") for loss in losses]
    assert list(result.curves["loss"]) != losses


@pytest.mark.parametrize(
    ("patience", "min_delta", "direction", "values", "epochs"),
    [
        (2, 0.0, "maximize", [0.5, 0.9, 0.9, 0.9, 0.9], 4),
        (1, 0.01, "maximize", [0.9, 0.5, 0.4, 0.3], 2),
        (1, 0.01, "minimize", [0.9, 0.5, 0.4, 0.3], 4),
        (2, 0.05, "maximize", [0.5, 0.505, 0.51, 0.515], 3),
    ],
)
def test_early_stopping_follows_the_metric_in_its_direction(patience, min_delta, direction, values, epochs):
    make = Scripted(values)
    result = train(make, direction=direction, early_stopping={"patience": patience, "min_delta": min_delta})
    assert result.epochs == epochs == len(make.trained)
    assert result.ended == ("all epochs" if epochs == len(values) else "early stopping")


def test_what_a_listener_raises_leaves_at_once_and_callbacks_end_first():
    class Interrupted(BaseException):
        pass

    make = Scripted([0.5, 0.6, 0.7])
    first, raising, last = Heard(), Heard(Interrupted(), epoch=2), Heard()
    with pytest.raises(Interrupted):
        train(make, first, raising, last)
    assert make.trained == [0, 1]
    assert make.ended == 1
    assert (len(first.epochs), len(last.epochs)) == (2, 1)
    # All of them may save what would be lost.
    assert [listener.interrupted for listener in (first, raising, last)] == [[2], [2], [2]]
    assert first.results == ()


def test_callbacks_end_where_the_training_itself_fails(monkeypatch):
    make = Scripted([0.5, 0.6])
    heard = Heard()

    def broken(data):
        training = make(data)
        monkeypatch.setattr(training.model, "train_step", None)
        return training

    with pytest.raises(TypeError):
        train(type("Broken", (), {"runs": make.runs, "__call__": lambda self, data: broken(data)})(), heard)
    assert make.ended == 1
    # The model is not as it was after any epoch.
    assert heard.interrupted == []


def test_a_listener_that_prunes_ends_the_run_with_a_result():
    make, heard = Scripted([0.9, 0.2, 0.3]), Heard(Pruned(), epoch=2)
    result = train(make, heard)
    # The value that a pruned trial has for Optuna is its last report.
    assert (result.ended, result.epochs, result.values, result.best_epoch) == ("pruned", 2, (0.2,), 1)
    assert heard.interrupted == []
    assert make.ended == 1


def test_a_metric_that_is_not_there_is_refused_with_those_that_are(monkeypatch):
    monkeypatch.setattr(Scoring, "check", lambda self, classes: None)
    make, heard = Scripted([0.5, 0.5]), Heard()
    with pytest.raises(
        TrainingError, match="no metric 'val_acuracy' in what this model logs; there are: val_accuracy,"
    ):
        train(make, heard, metric="val_acuracy")
    assert heard.epochs == []
    assert make.ended == 1


def test_a_metric_unlike_any_is_refused_before_anything_trains():
    make = Scripted([0.5, 0.5])
    with pytest.raises(TrainingError, match='found "val_acuracy"; allowed: val_accuracy, '):
        train(make, metric="val_acuracy")
    assert make.data == []


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_metric_that_is_no_number_ends_the_run_as_diverged(bad):
    heard = Heard()
    result = train(Scripted([0.9, bad, 0.8]), heard)
    assert (result.ended, result.epochs, result.values, result.best_epoch) == ("diverged", 2, None, None)
    assert result.curves["val_accuracy"] == (0.9, None)
    assert len(heard.epochs) == 2


@pytest.mark.parametrize("log", ["loss", "val_loss"])
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_ends_the_run_as_diverged(log, bad):
    make = Scripted([0.9, 0.9], logs={log: bad})
    assert train(make).ended == "diverged"
    assert make.trained == [0]
