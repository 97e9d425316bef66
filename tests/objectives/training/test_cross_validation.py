"""One trial over several divisions and repeats: its value, what pruners see, and how it goes on when handed back."""

import math

import numpy as np
import optuna
import pytest

from objectives.data.arrays import SearchData
from objectives.data.settings import DataSettings
from objectives.errors import TrainingError
from objectives.seeds import derive_seed
from objectives.space.search_space import SearchSpace
from objectives.training import backend, checkpointing
from objectives.training.cross_validation import evaluate
from objectives.training.fit import Training
from objectives.training.metrics import METRICS, fit_for
from objectives.training.settings import TrainSettings
from objectives.training.task import Task


@pytest.fixture(scope="module")
def keras():
    backend.prepare("tensorflow")
    import keras

    return keras


@pytest.fixture(scope="module")
def divisions():
    """Three, which share nothing but their shape."""
    x = np.linspace(0.0, 1.0, 32, dtype=np.float32).reshape(8, 4)
    y = np.arange(8, dtype=np.int64) % 2
    return [
        SearchData(
            x_train=x + n,
            y_train=y,
            x_validation=x + n,
            y_validation=y,
            classes=2,
            kind="table",
            source=f"made up {n}",
        )
        for n in range(3)
    ]


def task(*metrics, seed=7, **train):
    metrics = metrics or ("val_accuracy",)
    directions = tuple(METRICS[name].better for name in metrics)
    settings = TrainSettings(**train)
    return Task(
        space=SearchSpace({}), data=DataSettings(), train=settings, metrics=metrics, directions=directions, seed=seed
    )


class PruneAt(optuna.pruners.BasePruner):
    """Prunes at a step, and remembers the steps it was asked at."""

    def __init__(self, step=math.inf):
        self.step, self.asked = step, []

    def prune(self, study, trial):
        self.asked.append(trial.last_step)
        return trial.last_step >= self.step


@pytest.fixture
def scripted(keras):
    """What makes models that train for real, but log the given val_accuracy: a list of each run's epochs.

    `make.data` lists what each was made for, `make.first_weights` with what it began.
    """

    def script(runs):
        def make(data):
            run = [id(seen) for seen in make.all].index(id(data)) + make.skipped
            values = runs[run] if len(runs) > run else runs[-1]
            make.data.append(data.source)

            class Scripted(keras.Sequential):
                def fit(self, *args, callbacks, **options):
                    note = keras.callbacks.LambdaCallback(
                        on_epoch_end=lambda epoch, logs: logs.update(val_accuracy=values[epoch])
                    )
                    return super().fit(*args, callbacks=[note, *callbacks], **options)

            model = Scripted([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])
            model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
            make.first_weights.append(model.get_weights()[0])
            return Training(model=model, data=data, batch_size=4)

        make.data, make.first_weights, make.skipped, make.all = [], [], 0, []
        return make

    return script


def run(make, divisions, given, *, trial=None, pruner=None):
    """The trial, and its value or what was raised."""
    make.all = divisions
    trial = trial or optuna.create_study(pruner=pruner or optuna.pruners.NopPruner(), direction="maximize").ask()
    try:
        return trial, evaluate(trial, divisions, make, given)
    except BaseException as raised:  # noqa: BLE001 - handed to the test
        return trial, raised


def reports(trial):
    return trial.study.trials[trial.number].intermediate_values


RUNS = [[0.2, 0.6, 0.4], [0.5, 0.8, 0.7], [0.9, 0.1, 0.4]]


def test_the_value_is_the_mean_and_every_step_has_the_running_mean(scripted, divisions):
    pruner = PruneAt()
    trial, value = run(scripted(RUNS), divisions, task(epochs=3), pruner=pruner)
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
    assert [fold["curves"]["val_accuracy"] for fold in facts["folds"]] == RUNS


