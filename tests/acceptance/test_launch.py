"""launch and resume with real processes: exact budgets, real deaths, real signals."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from optuna.trial import TrialState

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


def finished(states: list[TrialState]) -> int:
    return sum(state in FINISHED for state in states)


def test_the_budget_is_exact_with_eight_workers(place):
    # When eight workers share 200 trials of an objective that notes what it does
    done = place.run("launch", "mine.py:objective", "--workers", "8", "--trials", "200")
    # Then exactly those are finished, numbered without a gap, each run once, without one lock error
    assert done.returncode == 0, done.stderr
    trials = place.study("objective").trials
    assert finished([trial.state for trial in trials]) == 200
    assert [trial.number for trial in trials] == list(range(200))
    assert sorted(place.claims()) == list(range(200))
    logs = "".join(path.read_text() for path in place.folder.glob("studyhall.files/objective/logs/*.log"))
    assert "locked" not in logs
    assert "Traceback" not in logs


def test_a_gallery_study_leaves_a_plain_optuna_study(place):
    place.run("launch", "quadratic", "--workers", "2", "--trials", "12")
    optuna = Path(sys.executable).parent / "optuna"
    listed = subprocess.run(
        [optuna, "trials", "--storage", place.url, "--study-name", "quadratic", "-f", "json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert [row["number"] for row in json.loads(listed.stdout)] == list(range(12))


def test_a_larger_number_tops_a_finished_study_up(place):
    place.run("launch", "quadratic", "--trials", "5")
    again = place.run("launch", "quadratic", "--trials", "5")
    assert again.returncode == 0
    assert "is finished already" in again.stdout
    assert place.run("launch", "quadratic", "--trials", "8").returncode == 0
    assert finished(place.states("quadratic")) == 8
    assert place.run("resume", "quadratic", "--trials", "11", "--workers", "3").returncode == 0
    assert finished(place.states("quadratic")) == 11
    smaller = place.run("resume", "quadratic", "--trials", "10")
    assert smaller.returncode == 2
    assert "has 11 finished trials" in smaller.stderr
    assert place.run("launch", "quadratic", "--trials", "10").returncode == 2
    assert place.json("status", "quadratic")["trials"] == 11


def test_one_worker_repeats_a_study_and_several_draw_the_same_from_the_seed(place):
    for name, workers in (("one", "1"), ("again", "1"), ("many", "3")):
        options = ("--seed", "5", "--sampler", "random", "--trials", "12", "--workers", workers)
        assert place.launch_here("quadratic", "--name", name, *options) == 0
    one, again, many = ([trial.params for trial in place.study(name).trials] for name in ("one", "again", "many"))
    assert one == again
    assert one == many
    assert len({tuple(params.values()) for params in one}) == 12


@pytest.fixture
def launch_held(place, eventually):
    """Start a study of ten trials and two workers, which then stay in the middle of the fourth and the fifth."""

    def start(**how):
        launched = place.start("launch", "mine.py:held", "--workers", "2", "--trials", "10", **how)
        return launched, eventually(lambda: place.held(2))

    return start


@pytest.mark.parametrize("whole_group", [False, True], ids=["to the supervisor", "to the group, as a terminal"])
def test_ctrl_c_hands_every_trial_back(place, launch_held, whole_group):
    # Given two workers, each in the middle of a trial
    launched, _ = launch_held(ignore_sigint=not whole_group)
    # When Ctrl-C is pressed
    (os.killpg if whole_group else os.kill)(launched.pid, signal.SIGINT)
    output, _ = launched.communicate()
    # Then it exits with 130, nothing runs, and what was running waits
    assert launched.returncode == 130, output
    assert Counter(place.states("held")) == {TrialState.COMPLETE: 3, TrialState.WAITING: 2}
    # And a resume finishes the study, the waiting trials with their numbers
    place.let_go()
    assert place.run("resume", "held", "--trials", "7").returncode == 0
    assert place.states("held") == [TrialState.COMPLETE] * 7
    assert sorted(place.claims()) == list(range(7))


def test_a_second_ctrl_c_kills_at_once(place, eventually):
    launched = place.start("launch", "mine.py:deaf", "--workers", "2", "--trials", "4")
    eventually(lambda: place.states("deaf").count(TrialState.RUNNING) == 2)
    os.killpg(launched.pid, signal.SIGINT)
    assert any("a second Ctrl-C kills" in line for line in launched.stdout)
    os.killpg(launched.pid, signal.SIGINT)
    output, _ = launched.communicate()
    assert launched.returncode == 130, output
    assert set(place.states("deaf")) == {TrialState.WAITING}


def test_an_objective_that_cannot_be_asked_is_given_ten_seconds(place, eventually):
    launched = place.start("launch", "mine.py:deaf", "--trials", "1")
    eventually(lambda: place.states("deaf") == [TrialState.RUNNING])
    os.kill(launched.pid, signal.SIGINT)
    output, _ = launched.communicate()
    assert launched.returncode == 130, output
    assert place.states("deaf") == [TrialState.WAITING]
    assert place.attempts("deaf")[0][0].outcome == "interrupted"


def test_stop_from_another_terminal(place, eventually):
    launched = place.start("launch", "mine.py:slow", "--workers", "2", "--trials", "200")
    eventually(lambda: finished(place.states("slow")) >= 2)
    asked = place.json("stop", "slow")
    assert asked == {"name": "slow", "asked_sessions": 1, "asked_workers": 2}
    output, _ = launched.communicate()
    assert launched.returncode == 0, output
    assert place.states("slow").count(TrialState.RUNNING) == 0
    assert place.json("stop", "slow")["asked_sessions"] == 0


def test_a_killed_worker_loses_nothing_and_is_replaced(place, launch_held):
    # Given two workers, one of them killed in the middle of a trial
    launched, workers = launch_held()
    workers[0].kill()
    place.let_go()
    # Then the study ends as if nothing had been
    output, _ = launched.communicate()
    assert launched.returncode == 0, output
    assert "SIGKILL" in output
    assert sorted(place.claims()) == list(range(10))
    assert Counter(row.outcome for rows in place.attempts("held") for row in rows) == {"complete": 10, "death": 1}


def test_when_everything_is_killed_resume_goes_on(place, launch_held):
    launched, _ = launch_held()
    place.kill_everything(launched)
    launched.wait()
    assert Counter(place.states("held")) == {TrialState.COMPLETE: 3, TrialState.RUNNING: 2}
    place.let_go()
    assert place.run("resume", "held").returncode == 0
    assert sorted(place.claims()) == list(range(10))
    assert place.states("held") == [TrialState.COMPLETE] * 10


def test_workers_of_a_dead_supervisor_end_by_themselves(place, eventually, launch_held):
    launched, workers = launch_held()
    os.kill(launched.pid, signal.SIGKILL)
    eventually(lambda: not any(worker.is_running() for worker in workers))
    assert Counter(place.states("held")) == {TrialState.COMPLETE: 3, TrialState.WAITING: 2}


def test_several_objectives_have_a_front(place):
    assert place.run("launch", "mine.py:two", "--trials", "10", "--direction", "minimize,maximize").returncode == 0
    front = place.json("best", "two")
    assert {row["number"] for row in front} == {trial.number for trial in place.study("two").best_trials}


def test_timeout_ends_a_study_and_resume_adds_to_it(place):
    done = place.run("launch", "mine.py:slow", "--timeout", "4s")
    assert done.returncode == 0
    assert "the time is over" in done.stdout
    assert place.states("slow").count(TrialState.RUNNING) == 0
    assert place.json("status", "slow")["running_seconds"] >= 4
    assert place.run("resume", "slow", "--timeout", "3s").returncode == 0
    assert place.json("status", "slow")["running_seconds"] >= 4 + 3


def test_a_study_that_searches_something_else_is_not_mixed_in(place):
    place.run("launch", "quadratic", "--trials", "3")
    other = place.run("launch", "quadratic", "--trials", "3", "--set", "space.x=1.0")
    assert other.returncode == 2
    assert "space.x" in other.stderr
    assert "--name" in other.stderr
    assert len(place.states("quadratic")) == 3


def test_plain_lines_without_a_terminal_and_facts_for_scripts(place):
    done = place.run("launch", "quadratic", "--trials", "5", "--json")
    facts = json.loads(done.stdout)
    assert facts["outcome"] == "budget_reached"
    assert facts["finished"] == 5
    assert re.search(r"5/5 finished", done.stderr)
    assert "\x1b" not in done.stdout + done.stderr


def test_reading_commands_make_no_database(place):
    listed = place.run("list")
    assert listed.returncode == 0
    assert "no database" in listed.stdout
    assert place.run("status", "x").returncode == 2
    assert not (place.folder / "studyhall.db").exists()


def test_devices_that_are_not_there_are_told_before_anything_is_made(place):
    refused = place.run("launch", "digits_mlp", "--devices", "63")
    assert refused.returncode == 2
    assert "no GPU 63 here" in refused.stderr
    assert "Warning" not in refused.stderr
    assert not (place.folder / "studyhall.db").exists()


def test_the_commands_of_a_sentence_name_the_storage(place):
    at = ("--storage", "my other.db")
    assert place.run("launch", "quadratic", "--trials", "2", *at).returncode == 0
    told = place.run("show", "quadrati", *at).stderr
    assert "my other.db'`" in told
    assert "quadratic" in place.run(*shlex.split(told[told.index("`studyhall ") + 11 : told.rindex("`")])).stdout


def test_no_sentence_says_a_password(place, postgresql_server):
    with postgresql_server.database() as url:
        assert "s3cret" in url
        assert place.run("launch", "quadratic", "--trials", "1", "--storage", url).returncode == 0
        for words in (["--storage", url], [f"--storage={url}"]):
            told = place.run("status", "quadrati", *words).stderr
            assert "`studyhall list --storage" in told
            assert "s3cret" not in told


def test_the_times_of_a_trial_and_of_its_attempts_are_of_one_zone(place):
    place.variables["TZ"] = "Asia/Tokyo"
    assert place.run("launch", "quadratic", "--trials", "1").returncode == 0
    facts = place.json("show", "quadratic", "0")
    ours, theirs = (datetime.fromisoformat(row["start"]) for row in (facts, facts["attempts"][0]))
    assert abs((ours - theirs).total_seconds()) < 2
    assert ours.utcoffset() == timedelta(0)


def test_delete_takes_the_study_and_its_files(place):
    place.run("launch", "quadratic", "--trials", "3")
    files = place.folder / "studyhall.files" / "quadratic"
    assert files.is_dir()
    assert place.run("delete", "quadratic").returncode == 2
    assert place.run("delete", "quadratic", "--yes").returncode == 0
    assert not files.exists()
    assert place.json("list") == []
