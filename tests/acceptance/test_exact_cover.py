"""Samplers that cover a finite space cover it exactly, whoever is killed meanwhile."""

from __future__ import annotations

from collections import Counter

import pytest
from optuna.trial import TrialState

from studies.sampling.pruners import ENTRIES as PRUNERS
from studies.sampling.samplers import ENTRIES as SAMPLERS

GRID = """
objective = "beale"
sampler = "{sampler}"
[space]
x = {{ low = -4.0, high = 4.0, step = 0.5 }}
y = {{ choices = [-4.0, -3.0, -2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0] }}
"""
POINTS = 17 * 10


@pytest.mark.parametrize("sampler", ["grid", "bruteforce"])
def test_each_point_is_visited_once_however_many_workers_are_killed(place, eventually, workers_of, sampler):
    # Given three workers on a grid, of which one after another is killed, and at last everything
    (place.folder / "cover.toml").write_text(GRID.format(sampler=sampler))
    assert place.run("launch", "cover.toml", "--trials", "3").returncode == 0
    launched = place.start("resume", "cover", "--trials", str(POINTS), "--workers", "3", quiet=True)
    for kill in range(4):
        eventually(lambda kill=kill: len(place.states("cover")) >= 15 * (kill + 1))
        eventually(lambda: len(workers_of(launched.pid)) == 3)
        workers_of(launched.pid)[kill % 3].kill()
    eventually(lambda: len(place.states("cover")) >= 80)
    place.kill_everything(launched)
    launched.wait()
    # When it is resumed with another number of workers
    done = place.run("resume", "cover", "--workers", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    # Then each point was evaluated exactly once, and nothing else
    trials = place.study("cover").trials
    visits = Counter(tuple(sorted(trial.params.items())) for trial in trials)
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    assert len(visits) == len(trials) == POINTS
    assert "is finished already" in place.run("resume", "cover").stdout


def test_a_grid_of_which_a_point_fails_ends_and_says_so(place):
    axis = ["--set", "space.x={choices=[0,1,2]}"]
    facts = place.json("launch", "mine.py:not_two", "--sampler", "grid", "--trials", "3", *axis)
    assert facts["outcome"] == "exhausted"
    assert (facts["exit_code"], facts["complete"], facts["failed"], facts["waiting"]) == (0, 2, 1, 0)
    assert "every point was tried: 2 of 3 trials finished" in place.run("resume", "not_two").stdout


@pytest.mark.parametrize("sampler", [name for name in SAMPLERS if name not in ("grid", "bruteforce", "gp")])
def test_every_sampler_runs_in_two_workers(place, sampler):
    fixed = ("--set", "sampler.fixed={ x = 0.5 }") if sampler == "partial-fixed" else ()
    assert place.launch_here("beale", "--sampler", sampler, *fixed, "--workers", "2", "--trials", "14") == 0
    trials = place.study("beale").trials
    assert len({tuple(trial.params.values()) for trial in trials}) == 14
    if fixed:
        assert {trial.params["x"] for trial in trials} == {0.5}


@pytest.mark.parametrize("pruner", PRUNERS)
def test_every_pruner_runs_in_two_workers(place, pruner):
    options = {"threshold": ("--set", "pruner.upper=40.0"), "median": ("--set", "pruner.n_startup_trials=2")}
    words = ("--pruner", pruner, *options.get(pruner, ()), "--workers", "2", "--trials", "14")
    assert place.launch_here("mine.py:objective", *words) == 0
    assert sorted(place.claims()) == list(range(14))
