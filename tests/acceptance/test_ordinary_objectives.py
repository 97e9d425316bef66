"""What a plain Optuna objective may do, done by real workers: several, killed, resumed, run again."""

import shutil

import pytest
from helpers.paths import HELPERS


@pytest.fixture
def run(place):
    """Launch one of `ordinary_objectives.py` to its end; the study has its name."""
    shutil.copy(HELPERS / "ordinary_objectives.py", place.folder / "mine.py")

    def launch(objective, *words):
        done = place.run("launch", f"mine.py:{objective}", "--seed", "1", *words)
        assert done.returncode == 0, done.stderr
        return place.study(objective)

    return launch


def test_tuples_are_choices_for_several_workers_a_resume_and_a_rerun(place, run):
    run("tuples", "--workers", "2", "--trials", "8")
    resumed = place.run("resume", "tuples", "--trials", "12")
    assert resumed.returncode == 0, resumed.stderr
    assert place.json("status", "tuples")["complete"] == 12
    again = place.run("rerun", "tuples", "0")
    assert "repeated to the last bit" in again.stdout, again.stderr
    # What Optuna says of lists among choices is nothing that anybody could do something about.
    assert "UserWarning" not in again.stderr + place.run("show", "tuples").stderr


def test_infinity_numpy_and_pickles_are_what_they_are_under_optuna(place, run):
    infinite = run("infinite", "--trials", "25")
    assert place.json("status", "infinite")["complete"] == 25
    assert float("inf") in [trial.value for trial in infinite.trials]
    assert place.json("best", "infinite")["values"] == [infinite.best_value]
    assert place.json("show", "infinite", str(next(t.number for t in infinite.trials if t.value > 1)))["values"] == [
        None
    ]
    study = run("of_numpy", "--trials", "1")
    assert study.trials[0].user_attrs == {"array": [0, 1, 2], "number": 0.5, "truth": True}
    assert study.user_attrs["of the study"] == [1.0, 1.0]
    assert run("pickles", "--trials", "1").trials[0].user_attrs == {"through a pickle": 0}


def test_the_reports_of_an_attempt_that_was_killed_are_none_of_the_next_ones(place, run):
    study = run("killed_once", "--trials", "1", "--set", "pruner=hyperband")
    shown = place.json("show", "killed_once", "0")
    assert [attempt["outcome"] for attempt in shown["attempts"]] == ["death", "complete"]
    assert set(shown["reports"].values()) == {5.0 + epoch / 100 for epoch in range(8)}
    assert study.trials[0].constraints == {}
    again = place.run("rerun", "killed_once", "0")
    assert "repeated to the last bit" in again.stdout, again.stderr


@pytest.mark.parametrize("objective", ["mute", "cancelled"])
def test_what_is_raised_costs_no_worker(place, run, objective):
    run(objective, "--trials", "1")
    outcomes = [attempt["outcome"] for attempt in place.json("show", objective, "0")["attempts"]]
    assert outcomes == ["exception", "complete"]
