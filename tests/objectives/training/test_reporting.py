"""What is reported to a trial, when its pruner is asked, and which attributes the trial has afterwards."""

import math

import optuna
import pytest
from helpers.attempts import Attempt, Checkpoint, PruneAt, Scripted, ask, at, reports, task, train

from objectives.training import backend
from studies.execution.trial import TrialInterrupted


@pytest.fixture(scope="module", autouse=True)
def keras():
    backend.prepare("tensorflow")
    import keras

    return keras


def facts(trial):
    return tuple(trial.user_attrs.get(name) for name in ("epochs", "ended", "best_epoch", "value_rule"))


@pytest.mark.parametrize(
    ("direction", "rule", "value", "epoch"),
    [("maximize", "best", 0.9, 1), ("minimize", "best", 0.2, 0), ("maximize", "last", 0.5, 2)],
)
def test_every_epoch_is_reported_and_the_facts_say_where_the_value_is_from(direction, rule, value, epoch):
    values = [0.2, 0.9, 0.5]
    trial, result = train(Scripted(values), task(directions=(direction,), epochs=3, score_epoch=rule))
    assert result == value
    assert reports(trial) == dict(enumerate(values))
    assert facts(trial) == (3, "all epochs", epoch, f"{rule} val_accuracy")
    assert list(trial.user_attrs["curves"]["val_accuracy"]) == values
    assert sorted(trial.user_attrs) == ["best_epoch", "curves", "ended", "epochs", "value_rule"]


def test_a_pruned_trial_ends_properly_and_says_so():
    make, pruner = Scripted([0.9, 0.2, 0.3, 0.4]), PruneAt(1)
    trial, raised = train(make, task(epochs=4), pruner=pruner)
    assert isinstance(raised, optuna.TrialPruned)
    assert str(raised) == "pruned after 2 of 4 epochs"
    assert make.ended == 1
    assert pruner.asked == [0, 1]
    # Optuna's value of a pruned trial is its last report.
    assert facts(trial) == (2, "pruned", 1, "last val_accuracy")


def test_nobody_is_asked_about_pruning_after_the_last_epoch():
    pruner = PruneAt(1)
    trial, value = train(Scripted([0.5, 0.6]), task(epochs=2), pruner=pruner)
    assert (value, pruner.asked) == (0.6, [0])
    assert facts(trial)[1] == "all epochs"


def test_early_stopping_is_no_pruning():
    pruner = PruneAt(3)
    given = task(epochs=5, early_stopping={"patience": 2})
    trial, value = train(Scripted([0.5, 0.9, 0.9, 0.9, 0.9]), given, pruner=pruner)
    assert value == 0.9
    assert facts(trial) == (4, "early stopping", 1, "best val_accuracy")
    # The epoch that ended it would have been pruned, had anybody asked.
    assert pruner.asked == [0, 1, 2]


@pytest.mark.parametrize("call", ["report", "should_prune"])
def test_a_worker_interrupts_where_the_trial_reports_or_asks(call):
    class Stopped(Attempt):
        def should_prune(self):
            self.reporting = "asked"
            return super().should_prune()

    make = Scripted([0.5, 0.6, 0.7])
    trial = Stopped(ask(), Checkpoint(), at({"report": 0, "should_prune": "asked"}[call]))
    _, raised = train(make, task(epochs=3), trial=trial)
    assert isinstance(raised, TrialInterrupted)
    assert make.trained == [0]
    assert make.ended == 1
    assert "ended" not in trial.user_attrs


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_trial_that_diverged_has_no_value_and_says_so(bad, caplog):
    with caplog.at_level("WARNING", "studyhall.training"):
        trial, value = train(Scripted([0.9, bad, 0.8]), task(epochs=3))
    assert math.isnan(value)
    assert list(reports(trial)) == [0, 1]
    assert facts(trial) == (2, "diverged", None, None)
    assert list(trial.user_attrs["curves"]["val_accuracy"]) == [0.9, None]
    assert f"trial 0 diverged: val_accuracy is {bad}" in caplog.text
