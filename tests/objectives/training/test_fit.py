import math
import warnings

import numpy as np
import optuna
import pytest

from objectives.data.arrays import SearchData
from objectives.data.settings import DataSettings
from objectives.errors import TrainingError
from objectives.space.search_space import SearchSpace
from objectives.training import backend
from objectives.training.cross_validation import evaluate
from objectives.training.fit import Training
from objectives.training.settings import TrainSettings
from objectives.training.task import Task


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


@pytest.fixture
def scripted(keras):
    """Make a Keras model that trains for real, but logs the given val_accuracy, one number an epoch.

    `model.ended` counts how often a callback of somebody else's saw the end of training.
    """

    def make(values):
        class Scripted(keras.Sequential):
            ended = 0

            def fit(self, *args, callbacks, **options):
                script = keras.callbacks.LambdaCallback(
                    on_epoch_end=lambda epoch, logs: logs.update(val_accuracy=values[epoch])
                )
                witness = keras.callbacks.LambdaCallback(on_train_end=lambda logs: self.count_end())
                return super().fit(*args, callbacks=[script, *callbacks, witness], **options)

            def count_end(self):
                type(self).ended += 1

        model = Scripted([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])
        model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
        return model

    return make


class PruneAfter(optuna.pruners.BasePruner):
    """Prunes at a step, and remembers the steps it was asked at."""

    def __init__(self, step):
        self.step = step
        self.asked = []

    def prune(self, study, trial):
        self.asked.append(trial.last_step)
        return trial.last_step >= self.step


def run(model, data, values, *, pruner=None, trial=None, metric="val_accuracy", direction="maximize", **train):
    """Return (trial, value or what was raised) of a training of len(values) epochs."""
    trial = trial or optuna.create_study(pruner=pruner or optuna.pruners.NopPruner()).ask()
    task = Task(
        space=SearchSpace({}),
        data=DataSettings(),
        train=TrainSettings(epochs=len(values), **train),
        metrics=(metric,),
        directions=(direction,),
        seed=7,
    )
    try:
        value = evaluate(trial, [data], lambda data: Training(model=model, data=data, batch_size=4), task)
    except BaseException as raised:  # noqa: BLE001 - handed to the test
        return trial, raised
    return trial, value


def reports(trial):
    return trial.study.trials[trial.number].intermediate_values


def facts(trial):
    attributes = trial.user_attrs
    return tuple(attributes.get(name) for name in ("epochs", "ended", "best_epoch", "value_rule"))


@pytest.mark.parametrize(
    ("direction", "rule", "value", "epoch"),
    [("maximize", "best", 0.9, 1), ("minimize", "best", 0.2, 0), ("maximize", "last", 0.5, 2)],
)
def test_every_epoch_is_reported_and_the_rule_picks_the_value(scripted, data, direction, rule, value, epoch):
    values = [0.2, 0.9, 0.5]
    trial, result = run(scripted(values), data, values, direction=direction, value=rule)
    assert result == value
    assert reports(trial) == dict(enumerate(values))
    assert facts(trial) == (3, "all epochs", epoch, f"{rule} val_accuracy")
    curves = trial.user_attrs["curves"]
    assert curves["val_accuracy"] == values
    assert sorted(curves) == ["loss", "val_accuracy", "val_loss"]
    assert all(float(f"{loss:.6g}") == loss for loss in curves["loss"])


def test_a_pruned_trial_ends_properly_and_says_so(scripted, data):
    values = [0.9, 0.2, 0.3, 0.4]
    model, pruner = scripted(values), PruneAfter(1)
    trial, raised = run(model, data, values, pruner=pruner)
    assert isinstance(raised, optuna.TrialPruned)
    assert model.ended == 1
    assert pruner.asked == [0, 1]
    # Optuna's value of a pruned trial is its last report.
    assert facts(trial) == (2, "pruned", 1, "last val_accuracy")


def test_nobody_is_asked_about_pruning_after_the_last_epoch(scripted, data):
    pruner = PruneAfter(1)
    trial, value = run(scripted([0.5, 0.6]), data, [0.5, 0.6], pruner=pruner)
    assert (value, pruner.asked) == (0.6, [0])
    assert facts(trial)[1] == "all epochs"


def test_early_stopping_is_no_pruning(scripted, data):
    values = [0.5, 0.9, 0.9, 0.9, 0.9]
    pruner = PruneAfter(3)
    trial, value = run(scripted(values), data, values, pruner=pruner, early_stopping={"patience": 2})
    assert value == 0.9
    assert facts(trial) == (4, "early stopping", 1, "best val_accuracy")
    # The epoch that ended it would have been pruned, had anybody asked.
    assert pruner.asked == [0, 1, 2]


def test_early_stopping_knows_which_way_is_better(scripted, data):
    values = [0.9, 0.5, 0.4, 0.3]
    stopping = {"patience": 1, "min_delta": 0.01}
    falling, _ = run(scripted(values), data, values, direction="minimize", early_stopping=stopping)
    rising, _ = run(scripted(values), data, values, direction="maximize", early_stopping=stopping)
    assert (facts(falling)[0], facts(rising)[0]) == (4, 2)


def test_early_stopping_takes_a_small_gain_for_none(scripted, data):
    values = [0.5, 0.505, 0.51, 0.515]
    trial, value = run(scripted(values), data, values, early_stopping={"patience": 2, "min_delta": 0.05})
    assert (value, facts(trial)) == (0.51, (3, "early stopping", 2, "best val_accuracy"))


def test_a_metric_that_is_not_there_is_refused_with_those_that_are(scripted, data):
    model = scripted([0.5, 0.5])
    trial, raised = run(model, data, [0.5, 0.5], metric="val_acuracy")
    assert isinstance(raised, TrainingError)
    assert 'found "val_acuracy"; allowed: val_accuracy, ' in str(raised)
    assert model.ended == 0
    assert reports(trial) == {}


class HandedBack(BaseException):
    pass


@pytest.mark.parametrize("call", ["report", "should_prune"])
def test_an_interruption_lets_other_callbacks_end_and_is_raised_after(scripted, data, call, monkeypatch):
    model = scripted([0.5, 0.6, 0.7])
    trial = optuna.create_study().ask()

    def interrupt(*_, **__):
        raise HandedBack

    monkeypatch.setattr(trial, call, interrupt)
    _, raised = run(model, data, [0.5, 0.6, 0.7], trial=trial)
    assert isinstance(raised, HandedBack)
    assert model.ended == 1
    assert "ended" not in trial.user_attrs


def test_steps_that_were_reported_before_are_not_reported_again(scripted, data):
    first = optuna.create_study().ask()
    first.report(0.1, step=0)
    again = optuna.Trial(first.study, first._trial_id)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trial, value = run(scripted([0.5, 0.6]), data, [0.5, 0.6], trial=again)
    assert reports(trial) == {0: 0.1, 1: 0.6}
    assert value == 0.6


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_metric_that_is_no_number_ends_the_trial_as_diverged(scripted, data, bad):
    values = [0.9, bad, 0.8]
    trial, value = run(scripted(values), data, values)
    assert math.isnan(value)
    assert list(reports(trial)) == [0, 1]
    assert facts(trial) == (2, "diverged", None, None)
    assert trial.user_attrs["curves"]["val_accuracy"] == [0.9, None]
