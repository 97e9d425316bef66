"""The same on PostgreSQL, where the server may die as well."""

from __future__ import annotations

import os
import signal

import pytest
from optuna.trial import TrialState

pytestmark = pytest.mark.long

TRIALS = 12
LAUNCH = ("launch", "train.py:train", "--workers", "2", "--trials", str(TRIALS))


@pytest.fixture
def server(drill, postgresql_server):
    """A database of its own for the study."""
    with postgresql_server.database() as url:
        drill.place.variables["STUDYHALL_STORAGE"] = url
        yield postgresql_server


@pytest.mark.usefixtures("server")
def test_a_worker_is_killed_in_an_epoch(drill, until, workers_of, eventually):
    """SIGKILL of a worker in an epoch, on PostgreSQL"""
    launched = drill.place.start(*LAUNCH)
    for round_ in range(3):
        until(2 + 2 * round_)
        eventually(lambda: len(workers_of(launched.pid)) == 2, within_seconds=10)
        workers_of(launched.pid)[0].kill()
        drill.injected()
    assert launched.wait(timeout=90) == 0
    drill.conclude("train", TRIALS)
    assert drill.row.again <= drill.row.injected


@pytest.mark.usefixtures("server")
def test_everything_is_killed(drill, until):
    """SIGKILL of everything at once, then resume, on PostgreSQL"""
    launched = drill.place.start(*LAUNCH)
    until(3)
    os.killpg(launched.pid, signal.SIGKILL)
    drill.injected()
    launched.wait(timeout=10)
    done = drill.place.run("resume", "train")
    assert done.returncode == 0, done.stdout + done.stderr
    drill.conclude("train", TRIALS)
    assert drill.row.again <= 2


def test_the_server_dies_and_comes_back(drill, until, server):
    """SIGQUIT of the PostgreSQL server, restart, resume"""
    launched = drill.place.start(*LAUNCH)
    until(3)
    server.stop()
    drill.injected()
    output, _ = launched.communicate(timeout=90)
    server.start()
    assert launched.returncode == 1, output
    assert "Traceback" not in output
    done = drill.place.run("resume", "train")
    assert done.returncode == 0, done.stdout + done.stderr
    assert drill.place.states("train").count(TrialState.COMPLETE) == TRIALS
    assert set(drill.journal("end")) == {str(number) for number in range(TRIALS)}
    drill.row.finished = TRIALS
