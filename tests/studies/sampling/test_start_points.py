"""Start points: checked when the file is read, evaluated first, each exactly once whatever happens."""

from collections import Counter

import pytest
from optuna.trial import TrialState

from studies.sampling.start_points import start_faults
from studies.spec.study import StudySpec

SPACE = {
    "optimizer": {"choices": ["sgd", "adam"]},
    "momentum": {"low": 0.0, "high": 0.9, "when": {"optimizer": ["sgd"]}},
    "units": {"choices": [16, 32]},
    "layers": {"low": 1, "high": 3},
    "learning_rate": {"low": 1e-3, "high": 1e-1, "log": True},
    "dropout": {"low": 0.0, "high": 0.5, "step": 0.1},
    "batch_size": 64,
}


def faults(*points, **changes):
    spec = {"name": "s", "objective": "mlp", "space": SPACE, "budget": {"trials": 9}, "start": points} | changes
    return dict(start_faults(StudySpec.model_validate(spec)))


@pytest.mark.parametrize(
    ("point", "name", "words"),
    [
        ({"unit": 16}, "unit", 'did you mean "units"'),
        ({"units": 24}, "units", "allowed: 16, 32"),
        ({"optimizer": "adamm"}, "optimizer", 'did you mean "adam"'),
        ({"layers": 4}, "layers", "an integer from 1 to 3"),
        ({"layers": 2.0}, "layers", "found 2.0"),
        ({"layers": True}, "layers", "found true"),
        ({"learning_rate": 0.5}, "learning_rate", "a number from 0.001 to 0.1"),
        ({"dropout": 0.25}, "dropout", "in steps of 0.1"),
        ({"batch_size": 32}, "batch_size", "[space] fixes it at 64"),
        ({"momentum": 0.5}, "momentum", "give optimizer as well"),
        ({"momentum": 0.5, "optimizer": "adam"}, "momentum", 'needs optimizer = "sgd", and optimizer is "adam"'),
    ],
)
def test_a_point_that_cannot_be_is_refused(point, name, words):
    found = faults({"units": 16}, point)
    assert list(found) == [f"start[1].{name}"]
    assert words in found[f"start[1].{name}"]


@pytest.mark.parametrize(
    "point",
    [
        {"units": 32},
        {"learning_rate": 0.1, "layers": 3, "batch_size": 64},
        {"optimizer": "sgd", "momentum": 0.9},
        {"dropout": 0.3},
    ],
)
def test_a_point_may_be_whole_or_in_part(point):
    assert faults(point) == {}


def test_what_a_list_of_points_can_get_wrong():
    assert "start[0] again" in faults({"units": 16}, {"units": 32}, {"units": 16})["start[2]"]
    assert "after 1 trials" in faults({"units": 16}, {"units": 32}, budget={"trials": 1})["start"]
    grid = {"units": {"choices": [16, 32]}}
    assert "covers every point" in faults({"units": 16}, space=grid, sampler="grid")["start"]


STUDY = """
objective = "quadratic"
sampler = "random"
start = [{ x = 1.5, y = 2 }, { x = -3.0 }, { x = 7.25, y = 0.0 }, { y = 9.5 }]
[budget]
trials = 40
"""


def start_points(trials):
    return Counter(tuple(sorted(trial.system_attrs["fixed_params"].items())) for trial in trials
                   if "fixed_params" in trial.system_attrs)  # fmt: skip


def test_points_come_first_and_once_with_three_workers_and_a_resume(place):
    (place.folder / "some.toml").write_text(STUDY)
    assert place.run("launch", "some.toml", "--workers", "3").returncode == 0
    assert place.run("launch", "some.toml", "--workers", "2", "--trials", "45").returncode == 0
    trials = place.study("some").trials
    assert len(trials) == 45
    assert trials[0].params == {"x": 1.5, "y": 2.0}
    assert trials[1].params["x"] == -3.0
    assert trials[1].params["y"] != 0.0
    assert trials[2].value == 7.25**2
    assert trials[3].params["y"] == 9.5
    assert set(start_points(trials).values()) == {1}
    assert len(start_points(trials)) == 4
    changed = place.run("launch", "some.toml", "--set", "start=[{ x = 1.0 }]")
    assert changed.returncode == 2
    assert "start" in changed.stderr
    more = ("--set", "start=[{ x = 1.0 }, { x = -3.0 }]", "--accept-changes", "--trials", "46")
    assert place.run("launch", "some.toml", *more).returncode == 0
    assert place.study("some").trials[-1].params["x"] == 1.0
    assert len(place.study("some").trials) == 46


def test_points_of_an_objective_of_ones_own_survive_kills(place, eventually):
    # Given six start points of an objective, and three workers that stay in the middle of three of them
    points = ", ".join(f"{{ x = {index / 4} }}" for index in range(6))
    (place.folder / "mine.toml").write_text(
        f'name = "held"\nobjective = "mine.py:held"\nstart = [{points}]\n[budget]\ntrials = 8\n'
    )
    launched = place.start("launch", "mine.toml", "--workers", "3")
    # When a worker is killed at its point, and then everything
    eventually(lambda: place.held(3))[0].kill()
    eventually(lambda: "death" in str(place.study("held").trials))
    place.kill_everything(launched)
    launched.wait()
    place.let_go()
    assert place.run("resume", "held", "--workers", "2").returncode == 0
    # Then each was evaluated once, and they came before anything else
    assert sorted(place.claims()) == list(range(8))
    assert place.states("held") == [TrialState.COMPLETE] * 8
    assert [trial.params["x"] for trial in place.study("held").trials[:6]] == [index / 4 for index in range(6)]
