"""Processes that die, stop, hang or are told to go."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import urllib.request
from contextlib import closing

import pytest
from optuna.trial import TrialState

TRIALS = 12
LAUNCH = ("launch", "train.py:train", "--workers", "2", "--trials", str(TRIALS))


@pytest.mark.usefixtures("either_database")
def test_a_worker_is_killed_in_an_epoch(drill, until, workers_of, eventually):
    """SIGKILL of a worker in an epoch."""
    # So many that the study is not over while a worker is replaced, however slow that is.
    launched = drill.place.start("launch", "train.py:train", "--workers", "2", "--trials", "40")
    for round_ in range(3):
        until(2 + 2 * round_)
        eventually(lambda: len(workers_of(launched.pid)) == 2)
        workers_of(launched.pid)[0].kill()
        drill.injected()
    assert launched.wait() == 0
    drill.conclude("train", 40)
    assert drill.row.again <= drill.row.injected


POINTS = {
    "a claim": "create_new_trial",
    "a report": "_set_trial_intermediate_value_without_commit",
    "telling": "set_trial_state_values",
}


@pytest.mark.parametrize(
    "point", ["a report", *(pytest.param(name, marks=pytest.mark.long) for name in POINTS if name != "a report")]
)
def test_a_worker_is_killed_inside_a_transaction(drill, point):
    drill.row.fault = f"SIGKILL of a worker inside the transaction of {point}"
    drill.place.variables["DIES_AT"] = POINTS[point]
    done = drill.place.run("launch", "dies.py:train", "--workers", "2", "--trials", str(TRIALS))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (drill.place.folder / "died.txt").exists()
    drill.injected()
    # A worker killed while it tells has ended its objective already; that end is written once more.
    if point == "telling":
        ends = drill.journal("end")
        assert len(set(ends)) == TRIALS
        assert len(ends) <= TRIALS + 1
        assert drill.place.states("train").count(TrialState.COMPLETE) == TRIALS
        drill.row.finished, drill.row.again = TRIALS, 0
    else:
        drill.conclude("train", TRIALS)


@pytest.mark.long
def test_the_supervisor_is_killed(drill, until, workers_of, eventually):
    """SIGKILL of the supervisor, then resume."""
    launched = drill.place.start(*LAUNCH)
    until(3)
    workers = workers_of(launched.pid)
    launched.kill()
    drill.injected()
    eventually(lambda: not any(worker.is_running() for worker in workers))
    assert TrialState.RUNNING not in drill.place.states("train")
    assert drill.place.run("resume", "train").returncode == 0
    drill.conclude("train", TRIALS)
    assert drill.row.again == 0


@pytest.mark.long
def test_the_fork_server_is_killed(drill, until, workers_of):
    """SIGKILL of the fork server."""
    launched = drill.place.start(*LAUNCH)
    until(3)
    server = workers_of(launched.pid)[0].parent()
    assert server.pid != launched.pid
    server.kill()
    drill.injected()
    until(5)
    assert launched.wait() == 0
    drill.conclude("train", TRIALS)


@pytest.mark.usefixtures("either_database")
def test_everything_is_killed(drill, until):
    """SIGKILL of everything at once, then resume."""
    launched = drill.place.start(*LAUNCH)
    until(3)
    drill.place.kill_everything(launched)
    drill.injected()
    launched.wait()
    assert drill.place.run("resume", "train").returncode == 0
    drill.conclude("train", TRIALS)
    assert drill.row.again <= 2


@pytest.mark.long
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_the_launch_is_told_to_go(drill, until, number, code):
    drill.row.fault = f"{number.name} to the launch, then resume"
    launched = drill.place.start(*LAUNCH)
    until(3)
    os.kill(launched.pid, number)
    drill.injected()
    assert launched.wait() == code
    assert TrialState.RUNNING not in drill.place.states("train")
    assert drill.place.run("resume", "train").returncode == 0
    drill.conclude("train", TRIALS)
    assert drill.row.again == 0


@pytest.mark.long
def test_a_worker_is_told_to_go(drill, until, workers_of):
    """SIGTERM to one worker."""
    launched = drill.place.start(*LAUNCH)
    until(3)
    workers_of(launched.pid)[0].terminate()
    drill.injected()
    assert launched.wait() == 0
    drill.conclude("train", TRIALS)
    assert drill.row.again == 0


@pytest.mark.long
def test_ctrl_c_twice(drill, until):
    """Ctrl-C twice, then resume."""
    launched = drill.place.start(*LAUNCH)
    until(3)
    os.killpg(launched.pid, signal.SIGINT)
    assert any("a second Ctrl-C kills" in line for line in launched.stdout)
    os.killpg(launched.pid, signal.SIGINT)
    drill.injected()
    launched.communicate()
    assert launched.returncode == 130
    assert drill.place.run("resume", "train").returncode == 0
    drill.conclude("train", TRIALS)


def stopped_outside_a_write(worker, database):
    """Stop the process, but not where it holds the file, for which all others would wait: that is another fault."""
    worker.suspend()
    with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            worker.resume()
            return False
        connection.execute("ROLLBACK")
        return True


@pytest.mark.long
def test_a_worker_is_stopped_for_longer_than_the_grace_and_goes_on(drill, until, workers_of, eventually):
    """SIGSTOP of a worker for longer than the grace, then SIGCONT."""
    settings = ("--set", "workers.heartbeat=0.5", "--set", "workers.heartbeat_grace=1")
    launched = drill.place.start(*LAUNCH, *settings)
    until(3)
    worker = workers_of(launched.pid)[0]
    eventually(lambda: stopped_outside_a_write(worker, drill.place.database))
    drill.injected()
    # The other one finishes all that is left, and nobody takes the stopped one's trial.
    until(TRIALS - 1)
    eventually(lambda: drill.place.states("train").count(TrialState.RUNNING) <= 1)
    worker.resume()
    assert launched.wait() == 0
    drill.conclude("train", TRIALS)
    assert drill.row.again == 0


@pytest.mark.long
def test_thirty_two_workers_start_at_once(drill):
    """32 workers start on a file that does not exist yet."""
    launches = [drill.place.start("launch", "train.py:quick", "--trials", "96", "--workers", "4") for _ in range(8)]
    drill.injected()
    for launched in launches:
        output, _ = launched.communicate()
        assert launched.returncode == 0, output
        assert "locked" not in output
    drill.conclude("quick", 96)


@pytest.mark.long
def test_everybody_looks_and_writes_at_once(drill, until):
    """32 workers, the dashboard and `status --watch` at once."""
    # Given 32 workers on one file
    words = ("--trials", "300", "--workers", "32", "--sampler", "random")
    launched = drill.place.start("launch", "train.py:quick", *words, quiet=True)
    until(1)
    # When a dashboard is asked all the time, as by a page that is open, and a terminal watches
    watching = drill.place.start("status", "quick", "--watch")
    serving = drill.place.start("dashboard", "--port", "0")
    page = next(line for line in serving.stdout if line.startswith("http")).split()[0]
    drill.injected()
    answers = 0
    while launched.poll() is None:
        with urllib.request.urlopen(f"{page}api/studies/1?after=0", timeout=60) as answer:
            json.load(answer)
        answers += 1
    # Then nobody has met a lock
    assert answers > 3
    assert launched.returncode == 0
    seen, _ = watching.communicate()
    serving.send_signal(signal.SIGINT)
    served, _ = serving.communicate()
    logs = "".join(path.read_text() for path in drill.place.folder.glob("studyhall.files/quick/logs/*.log"))
    assert (watching.returncode, serving.returncode) == (0, 0)
    assert "300" in seen
    assert "locked" not in seen + served + logs
    drill.conclude("quick", 300)
