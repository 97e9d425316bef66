"""What a user's file of objectives may hold; copied into the folder where the command runs.

Each notes the trials that it finishes in a file, so that claims are counted by somebody else than the storage.
"""

import os
import subprocess
import time
from pathlib import Path

import optuna


def note(trial):
    with Path("claims.txt").open("a") as file:
        file.write(f"{trial.number} {os.getpid()}\n")


def objective(trial):
    x = trial.suggest_float("x", -5.0, 5.0)
    y = trial.suggest_float("y", -5.0, 5.0)
    for step in range(3):
        trial.report(x * x + y + step, step)
        if trial.should_prune():
            note(trial)
            raise optuna.TrialPruned()
    note(trial)
    return x * x + y


def slow(trial):
    x = trial.suggest_float("x", -5.0, 5.0)
    for step in range(8):
        time.sleep(0.1)
        trial.report(x * x + step, step)
    note(trial)
    return x * x


def stay(trial):
    """Until there is a file `go`, or the worker is told to stop, which it hears where the trial asks for pruning."""
    while not Path("go").exists():
        time.sleep(0.05)
        trial.should_prune()


def held(trial):
    """The fourth trial and those after it stay in their middle."""
    x = trial.suggest_float("x", -5.0, 5.0)
    for step in range(8):
        trial.report(x * x + step, step)
        if step == 4 and trial.number >= 3:
            stay(trial)
    note(trial)
    return x * x


def one_held(trial):
    """Slow, and the fourth trial alone stays in its middle."""
    x = trial.suggest_float("x", -5.0, 5.0)
    for step in range(8):
        time.sleep(0.1)
        trial.report(x * x + step, step)
        if step == 4 and trial.number == 3:
            stay(trial)
    return x * x


def deaf(trial):
    x = trial.suggest_float("x", -5.0, 5.0)
    time.sleep(3600)
    return x


def hangs(trial):
    x = trial.suggest_float("x", -5.0, 5.0)
    if trial.number == 1:
        # A program that has to be killed, which takes longer than its worker's end.
        subprocess.run(["sh", "-c", "trap '' TERM; while :; do sleep 1; done"], check=True)
    note(trial)
    return x * x


def hogs(trial):
    x = trial.suggest_float("x", -5.0, 5.0)
    if trial.number == 1:
        kept = []
        while True:
            kept.append(bytearray(os.urandom(2**20)) * 32)
            time.sleep(0.02)
    note(trial)
    return x * x


def raises(trial):
    trial.suggest_float("x", -5.0, 5.0)
    note(trial)
    raise ValueError("always")


def silent(trial):
    """Ends with the file `go`, and hears nothing until then."""
    x = trial.suggest_float("x", -5.0, 5.0)
    while not Path("go").exists():
        time.sleep(0.05)
    note(trial)
    return x * x


def enough(trial):
    x = trial.suggest_float("x", -5.0, 5.0)
    if trial.number == 4:
        trial.study.stop()
    return x * x


def constrained(trial):
    """Feasible from 2 on, and better the smaller it is."""
    x = trial.suggest_float("x", -5.0, 5.0)
    trial.set_constraint("at least 2", 2.0 - x)
    note(trial)
    return x


def hopeless(trial):
    x = trial.suggest_float("x", -5.0, 5.0)
    trial.set_constraint("never", 1.0)
    return x, -x


def enough_or_held(trial):
    """The first trial stays; each other one stops the study as soon as there is a file `stop`."""
    x = trial.suggest_float("x", -5.0, 5.0)
    if trial.number == 0:
        stay(trial)
    else:
        while not Path("stop").exists():
            time.sleep(0.05)
        trial.study.stop()
    return x * x


def two(trial):
    x = trial.suggest_float("x", -5.0, 5.0)
    return x * x, (x - 2) ** 2


if __name__ == "__main__":
    raise SystemExit("this block is the user's and stays untouched")


def not_two(trial):
    """Fails at one of its points."""
    x = trial.suggest_categorical("x", [0, 1, 2])
    if x == 2:
        raise ValueError("two")
    return float(x)
