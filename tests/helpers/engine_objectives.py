"""Objectives by which a test sees and steers a worker from outside; loaded by workers, as a user's file is."""

import os
import signal
import time
from pathlib import Path

MIB = 2**20


def quick(trial):
    """Ends at once; says where it ran."""
    trial.set_user_attr("marked", os.environ.get("STUDY_MARK"))
    print(f"trial {trial.number} was here")
    return trial.suggest_float("x", 0.0, 1.0)


def until_stopped(trial):
    """Reports until its worker is asked to stop."""
    step = 0
    while True:
        trial.report(0.5, step)
        step += 1
        time.sleep(0.05)


def deaf(trial):
    """Reports once, and then hears nothing any more."""
    trial.report(0.5, 0)
    while True:
        time.sleep(1.0)


def large(trial):
    """Holds 200 MiB when it reports, until its worker is asked to stop."""
    held = bytearray(os.urandom(MIB)) * 200
    while held:
        trial.report(0.5, 0)
        time.sleep(0.05)


def deadly(trial):
    """Kills its worker, once."""
    once = Path(os.environ["STUDY_ONCE"])
    if not once.exists():
        once.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return 1.0
