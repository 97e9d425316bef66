"""A trial as a worker has it, over several attempts; and trainings whose val_accuracy is written beforehand."""

import math

import numpy as np
import optuna

from objectives.data.arrays import SearchData
from objectives.data.settings import DataSettings
from objectives.errors import TrainingError
from objectives.space.search_space import SearchSpace
from objectives.training.metrics import METRICS
from objectives.training.reporting import train_trial
from objectives.training.settings import TrainSettings
from objectives.training.task import Task
from objectives.training.trainers.base import Training
from storage.owned_trial import Leftovers
from studies.execution.trial import TrialInterrupted, WorkerTrial


class Checkpoint:
    """In memory; `saved` has everything that was saved."""

    def __init__(self, state=None):
        self.state, self.saved = state, []

    def discard(self):
        self.state = None

    def load(self):
        return self.state

    def save(self, state):
        self.state = state
        self.saved.append(state)
        return True


class Attempt(WorkerTrial):
    """One attempt at a trial; `asked_to_stop(step)` is asked as each step is reported (None: with each epoch)."""

    def __init__(self, first, checkpoint, asked_to_stop=lambda step: False):
        def interruption():
            return "asked to stop" if asked_to_stop(self.reporting) else None

        self.reporting = None
        left = Leftovers.of(first.study.trials[first.number])

        def forget(gone):
            """As the database of a worker does, in the memory that this study lives in."""
            kept = first.study._storage._get_trial(first._trial_id)
            for step in gone.steps:
                kept.intermediate_values.pop(step)

        super().__init__(first.study, first._trial_id, interruption, checkpoint, left, forget)

    def report(self, value, step):
        self.reporting = step
        super().report(value, step)


def at(last):
    """Stop at the report of that step."""
    return lambda step: step == last


class PruneAt(optuna.pruners.BasePruner):
    """Prunes from a step on, and remembers the steps it was asked at."""

    def __init__(self, step=math.inf):
        self.step, self.asked = step, []

    def prune(self, study, trial):
        self.asked.append(trial.last_step)
        return trial.last_step >= self.step


def ask(*metrics, pruner=None):
    """The first trial of a study of those metrics."""
    directions = [METRICS[name].better for name in metrics or ("val_accuracy",)]
    return optuna.create_study(pruner=pruner or optuna.pruners.NopPruner(), directions=directions).ask()


def reports(trial):
    """The steps that a trial has reported, and their values."""
    return trial.study.trials[trial.number].intermediate_values


def small_data(number=0):
    """A split of eight rows of four numbers, two classes; each number has other rows."""
    x = np.linspace(0.0, 1.0, 32, dtype=np.float32).reshape(8, 4) + np.float32(number)
    y = np.arange(8, dtype=np.int64) % 2
    return SearchData(
        x_train=x,
        y_train=y,
        x_validation=x,
        y_validation=y,
        classes=2,
        kind="table",
        source=f"made up {number}",
    )


def task(*metrics, seed=7, directions=None, **train):
    """A task that trains as told; of val_accuracy where no metric is given."""
    metrics = metrics or ("val_accuracy",)
    return Task(
        space=SearchSpace({}),
        data=DataSettings(),
        train=TrainSettings(**train),
        metrics=metrics,
        directions=directions or tuple(METRICS[name].better for name in metrics),
        seed=seed,
    )


def trained_epochs(model, numbers):
    """A callback that appends the numbers of the epochs in which the model was trained, not of those a resume tells."""
    import keras

    steps = [0]

    def note(epoch, logs):
        if (now := int(model.optimizer.iterations)) > steps[0]:
            numbers.append(epoch)
        steps[0] = now

    return keras.callbacks.LambdaCallback(on_epoch_end=note)


class Scripted:
    """Makes models that train for real, but log the given val_accuracy: a list of each split's epochs.

    `data` lists what each model was made for, `first_weights` with what it began, `trained` the epochs that were
    trained; `ended` counts how often a callback of somebody else's saw the end of training.
    """

    def __init__(self, *runs, logs=None):
        self.runs, self.logs = runs, logs or {}
        self.data, self.first_weights, self.trained, self.ended = [], [], [], 0

    def __call__(self, data):
        import keras

        number = int(data.source.rpartition(" ")[2])

        def write(epoch, logs):
            logs.update(self.logs)
            if self.runs:
                logs["val_accuracy"] = self.runs[number][epoch]

        def end(logs):
            self.ended += 1

        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])
        model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
        self.data.append(data.source)
        self.first_weights.append(model.get_weights()[0])
        told = keras.callbacks.LambdaCallback(on_epoch_end=write, on_train_end=end)
        callbacks = [told, trained_epochs(model, self.trained)]
        return Training(model=model, data=data, batch_size=4, callbacks=callbacks)


def train(make, given, *, trial=None, splits=1, pruner=None):
    """The trial, and its value or what was raised."""
    trial = trial or ask(*given.metrics, pruner=pruner)
    try:
        return trial, train_trial(trial, [small_data(number) for number in range(splits)], make, given)
    except (TrialInterrupted, optuna.TrialPruned, TrainingError) as raised:
        return trial, raised