def test_repeats_go_through_all_divisions_each_from_other_weights(scripted, divisions):
    make = scripted(RUNS)
    trial, _ = run(make, divisions, task(epochs=3, seeds=2, score_epoch="last"))
    assert make.data == [f"made up {n}" for n in (0, 1, 2, 0, 1, 2)]
    folds = trial.user_attrs["folds"]
    assert [(fold["repeat"], fold["division"]) for fold in folds] == [(r, d) for r in range(2) for d in range(3)]
    assert [fold["value"] for fold in folds] == [0.4, 0.7, 0.4] * 2
    assert len({weights.tobytes() for weights in make.first_weights}) == 6
    again = scripted(RUNS)
    run(again, divisions, task(epochs=3, seeds=2))
    assert [weights.tobytes() for weights in again.first_weights] == [w.tobytes() for w in make.first_weights]


def test_one_run_has_no_folds_and_the_seed_of_its_trial(keras, scripted, divisions):
    make = scripted(RUNS)
    trial, value = run(make, divisions[:1], task(epochs=3))
    assert value == 0.6
    assert sorted(trial.user_attrs) == ["best_epoch", "curves", "ended", "epochs", "value_rule"]
    keras.utils.set_random_seed(derive_seed(7, "trial", 0))
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    np.testing.assert_array_equal(make.first_weights[0], model.get_weights()[0])


def test_a_run_stopped_early_leaves_its_steps_out(scripted, divisions):
    runs = [[0.6, 0.5, 0.4, 0.3], [0.1, 0.2, 0.3, 0.4], [0.5, 0.5, 0.5, 0.5]]
    pruner = PruneAt()
    trial, value = run(scripted(runs), divisions, task(epochs=4, early_stopping={"patience": 1}), pruner=pruner)
    assert list(reports(trial)) == [0, 1, 4, 5, 6, 7, 8, 9]
    # A run that was stopped early ends no trial, so that the pruner is asked; but for the last.
    assert pruner.asked == [0, 1, 4, 5, 6, 7, 8]
    assert value == pytest.approx((0.6 + 0.4 + 0.5) / 3)
    assert (trial.user_attrs["ended"], trial.user_attrs["epochs"]) == ("early stopping", 8)
    assert [fold["ended"] for fold in trial.user_attrs["folds"]] == ["early stopping", "all epochs", "early stopping"]
    # The mean of those that came as far.
    assert trial.user_attrs["curves"]["val_accuracy"] == pytest.approx([0.4, 0.4, 0.3, 0.4])


