"""One trial over several splits and seeds: its value, what pruners see, and how it goes on when it was requeued."""

import math

import numpy as np
import optuna
import pytest
from helpers.attempts import Attempt, Checkpoint, PruneAt, Scripted, ask, at, reports, task, train

from objectives.seeds import derive_seed
from objectives.training import backend, checkpointing, fit


@pytest.fixture(scope="module", autouse=True)
def keras():
    backend.prepare("tensorflow")
    import keras

    return keras


RUNS = [[0.2, 0.6, 0.4], [0.5, 0.8, 0.7], [0.9, 0.1, 0.4]]


def test_the_value_is_the_mean_and_every_step_has_the_running_mean():
    pruner = PruneAt()
    trial, value = train(Scripted(*RUNS), task(epochs=3), splits=3, pruner=pruner)
    assert value == pytest.approx((0.6 + 0.8 + 0.9) / 3)
    expected = [0.2, 0.6, 0.4, 0.55, 0.7, 0.65, (1.4 + 0.9) / 3, 0.5, 0.6]
    assert list(reports(trial).items()) == [(step, pytest.approx(mean)) for step, mean in enumerate(expected)]
    # After the last epoch of a run that others follow there is something to save, after the last of all there is not.
    assert pruner.asked == list(range(8))
    facts = trial.user_attrs
    assert (facts["epochs"], facts["ended"]) == (9, "all epochs")
    assert facts["value_rule"] == "mean of 3 runs' best val_accuracy"
    assert facts["curves"]["val_accuracy"] == pytest.approx([1.6 / 3, 0.5, 0.5])
    assert [fold["value"] for fold in facts["folds"]] == [0.6, 0.8, 0.9]
    assert [fold["best_epoch"] for fold in facts["folds"]] == [1, 1, 0]
    assert [list(fold["curves"]["val_accuracy"]) for fold in facts["folds"]] == RUNS


def test_seeds_go_through_all_splits_each_from_other_weights():
    make = Scripted(*RUNS)
    trial, _ = train(make, task(epochs=3, seeds=2, score_epoch="last"), splits=3)
    assert make.data == [f"made up {n}" for n in (0, 1, 2, 0, 1, 2)]
    folds = trial.user_attrs["folds"]
    assert [(fold["repeat"], fold["split"]) for fold in folds] == [(r, d) for r in range(2) for d in range(3)]
    assert [fold["value"] for fold in folds] == [0.4, 0.7, 0.4] * 2
    assert len({weights.tobytes() for weights in make.first_weights}) == 6
    again = Scripted(*RUNS)
    train(again, task(epochs=3, seeds=2), splits=3)
    assert [weights.tobytes() for weights in again.first_weights] == [w.tobytes() for w in make.first_weights]


def test_one_run_has_no_folds_and_the_seed_of_its_trial(keras):
    make = Scripted(*RUNS)
    trial, value = train(make, task(epochs=3))
    assert value == 0.6
    assert sorted(trial.user_attrs) == ["best_epoch", "curves", "ended", "epochs", "value_rule"]
    keras.utils.set_random_seed(derive_seed(7, "trial", 0))
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    np.testing.assert_array_equal(make.first_weights[0], model.get_weights()[0])


def test_a_run_stopped_early_leaves_its_steps_out():
    runs = [[0.6, 0.5, 0.4, 0.3], [0.1, 0.2, 0.3, 0.4], [0.5, 0.5, 0.5, 0.5]]
    pruner = PruneAt()
    trial, value = train(Scripted(*runs), task(epochs=4, early_stopping={"patience": 1}), splits=3, pruner=pruner)
    assert list(reports(trial)) == [0, 1, 4, 5, 6, 7, 8, 9]
    # A run that was stopped early ends no trial, so that the pruner is asked; but for the last.
    assert pruner.asked == [0, 1, 4, 5, 6, 7, 8]
    assert value == pytest.approx((0.6 + 0.4 + 0.5) / 3)
    assert (trial.user_attrs["ended"], trial.user_attrs["epochs"]) == ("early stopping", 8)
    assert [fold["ended"] for fold in trial.user_attrs["folds"]] == ["early stopping", "all epochs", "early stopping"]
    # The mean of those that came as far.
    assert trial.user_attrs["curves"]["val_accuracy"] == pytest.approx([0.4, 0.4, 0.3, 0.4])


