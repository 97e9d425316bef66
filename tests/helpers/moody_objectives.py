"""A user's objectives that give another result when they are run again with $MOOD set."""

import os

import optuna


def good(trial):
    x = trial.suggest_float("x", -1.0, 1.0)
    for step in range(3):
        trial.report(x + step, step)
        if trial.should_prune():
            raise optuna.TrialPruned
    trial.checkpoint.save(b"state")
    return x


def moody(trial):
    x = trial.suggest_float("x", -1.0, 1.0)
    return x + (1e-6 if os.environ.get("MOOD") == "a little" else 1.0 if "MOOD" in os.environ else 0.0)


def bare(trial):
    if "MOOD" in os.environ:
        raise RuntimeError("bad mood")
    return 0.5
