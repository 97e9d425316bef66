"""Trials that raise, diverge, hang or eat memory, and a clock that is set back under them."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from optuna.trial import TrialState

TRIALS = 12


def run(drill, function, *words):
    study = ("launch", f"harm.py:{function}", "--workers", "2", "--trials", str(TRIALS), *words)
    done = drill.place.run(*study)
    assert done.returncode == 0, done.stdout + done.stderr
    return drill.place.json("show", function, "3")


def test_an_objective_raises_once(drill):
    """an exception in the objective, once"""
    trial = run(drill, "raises")
    assert [attempt["outcome"] for attempt in trial["attempts"]] == ["exception", "complete"]
    drill.conclude("raises", TRIALS)
    assert drill.row.again == 0


@pytest.mark.long
@pytest.mark.parametrize(
    ("function", "fault", "setting", "outcome"),
    [
        ("diverges", "NaN", "budget.failures=10", "divergence"),
        ("hangs", "a hang, with trial_timeout", "budget.trial_timeout=8s", "timeout"),
        ("hogs", "memory over the limit", "workers.memory=600MiB", "memory"),
    ],
)
def test_a_trial_fails_for_good_and_another_takes_its_place(drill, function, fault, setting, outcome):
    drill.row.fault = fault
    trial = run(drill, function, "--set", setting)
    assert trial["state"] == "FAIL"
    assert [attempt["outcome"] for attempt in trial["attempts"]] == [outcome]
    # A trial that diverged has come to its end, and is no result all the same.
    drill.conclude(function, TRIALS + (outcome == "divergence"), finished=TRIALS)
    assert drill.place.states(function).count(TrialState.FAIL) == 1


@pytest.fixture
def clock(drill):
    """What sets the wall clock of every process of the product back by an hour; the monotonic one goes on."""
    if shutil.which("cc") is None:
        pytest.skip("needs a C compiler, for a clock that can be set for some processes alone")
    folder = drill.place.folder.parent  # a path in LD_PRELOAD ends at a space
    source = drill.place.folder / "clock.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", "clock.so", source, "-ldl"], cwd=folder, check=True)
    drill.place.variables |= {"LD_PRELOAD": str(folder / "clock.so"), "CLOCK_IS_SET_BACK": str(folder / "back")}
    return (folder / "back").touch


@pytest.mark.long
def test_the_clock_is_set_back(drill, until, clock, workers_of):
    """the clock is set back by an hour, and a worker killed"""
    words = ("--timeout", "10m", "--set", "budget.trial_timeout=5m")
    launched = drill.place.start("launch", "train.py:train", "--workers", "2", "--trials", str(TRIALS), *words)
    until(3)
    clock()
    drill.injected()
    until(6)
    workers_of(launched.pid)[0].kill()
    output, _ = launched.communicate()
    assert launched.returncode == 0, output
    drill.conclude("train", TRIALS)
    assert drill.row.again <= 1
    # The record says what the clock said
    starts = [trial.datetime_start for trial in drill.place.study("train").trials]
    assert (max(starts) - min(starts)).total_seconds() > 3000
    # And how long a trial took is what has passed
    attempts = [drill.place.json("show", "train", str(number))["attempts"] for number in range(TRIALS)]
    assert all(0 <= row["seconds"] < 120 for rows in attempts for row in rows)
    # The budget of time counts what has passed, not what the clock says.
    assert 0 < drill.place.json("status", "train")["running_seconds"] < 120
