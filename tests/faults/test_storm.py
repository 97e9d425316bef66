"""Workers killed at random, by a seeded schedule, while a study goes on."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import time
from collections import Counter
from contextlib import closing

import psutil
import pytest
from optuna.trial import TrialState

from storage.attempts import MAX_DEATHS


def kill_as_it_goes(launched, workers_of, drill, done, *, every, seed, most):
    """Kill a random worker each time that about ``every`` more is ``done``, until ``most`` are killed or it ends.

    By what is done and not by the clock: a machine under load starts workers more slowly than they would be killed.
    """
    draw = random.Random(seed)
    due = draw.expovariate(1 / every)
    while launched.poll() is None and drill.row.injected < most:
        if done() < due:
            time.sleep(0.01)
            continue
        with contextlib.suppress(psutil.NoSuchProcess):
            workers = workers_of(launched.pid)
            if workers:
                draw.choice(workers).kill()
                drill.injected()
                due = done() + draw.expovariate(1 / every)


def reports(place):
    """How many epochs of the storm have been reported."""
    if not place.states("storm"):
        return 0
    return sum(len(trial.intermediate_values) for trial in place.study("storm").get_trials(deepcopy=False))


def deaths(study):
    return [
        sum(attempt["outcome"] == "death" for attempt in trial.system_attrs["studyhall:attempts"])
        for trial in study.get_trials(deepcopy=False)
    ]


@pytest.mark.long
@pytest.mark.timeout(2400)  # against hangs
def test_sixteen_workers_two_thousand_trials(drill, workers_of):
    """a storm: 16 workers, 2,000 trials, SIGKILL every 4 trials"""
    words = ("--workers", "16", "--trials", "2000", "--sampler", "random")
    launched = drill.place.start("launch", "train.py:quick", *words, quiet=True)
    kill_as_it_goes(launched, workers_of, drill, lambda: len(drill.journal("end")), every=4, seed=1, most=200)
    assert launched.wait() == 0
    assert drill.row.injected == 200
    study = drill.place.study("quick")
    states = Counter(trial.state for trial in study.get_trials(deepcopy=False))
    assert states[TrialState.COMPLETE] == 2000
    assert states[TrialState.RUNNING] == states[TrialState.WAITING] == 0
    # A worker that is killed after its objective's end and before it could tell leaves that end to be made again.
    ends = Counter(drill.journal("end"))
    for trial, died in zip(study.get_trials(deepcopy=False), deaths(study), strict=True):
        if trial.state is TrialState.FAIL:
            assert died == MAX_DEATHS
        else:
            assert 1 <= ends[str(trial.number)] <= 1 + died
    with closing(sqlite3.connect(drill.place.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    drill.row.finished = 2000


@pytest.mark.long
@pytest.mark.timeout(2400)  # against hangs
def test_killed_trainings_have_the_curves_of_undisturbed_ones(drill, workers_of):
    """a storm on real training: 2 workers, 8 trials on digits, SIGKILL every 20 epochs"""
    words = ("--workers", "2", "--trials", "8", "--seed", "5", "--sampler", "random", "--pruner", "none")
    words += ("--set", "train.epochs=40")
    calm = drill.place.run("launch", "digits_mlp", "--name", "calm", *words)
    assert calm.returncode == 0, calm.stdout
    launched = drill.place.start("launch", "digits_mlp", "--name", "storm", *words, quiet=True)
    kill_as_it_goes(launched, workers_of, drill, lambda: reports(drill.place), every=20, seed=2, most=6)
    assert launched.wait() == 0
    ours, theirs = (drill.place.study(name).get_trials(deepcopy=False) for name in ("storm", "calm"))
    assert sum(deaths(drill.place.study("storm"))) >= 3
    for disturbed, undisturbed in zip(ours, theirs, strict=True):
        assert disturbed.params == undisturbed.params
        assert disturbed.intermediate_values == undisturbed.intermediate_values
        assert disturbed.value == undisturbed.value
    drill.row.finished = 8
