"""A user's objectives that keep a journal.

They write every epoch to a file of their own before they report, so that what was trained again is counted by somebody
else than the storage, and keep the epoch in the trial's checkpoint, as built-in training does.
"""

import os
import time


def note(text):
    descriptor = os.open("journal.txt", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, (text + "\n").encode())
    os.close(descriptor)


def train(trial):
    x = trial.suggest_float("x", -5.0, 5.0)
    first = int(trial.checkpoint.load() or b"0")
    for step in range(first, 8):
        time.sleep(0.05)
        note(f"epoch {trial.number} {step}")
        trial.checkpoint.save(str(step + 1).encode())
        trial.report(x * x + 8 - step, step)
    note(f"end {trial.number}")
    return x * x


def quick(trial):
    x = trial.suggest_float("x", -5.0, 5.0)
    trial.report(x * x, 0)
    note(f"end {trial.number}")
    return x * x
