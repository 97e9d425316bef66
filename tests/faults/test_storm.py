"""Workers killed at random, by a seeded schedule, for as long as a study runs."""

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


def kill_at_random(launched, workers_of, drill, *, seconds, seed, least):
    """Kill a random worker every ``seconds`` on average, ``least`` times or until the launch ends."""
    draw = random.Random(seed)
    while launched.poll() is None and drill.row.injected < least:
        time.sleep(draw.expovariate(1 / seconds))
        with contextlib.suppress(psutil.NoSuchProcess):
            workers = workers_of(launched.pid)
            if workers:
                draw.choice(workers).kill()
                drill.injected()


def deaths(study):
    return [
        sum(attempt["outcome"] == "death" for attempt in trial.system_attrs["studyhall:attempts"])
        for trial in study.get_trials(deepcopy=False)
    ]


@pytest.mark.long
@pytest.mark.timeout(900)
def test_sixteen_workers_two_thousand_trials(drill, workers_of):
    """a storm: 16 workers, 2,000 trials, SIGKILL every 0.2 s"""
    words = ("--workers", "16", "--trials", "2000", "--sampler", "random")
    launched = drill.place.start("launch", "train.py:quick", *words, quiet=True)
    kill_at_random(launched, workers_of, drill, seconds=0.2, seed=1, least=300)
    assert launched.wait() == 0
    assert drill.row.injected >= 300
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
@pytest.mark.timeout(600)
def test_killed_trainings_have_the_curves_of_undisturbed_ones(drill, workers_of):
    """a storm on real training: 2 workers, 8 trials on digits, SIGKILL every 1.5 s"""
    words = ("--workers", "2", "--trials", "8", "--seed", "5", "--sampler", "random", "--pruner", "none")
    words += ("--set", "train.epochs=40")
    calm = drill.place.run("launch", "digits_mlp", "--name", "calm", *words)
    assert calm.returncode == 0, calm.stdout
    launched = drill.place.start("launch", "digits_mlp", "--name", "storm", *words, quiet=True)
    kill_at_random(launched, workers_of, drill, seconds=1.5, seed=2, least=6)
    assert launched.wait() == 0
    ours, theirs = (drill.place.study(name).get_trials(deepcopy=False) for name in ("storm", "calm"))
    assert sum(deaths(drill.place.study("storm"))) >= 3
    for disturbed, undisturbed in zip(ours, theirs, strict=True):
        assert disturbed.params == undisturbed.params
        assert disturbed.intermediate_values == undisturbed.intermediate_values
        assert disturbed.value == undisturbed.value
    drill.row.finished = 8
