"""Objectives as people have them, which run under plain Optuna; copied into the folder where the command runs."""

import asyncio
import os
import pickle
import signal
import sys
from pathlib import Path

import numpy as np
import optuna


def tuples(trial):
    layers = trial.suggest_categorical("layers", [(16, 16), (32,), (8, 8, 8)])
    assert isinstance(layers, tuple)
    return trial.suggest_float("x", 0, 1) + len(layers)


def infinite(trial):
    x = trial.suggest_float("x", -1, 1)
    trial.report(float("inf"), 0)
    return float("inf") if x > 0 else x * x


def of_numpy(trial):
    x = trial.suggest_float("x", 0, 1)
    trial.report(np.float32(x), np.int64(0))
    trial.set_user_attr("array", np.arange(3))
    trial.set_user_attr("number", np.float32(0.5))
    trial.set_user_attr("truth", np.bool_(True))
    trial.study.set_user_attr("of the study", np.ones(2))
    return np.float64(x)


def pickles(trial):
    x = trial.suggest_float("x", 0, 1)
    again, study = pickle.loads(pickle.dumps((trial, trial.study)))
    again.set_user_attr("through a pickle", again.number)
    assert study.study_name == trial.study.study_name
    return x


def killed_once(trial):
    """No checkpoint: a second attempt trains from the beginning, from other weights."""
    trial.suggest_float("x", 0, 1)
    first = not Path("seen").exists()
    Path("seen").touch()
    level = 1.0 if first else 5.0
    for epoch in range(8):
        trial.report(level + epoch / 100, epoch)
        if first and epoch == 5:
            trial.set_constraint("c", 1.0)
            os.kill(os.getpid(), signal.SIGKILL)
        if trial.should_prune():
            raise optuna.TrialPruned
    return level


def asks_its_study(trial):
    """The best so far decides, which is another one later."""
    x = trial.suggest_float("x", 0, 1)
    finished = trial.study.get_trials(states=(optuna.trial.TrialState.COMPLETE,))
    best = trial.study.best_value if finished else 0.0
    assert trial.study.study_name == "s"
    assert trial.study.direction.name == "MINIMIZE"
    return x + best + len(finished)


def writes_to_its_study(trial):
    x = trial.suggest_float("x", 0, 1)
    trial.study.set_user_attr("last", x)
    trial.study.enqueue_trial({"x": 0.5}, skip_if_exists=True)
    if trial.number == 2:
        trial.study.stop()
    return x


def two_with_a_stop(trial):
    x = trial.suggest_float("x", 0, 1)
    trial.stop_if_asked()
    return x, 1 - x


class Mute(Exception):
    def __str__(self):
        raise ValueError


def odd(trial, error):
    x = trial.suggest_float("x", 0, 1)
    if "AGAIN" in os.environ or not Path(type(error).__name__).exists():
        Path(type(error).__name__).touch()
        raise error
    return x


def mute(trial):
    return odd(trial, Mute())


def cancelled(trial):
    return odd(trial, asyncio.CancelledError("y"))


def leaves(trial):
    if "AGAIN" in os.environ:
        sys.exit(0)
    return trial.suggest_float("x", 0, 1)


def no_value(trial):
    return None if "AGAIN" in os.environ else trial.suggest_float("x", 0, 1)
