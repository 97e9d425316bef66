"""Trials that raise, diverge, hang or eat memory, and a clock that is set back under them."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from optuna.trial import TrialState

TRIALS = 12

# Each does its harm once, in the fourth trial's fourth epoch.
MISBEHAVIOUR = """
import os, time
from datetime import UTC, datetime
from train import note, train


def harms(harm):
    def objective(trial):
        report = trial.report

        def harmful(value, step):
            report(value, step)
            if trial.number == 3 and step == 3 and not os.path.exists("harmed.txt"):
                open("harmed.txt", "w").close()
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
"""


def run(drill, function, *words):
    (drill.place.folder / "harm.py").write_text(MISBEHAVIOUR)
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


CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long back(void) { return access(getenv("CLOCK_IS_SET_BACK"), F_OK) ? 0 : 3600; }

int clock_gettime(clockid_t clock, struct timespec *at) {
    int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(clock, at);
    if (!failed && clock == CLOCK_REALTIME) at->tv_sec -= back();
    return failed;
}

int gettimeofday(struct timeval *at, void *zone) {
    int (*real)(struct timeval *, void *) = dlsym(RTLD_NEXT, "gettimeofday");
    int failed = real(at, zone);
    if (!failed) at->tv_sec -= back();
    return failed;
}

time_t time(time_t *at) {
    time_t (*real)(time_t *) = dlsym(RTLD_NEXT, "time");
    time_t now = real(NULL) - back();
    if (at) *at = now;
    return now;
}
"""


@pytest.fixture
def clock(drill):
    """What sets the wall clock of every process of the product back by an hour; the monotonic one goes on."""
    if shutil.which("cc") is None:
        pytest.skip("needs a C compiler, for a clock that can be set for some processes alone")
    folder = drill.place.folder.parent  # a path in LD_PRELOAD ends at a space
    (folder / "clock.c").write_text(CLOCK)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", "clock.so", "clock.c", "-ldl"], cwd=folder, check=True)
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
    # The budget of time counts what has passed, not what the clock says.
    assert 0 < drill.place.json("status", "train")["running_seconds"] < 120
