"""Objectives each of which does its harm once, in the fourth trial's fourth epoch."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

from train import note, train


def harms(harm):
    def objective(trial):
        report = trial.report

        def harmful(value, step):
            report(value, step)
            if trial.number == 3 and step == 3 and not Path("harmed.txt").exists():
                Path("harmed.txt").touch()
                note(f"injected {datetime.now(UTC).isoformat()}")
                harm()

        trial.report = harmful
        value = train(trial)
        return float("nan") if trial.number == 3 and harm is nothing else value

    return objective


def nothing():
    pass


def fail():
    raise RuntimeError("once")


def hang():
    time.sleep(3600)


def hog():
    kept = []
    while True:
        kept.append(bytearray(os.urandom(2**20)) * 32)
        time.sleep(0.02)


raises, diverges, hangs, hogs = map(harms, (fail, nothing, hang, hog))
