"""Limits that end a trial, a worker or a study early, and a machine that falls silent."""

from __future__ import annotations

import subprocess

import pytest
from optuna.trial import TrialState


def outcomes(place, name, number):
    return [row.outcome for row in place.attempts(name)[number]]


@pytest.mark.parametrize(
    ("objective", "setting", "outcome"),
    [("hangs", "budget.trial_timeout=8s", "timeout"), ("hogs", "workers.memory=600MiB", "memory")],
)
def test_a_trial_that_goes_too_far_fails_and_another_takes_its_place(place, objective, setting, outcome):
    done = place.run("launch", f"mine.py:{objective}", "--trials", "5", "--workers", "2", "--set", setting)
    assert done.returncode == 0, done.stdout
    states = place.states(objective)
    assert states[1] is TrialState.FAIL
    assert states.count(TrialState.COMPLETE) == 5
    assert outcomes(place, objective, 1) == [outcome]


@pytest.mark.parametrize(
    ("setting", "outcome"), [("budget.patience=10", "stalled"), ("budget.target=1.0", "target_reached")]
)
def test_a_study_ends_when_going_on_is_no_use(place, setting, outcome):
    facts = place.json("launch", "quadratic", "--trials", "100000", "--workers", "2", "--set", setting)
    assert facts["outcome"] == outcome
    assert facts["running"] == 0
    assert facts["finished"] < 100_000


@pytest.mark.parametrize("setting", ["workers.recycle_after=3", "workers.recycle_memory=1MiB"])
def test_a_worker_process_is_recycled_and_nothing_is_lost(place, setting):
    done = place.run("launch", "mine.py:objective", "--trials", "9", "--set", setting)
    assert done.returncode == 0, done.stdout
    pids = {rows[0].process.pid for rows in place.attempts("objective")}
    assert len(pids) == (3 if "after" in setting else 9)
    assert sorted(place.claims()) == list(range(9))


def test_an_objective_that_has_changed_is_refused_with_the_difference(place):
    place.run("launch", "mine.py:objective", "--trials", "3")
    mine = place.folder / "mine.py"
    mine.write_text(mine.read_text().replace("return x * x + y", "return x * x - y"))
    refused = place.run("resume", "objective", "--trials", "5")
    assert refused.returncode == 2
    assert "-    return x * x + y" in refused.stderr
    assert "+    return x * x - y" in refused.stderr
    assert len(place.states("objective")) == 3
    assert place.run("resume", "objective", "--trials", "5", "--accept-changes").returncode == 0
    assert place.run("resume", "objective", "--trials", "6").returncode == 0


def can_rename_the_host() -> bool:
    return subprocess.run(["unshare", "--uts", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_rename_the_host(), reason="needs the right to unshare a host name")
def test_a_machine_that_falls_silent_loses_its_trial_after_the_grace_and_only_then(place, eventually):
    # Given a worker on another machine, in the middle of a trial
    settings = ("--set", "workers.heartbeat=0.5", "--set", "workers.heartbeat_grace=8")
    words = ("launch", "mine.py:one_held", "--trials", "400", "--workers", "1", *settings)
    far = place.start(*words, host="far-away")
    eventually(lambda: place.held(1, "one_held"))
    # When workers of this machine join, nothing is taken from it while it beats
    near = place.start("worker", "one_held")
    eventually(lambda: len(place.states("one_held")) > 20)
    assert all("death" not in str(trial.system_attrs) for trial in place.study("one_held").trials)
    # And when it is cut off, its trial is handed on
    place.kill_everything(far)
    eventually(lambda: "sends no heartbeat" in str(place.study("one_held").trials))
    place.run("stop", "one_held")
    near.communicate()
    assert TrialState.RUNNING not in place.states("one_held")
