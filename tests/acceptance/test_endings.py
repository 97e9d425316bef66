"""How a launch ends otherwise than by its budget, and what it does about trials and studies of other programs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import optuna
import pytest
from optuna.trial import TrialState

from storage import StorageLocation, open_storage
from storage.attempts import HANDFUL, attempts_of
from studies.record.stored import load

COMPLETE, WAITING, RUNNING = TrialState.COMPLETE, TrialState.WAITING, TrialState.RUNNING


def outcomes(place, name):
    return Counter(row.outcome for trial in place.study(name).trials for row in attempts_of(trial.system_attrs))


@pytest.fixture(params=["sqlite", "postgresql"])
def anywhere(request, place):
    """A folder to run the command in, its studies in a file or on a server."""
    if request.param == "sqlite":
        yield place
        return
    with request.getfixturevalue("postgresql_server").database() as url:
        place.variables["STUDYHALL_STORAGE"] = url
        yield place


# --- trials of other programs -----------------------------------------------------------------------------------


def test_trials_that_were_asked_elsewhere_and_never_told_are_not_waited_for(anywhere):
    place = anywhere
    # Given a stock file with trials that were asked and never told
    stock = optuna.create_study(study_name="two", directions=["minimize", "maximize"], storage=place.url)
    asked = [stock.ask().number for _ in range(2)]
    # When studyhall takes the study over
    done = place.run("launch", "mine.py:two", "--direction", "minimize,maximize", "--trials", "4", "--workers", "2")
    # Then it says so first, and reaches its budget beside them
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 trials are RUNNING and nobody holds them (0, 1)" in done.stdout.splitlines()[0]
    assert "left   2 RUNNING trials held by nobody; `studyhall resume two --unowned requeue" in done.stdout
    assert place.states("two") == [RUNNING] * 2 + [COMPLETE] * 4
    facts = place.json("status", "two")
    assert (facts["running"], facts["unowned"]) == (2, len(asked))
    assert "--unowned requeue" in place.run("status", "two").stdout
    assert place.run("status", "two", "--watch").returncode == 0
    # And does with them what is decided
    assert place.run("resume", "two", "--trials", "6", "--unowned", "restart").returncode == 2
    again = place.run("resume", "two", "--trials", "6", "--unowned", "requeue")
    assert "wait for a worker again: 0, 1" in again.stdout
    assert place.states("two") == [COMPLETE] * 6


# --- study.stop() -----------------------------------------------------------------------------------------------


def test_an_objective_stops_its_study_as_under_optimize_and_resume_goes_on(place):
    done = place.run("launch", "mine.py:enough", "--trials", "100", "--seed", "1")
    assert done.returncode == 0, done.stdout
    assert "stopped by its objective: 5 of 100" in done.stdout
    assert "trial 4 has called `study.stop()`; `studyhall resume enough` goes on" in done.stdout
    assert place.states("enough") == [COMPLETE] * 5
    assert place.run("resume", "enough", "--trials", "8").returncode == 0
    assert place.states("enough") == [COMPLETE] * 8


def test_what_other_workers_run_is_finished_when_an_objective_stops_the_study(place, eventually):
    # Given two launches, one of which is held in a trial as the other's objective stops the study
    held = place.start("launch", "mine.py:enough_or_held", "--trials", "100", "--workers", "2")
    eventually(lambda: place.states("enough_or_held") == [RUNNING] * 2)
    stopping = place.start("worker", "enough_or_held", "--workers", "2")
    eventually(lambda: place.states("enough_or_held") == [RUNNING] * 4)
    (place.folder / "stop").touch()
    assert stopping.wait() == 0
    assert place.states("enough_or_held") == [RUNNING] + [COMPLETE] * 3
    # When it may go on
    place.let_go()
    output, _ = held.communicate()
    # Then it has finished, and nobody has begun another
    assert held.returncode == 0, output
    assert "stopped by its objective" in output
    assert place.states("enough_or_held") == [COMPLETE] * 4


# --- a mistake that every trial makes ---------------------------------------------------------------------------


def test_a_certain_mistake_ends_the_launch_and_a_mended_file_goes_on_with_the_same_trials(place):
    done = place.run("launch", "mine.py:raises", "--trials", "20", "--workers", "2")
    assert done.returncode == 1
    (why,) = [line for line in done.stdout.splitlines() if line.startswith("why")]
    assert "ValueError: always" in why
    assert "mine.py, line " in why
    assert "`studyhall show raises 0`" in why
    assert HANDFUL <= len(place.claims()) <= HANDFUL + 1
    begun = len(place.states("raises"))
    assert place.states("raises") == [WAITING] * begun
    assert "raise ValueError" in place.run("show", "raises", "0").stdout
    # When the mistake is mended
    mine = place.folder / "mine.py"
    mine.write_text(mine.read_text().replace('raise ValueError("always")', "return 1.0"))
    again = place.run("resume", "raises", "--trials", "7", "--accept-changes")
    # Then the same trials come first
    assert again.returncode == 0, again.stdout
    assert place.states("raises") == [COMPLETE] * 7


# --- a study that is gone ---------------------------------------------------------------------------------------

DELETED = "import optuna; optuna.delete_study(study_name='held', storage={url!r})"
MADE_ANEW = DELETED + "; optuna.create_study(study_name='held', storage={url!r})"
RENAMED = "import sqlalchemy\nwith sqlalchemy.create_engine({url!r}).begin() as connection: connection.execute("
RENAMED += "sqlalchemy.text(\"UPDATE studies SET study_name = 'other'\"))"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (DELETED, "study 'held' was deleted from"),
        (MADE_ANEW, "study 'held' was deleted from"),
        (RENAMED, "study 'held' was renamed 'other'"),
    ],
    ids=["deleted", "made anew", "renamed"],
)
def test_a_launch_whose_study_goes_away_ends_with_a_sentence(place, eventually, change, said):
    # Given a launch amid two trials, and somebody who watches
    launched = place.start("launch", "mine.py:held", "--workers", "2", "--trials", "10")
    workers = eventually(lambda: place.held(2))
    watching = place.start("status", "held", "--watch")
    eventually(lambda: watching.stdout.readline())
    # When another program deletes the study
    subprocess.run([sys.executable, "-c", change.format(url=place.url)], check=True)
    # Then all of it ends, and says why
    output, _ = launched.communicate()
    assert launched.returncode == 1, output
    assert said in output.splitlines()[-1]
    assert "Traceback" not in output
    if change == DELETED:
        assert str(place.folder / "studyhall.files" / "held") in output.splitlines()[-1]
    assert not any(worker.is_running() for worker in workers)
    if change != MADE_ANEW:
        output, _ = watching.communicate()
        assert watching.returncode == 1, output
        assert "no study 'held'" in output
    else:
        assert place.states("held") == []


# --- the last seconds -------------------------------------------------------------------------------------------


def over(place, name, **budget):
    """Give the study a budget that is used up, as another terminal may."""
    location = StorageLocation(place.database)
    stored = load(location, open_storage(location), name)
    replace(stored.budget, **budget).store(stored.storage, stored.study_id)
    stored.storage.engine.dispose()


@pytest.fixture
def amid_the_grace(place, eventually):
    """A launch of so many workers that is over while each holds a trial, which may go on for ever."""

    def start(workers, **budget):
        launched = place.start("launch", "mine.py:held", "--workers", str(workers), "--trials", "10")
        eventually(lambda: place.held(workers))
        over(place, "held", grace=None, **budget)
        eventually(lambda: "what runs may finish" in launched.stdout.readline())
        return launched

    return start


@pytest.mark.parametrize(
    ("budget", "said"), [({"seconds": 0.1}, "the time is over"), ({"target": 1e9}, "the target is reached")]
)
def test_running_trials_may_finish_within_the_grace_and_none_is_begun(place, amid_the_grace, budget, said):
    launched = amid_the_grace(2, **budget)
    place.let_go()
    output, _ = launched.communicate()
    assert launched.returncode == 0, output
    assert said in output
    assert place.states("held") == [COMPLETE] * 5
    # And a resume that adds nothing begins nothing
    again = place.run("resume", "held")
    assert (again.returncode, said in again.stdout) == (0, True)
    assert place.states("held") == [COMPLETE] * 5


def test_without_a_grace_they_are_handed_back(place, eventually):
    launched = place.start("launch", "mine.py:silent", "--workers", "2", "--trials", "10")
    eventually(lambda: place.states("silent") == [RUNNING] * 2)
    over(place, "silent", seconds=0.1, grace=0.0)
    output, _ = launched.communicate()
    assert launched.returncode == 0, output
    assert place.states("silent") == [WAITING] * 2
    assert outcomes(place, "silent") == {"interrupted": 2}


@pytest.mark.parametrize(("hurry", "code"), [("Ctrl-C", 130), ("stop", 0), ("killed", -9)])
def test_whoever_is_in_a_hurry_ends_the_grace(place, eventually, amid_the_grace, hurry, code):
    launched = amid_the_grace(1, seconds=0.1)
    if hurry == "stop":
        place.run("stop", "held")
    else:
        os.kill(launched.pid, signal.SIGINT if hurry == "Ctrl-C" else signal.SIGKILL)
    assert launched.wait() == code
    # The worker of a supervisor that was killed sees by itself that it is to stop
    eventually(lambda: RUNNING not in place.states("held"))
    assert place.states("held") == [COMPLETE] * 3 + [WAITING]