@pytest.mark.parametrize(("step", "epochs"), [(4, 5), (2, 3)])
def test_a_trial_can_be_pruned_in_any_run(scripted, divisions, step, epochs):
    make = scripted(RUNS)
    trial, raised = run(make, divisions, task(epochs=3), pruner=PruneAt(step))
    assert isinstance(raised, optuna.TrialPruned)
    assert str(raised) == f"pruned after {epochs} of 9 epochs"
    assert list(reports(trial)) == list(range(step + 1))
    assert (trial.user_attrs["ended"], trial.user_attrs["epochs"]) == ("pruned", epochs)
    assert [fold["ended"] for fold in trial.user_attrs["folds"]] == ["all epochs", "pruned"][step == 2 :][: step // 2]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_one_run_that_diverges_is_the_end_of_the_trial(scripted, divisions, bad):
    make = scripted([[0.2, 0.3, 0.3], [0.4, bad, 0.5]])
    trial, value = run(make, divisions, task(epochs=3))
    assert math.isnan(value)
    assert make.data == ["made up 0", "made up 1"]
    assert trial.user_attrs["ended"] == "diverged"
    assert "value_rule" not in trial.user_attrs
    assert [(fold["value"], fold["ended"]) for fold in trial.user_attrs["folds"]] == [
        (0.3, "all epochs"),
        (None, "diverged"),
    ]


# --- handed back ---------------------------------------------------------------------------------------------


class HandedBack(BaseException):
    pass


class Checkpoint:
    """In memory."""

    def __init__(self):
        self.state, self.saved = None, []

    def load(self):
        return self.state

    def save(self, state):
        self.state = state
        self.saved.append(state)
        return True


class Attempt(optuna.Trial):
    """A trial as a worker gives it, handed back at the report of a step."""

    def __init__(self, first, checkpoint, interrupted_at=None):
        super().__init__(first.study, first._trial_id)
        self.checkpoint, self.interrupted_at = checkpoint, interrupted_at

    def report(self, value, step):
        if step not in self._cached_frozen_trial.intermediate_values:
            super().report(value, step)
        if step == self.interrupted_at:
            raise HandedBack


def attempt(scripted, divisions, first, checkpoint, interrupted_at=None, **train):
    make = scripted(RUNS)
    trial, value = run(make, divisions, task(epochs=3, **train), trial=Attempt(first, checkpoint, interrupted_at))
    return make, trial, value


def test_a_trial_handed_back_in_its_third_run_goes_on_there(scripted, divisions):
    first, checkpoint = optuna.create_study(direction="maximize").ask(), Checkpoint()
    attempt(scripted, divisions, first, checkpoint, interrupted_at=7)
    make, trial, value = attempt(scripted, divisions, first, checkpoint)
    assert make.data == ["made up 2"]
    assert value == pytest.approx((0.6 + 0.8 + 0.9) / 3)
    assert list(reports(trial)) == list(range(9))
    assert trial.user_attrs["resumed_at"] == [8]
    assert [fold["curves"]["val_accuracy"] for fold in trial.user_attrs["folds"]] == RUNS


def test_a_death_between_two_runs_loses_neither(scripted, divisions, monkeypatch):
    monkeypatch.setattr(checkpointing, "SECONDS_AT_RISK", 0.0)
    first, checkpoint = optuna.create_study(direction="maximize").ask(), Checkpoint()
    attempt(scripted, divisions, first, checkpoint, interrupted_at=3)
    # Given the state as it was when the second run had begun and nothing of it was saved
    checkpoint.state = checkpoint.saved[2]
    make, trial, value = attempt(scripted, divisions, first, checkpoint)
    # Then the first run is only concluded
    assert make.data == ["made up 0", "made up 1", "made up 2"]
    assert trial.user_attrs["resumed_at"] == [3]
    assert len(trial.user_attrs["folds"][0]["curves"]["loss"]) == 3
    assert value == pytest.approx((0.6 + 0.8 + 0.9) / 3)


def test_a_checkpoint_of_other_settings_is_not_believed_about_earlier_runs(scripted, divisions):
    first, checkpoint = optuna.create_study(direction="maximize").ask(), Checkpoint()
    attempt(scripted, divisions, first, checkpoint, interrupted_at=7)
    make, trial, _ = attempt(scripted, divisions, first, checkpoint, score_epoch="last")
    # The third is made to see whether it fits; then all of them are trained.
    assert make.data == ["made up 2", "made up 0", "made up 1", "made up 2"]
    assert "resumed_at" not in trial.user_attrs
    assert [fold["value"] for fold in trial.user_attrs["folds"]] == [0.4, 0.7, 0.4]


# --- several metrics -----------------------------------------------------------------------------------------


def digits(classes, rows=360):
    from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits

    loaders = {10: load_digits, 2: load_breast_cancer, None: load_diabetes}
    x, y = loaders[classes](return_X_y=True)
    x = ((x - x.mean(0)) / (x.std(0) + 1e-6)).astype(np.float32)
    y = (y / 100).astype(np.float32) if classes is None else y.astype(np.int64)
    half = rows // 2
    return SearchData(
        x_train=x[:half],
        y_train=y[:half],
        x_validation=x[half:rows],
        y_validation=y[half:rows],
        classes=classes,
        kind="table",
        source="scikit-learn",
    )


@pytest.fixture
def network(keras):
    def make(units, activation, loss, metrics):
        def build(data):
            layers = [keras.layers.Dense(8, "relu"), keras.layers.Dense(units, activation)]
            model = keras.Sequential([keras.Input(data.x_train.shape[1:]), *layers])
            model.compile(optimizer="adam", loss=loss, metrics=metrics)
            return Training(model=model, data=data, batch_size=32)

        return build

    return make


@pytest.mark.parametrize(
    ("classes", "kind", "output"),
    [
        (10, "classes", (10, "softmax", "sparse_categorical_crossentropy", ["accuracy"])),
        (2, "binary", (2, "softmax", "sparse_categorical_crossentropy", ["accuracy"])),
        (2, "binary", (1, "sigmoid", "binary_crossentropy", ["accuracy"])),
        (None, "regression", (1, None, "mse", ["mae"])),
    ],
)
def test_every_metric_that_fits_can_be_an_objective_and_all_at_once(network, classes, kind, output):
    names = [name for name in fit_for(kind) if classes != 2 or "top" not in name]
    trial = optuna.create_study(directions=[METRICS[name].better for name in names]).ask()
    values = evaluate(trial, [digits(classes)], network(*output), task(*names, epochs=2))
    found = dict(zip(names, values, strict=True))
    assert all(map(math.isfinite, values))
    assert found["seconds"] > 0
    # What Keras and scikit-learn both know must be the same.
    if classes is None:
        assert found["val_mse"] == pytest.approx(found["val_loss"], rel=1e-4)
    else:
        assert found["val_recall_micro"] == pytest.approx(found["val_accuracy"], abs=1e-6)
        assert found["val_log_loss"] == pytest.approx(found["val_loss"], rel=1e-3)
    assert trial.user_attrs["curves"].keys() == {*names}


def test_a_metric_that_keras_does_not_log_can_stop_and_prune(network):
    given = task("val_f1", epochs=6, early_stopping={"patience": 1, "min_delta": 1.0})
    pruner = PruneAt()
    trial = optuna.create_study(direction="maximize", pruner=pruner).ask()
    build = network(10, "softmax", "sparse_categorical_crossentropy", ["accuracy"])
    value = evaluate(trial, [digits(10)], build, given)
    assert trial.user_attrs["ended"] == "early stopping"
    assert value == max(reports(trial).values())
    assert pruner.asked == [0]


def test_all_values_are_of_the_epoch_that_is_best_by_the_first_quality(scripted, divisions):
    names = ("parameters", "val_accuracy", "val_loss")
    trial = optuna.create_study(directions=[METRICS[name].better for name in names]).ask()
    _, values = run(scripted([[0.5, 0.9, 0.1]]), divisions[:1], task(*names, epochs=3), trial=trial)
    losses = trial.user_attrs["curves"]["val_loss"]
    assert values == [10.0, 0.9, pytest.approx(losses[1], rel=1e-5)]
    assert len(set(losses)) == 3
    assert trial.user_attrs["value_rule"] == "best val_accuracy"


def test_seconds_are_those_of_all_runs_and_attempts(scripted, divisions, monkeypatch):
    from types import SimpleNamespace

    from objectives.training import recorder

    clock = iter(range(10_000))
    monkeypatch.setattr(recorder, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    first, checkpoint = optuna.create_study(direction="minimize").ask(), Checkpoint()
    make = scripted(RUNS)
    for interrupted_at in (4, None):
        trial = Attempt(first, checkpoint, interrupted_at)
        _, value = run(make, divisions, task("seconds", epochs=3), trial=trial)
    assert trial.user_attrs["resumed_at"] == [5]
    assert trial.user_attrs["value_rule"] == "mean of 3 runs' last seconds"
    # Nine epochs, and the clock ticks once in each.
    assert value == 9.0


def test_a_worker_can_interrupt_a_trial_of_several_objectives(scripted, divisions):
    names = ("val_accuracy", "parameters")
    first, checkpoint = optuna.create_study(directions=["maximize", "minimize"]).ask(), Checkpoint()

    class Obedient(optuna.Trial):
        epochs = 0

        def stop_if_asked(self):
            self.epochs += 1
            if self.epochs == self.last:
                raise HandedBack

    for last in (2, None):
        trial = Obedient(first.study, first._trial_id)
        trial.checkpoint, trial.last = checkpoint, last
        make = scripted(RUNS)
        _, values = run(make, divisions[:1], task(*names, epochs=3), trial=trial)
    assert values == [0.6, 10.0]
    assert trial.user_attrs["resumed_at"] == [2]
    # The second epoch is told again, since the first attempt ended there.
    assert trial.epochs == 2


def test_a_metric_that_the_data_do_not_have_is_refused_before_anything_trains(network):
    trial = optuna.create_study(direction="maximize").ask()
    with pytest.raises(TrainingError, match=r"numbers to predict and no classes; allowed: .*val_r2"):
        evaluate(trial, [digits(None)], network(1, None, "mse", ["mae"]), task("val_accuracy", epochs=1))
    assert reports(trial) == {}