@pytest.mark.parametrize(("step", "epochs"), [(4, 5), (2, 3)])
def test_a_trial_can_be_pruned_in_any_run(step, epochs):
    trial, raised = train(Scripted(*RUNS), task(epochs=3), splits=3, pruner=PruneAt(step))
    assert isinstance(raised, optuna.TrialPruned)
    assert str(raised) == f"pruned after {epochs} of 9 epochs"
    assert list(reports(trial)) == list(range(step + 1))
    assert (trial.user_attrs["ended"], trial.user_attrs["epochs"]) == ("pruned", epochs)
    assert [fold["ended"] for fold in trial.user_attrs["folds"]] == ["all epochs", "pruned"][step == 2 :][: step // 2]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_one_run_that_diverges_is_the_end_of_the_trial(bad):
    make = Scripted([0.2, 0.3, 0.3], [0.4, bad, 0.5], [0.1, 0.1, 0.1])
    trial, value = train(make, task(epochs=3), splits=3)
    assert math.isnan(value)
    assert make.data == ["made up 0", "made up 1"]
    assert trial.user_attrs["ended"] == "diverged"
    assert "value_rule" not in trial.user_attrs
    assert [(fold["value"], fold["ended"]) for fold in trial.user_attrs["folds"]] == [
        (0.3, "all epochs"),
        (None, "diverged"),
    ]


# --- requeued ------------------------------------------------------------------------------------------------


def attempt(first, checkpoint, interrupted_at=None, metric="val_accuracy", **settings):
    make = Scripted(*RUNS)
    trial = Attempt(first, checkpoint, at(interrupted_at))
    _, value = train(make, task(metric, epochs=3, **settings), splits=3, trial=trial)
    return make, trial, value


def test_a_trial_requeued_in_its_third_run_goes_on_there():
    first, checkpoint = ask(), Checkpoint()
    attempt(first, checkpoint, interrupted_at=7)
    make, trial, value = attempt(first, checkpoint)
    assert make.data == ["made up 2"]
    assert value == pytest.approx((0.6 + 0.8 + 0.9) / 3)
    assert list(reports(trial)) == list(range(9))
    assert trial.user_attrs["resumed_at"] == [8]
    assert [list(fold["curves"]["val_accuracy"]) for fold in trial.user_attrs["folds"]] == RUNS


def test_a_death_between_two_runs_loses_neither(monkeypatch):
    monkeypatch.setattr(checkpointing, "SECONDS_AT_RISK", 0.0)
    first, checkpoint = ask(), Checkpoint()
    attempt(first, checkpoint, interrupted_at=3)
    # Given the state as it was when the second run had begun and nothing of it was saved
    checkpoint.state = checkpoint.saved[2]
    make, trial, value = attempt(first, checkpoint)
    # Then the first run is only concluded
    assert make.data == ["made up 0", "made up 1", "made up 2"]
    assert make.trained == [0, 1, 2, 0, 1, 2]
    assert trial.user_attrs["resumed_at"] == [3]
    assert len(trial.user_attrs["folds"][0]["curves"]["loss"]) == 3
    assert value == pytest.approx((0.6 + 0.8 + 0.9) / 3)


def test_a_checkpoint_of_other_settings_is_not_believed_about_earlier_runs():
    first, checkpoint = ask(), Checkpoint()
    attempt(first, checkpoint, interrupted_at=7)
    make, trial, _ = attempt(first, checkpoint, score_epoch="last")
    # The third is made to see whether it fits; then all of them are trained.
    assert make.data == ["made up 2", "made up 0", "made up 1", "made up 2"]
    assert "resumed_at" not in trial.user_attrs
    assert [fold["value"] for fold in trial.user_attrs["folds"]] == [0.4, 0.7, 0.4]


def test_seconds_are_those_of_all_runs_and_attempts(monkeypatch):
    from types import SimpleNamespace

    clock = iter(range(10_000))
    monkeypatch.setattr(fit, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    first, checkpoint = ask("seconds"), Checkpoint()
    attempt(first, checkpoint, interrupted_at=4, metric="seconds")
    _, trial, value = attempt(first, checkpoint, metric="seconds")
    assert trial.user_attrs["resumed_at"] == [5]
    assert trial.user_attrs["value_rule"] == "mean of 3 runs' last seconds"
    # Nine epochs, and the clock ticks once in each.
    assert value == 9.0
    assert list(reports(trial).values()) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    # Each run has its own.
    assert [fold["value"] for fold in trial.user_attrs["folds"]] == [3.0, 3.0, 3.0]
