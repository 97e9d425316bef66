"""An objective of the user's own that is covered: in a space that the study declares, or as it suggests it."""

from __future__ import annotations

from collections import Counter

from optuna.trial import TrialState

OBJECTIVE = """
import time

def grid(trial):
    time.sleep(0.02)
    x = trial.suggest_categorical("x", [-4.0, -2.0, 0.0, 2.0, 3.0])
    return x * x + trial.suggest_float("y", -1.0, 1.0, step=0.5) + trial.suggest_int("depth", 1, 9)

def tree(trial):
    time.sleep(0.02)
    kind = trial.suggest_categorical("kind", ["flat", "deep"])
    if kind == "flat":
        return trial.suggest_float("x", 0.0, 1.0, step=0.25)
    a = trial.suggest_int("a", 1, 3)
    return a + trial.suggest_int("b", a, 3)
"""
STUDY = """
name = "g"
objective = "own.py:grid"
sampler = "grid"
[space]
x = { choices = [-4.0, -2.0, 0.0, 2.0, 3.0] }
y = { low = -1.0, high = 1.0, step = 0.5 }
depth = 4
"""


def points(place, name):
    return Counter(tuple(sorted(trial.params.items())) for trial in place.study(name).trials)


def test_a_grid_in_a_declared_space_is_walked_by_two_workers_and_held_to(place):
    (place.folder / "own.py").write_text(OBJECTIVE)
    (place.folder / "g.toml").write_text(STUDY)
    checked = place.run("check", "g.toml")
    assert checked.returncode == 0, checked.stderr
    assert "2 searched, 25 points" in checked.stdout
    # Given a line that the objective does not suggest so, the launch ends with both sides, and the name stays free
    (place.folder / "g.toml").write_text(STUDY.replace("step = 0.5", "step = 0.25"))
    wrong = place.run("launch", "g.toml", "--workers", "2")
    assert wrong.returncode == 1, wrong.stdout
    assert "suggests y from numbers -1.0 .. 1.0 in steps of 0.5, and [space] has numbers -1.0 .. 1.0 in" in wrong.stdout
    # When it is put right
    (place.folder / "g.toml").write_text(STUDY)
    done = place.run("launch", "g.toml", "--workers", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "25 of 25 trials finished" in done.stdout
    # Then each point was evaluated once, with what is fixed
    found = points(place, "g")
    assert (len(found), set(found.values())) == (25, {1})
    assert all(("depth", 4) in point for point in found)
    changed = place.run("launch", "g.toml", "--set", "space.depth=5")
    assert changed.returncode == 2
    assert "space.depth: 5 instead of 4" in changed.stderr


def test_brute_force_without_a_space_follows_what_is_suggested(place):
    (place.folder / "own.py").write_text(OBJECTIVE)
    done = place.run("launch", "own.py:tree", "--sampler", "bruteforce", "--workers", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every point was tried: 11 trials finished" in done.stdout
    trials = place.study("tree").trials
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    assert set(points(place, "tree").values()) == {1}
    again = place.run("resume", "tree")
    assert again.returncode == 0
    assert "11 trials finished" in again.stdout
    assert len(place.study("tree").trials) == 11
    grid = place.run("launch", "own.py:tree", "--sampler", "grid", "--name", "other")
    assert grid.returncode == 2
    assert 'declare what "' in grid.stderr
    assert "in [space]" in grid.stderr
