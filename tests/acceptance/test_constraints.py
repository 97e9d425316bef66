"""A study with constraints of Optuna's: what is the best, and what is said where nothing is feasible."""

from __future__ import annotations


def test_the_best_is_feasible_wherever_it_is_shown(place):
    # Given a target that only an infeasible trial reaches
    words = ("--workers", "2", "--set", "budget.target=1.5")
    launched = place.run("launch", "mine.py:constrained", "--trials", "20", *words)
    assert launched.returncode == 0, launched.stderr
    assert "20 of 20 trials finished" in launched.stdout
    # Then all name what stock Optuna names
    best = place.study("constrained").best_trial
    assert best.value >= 2.0 > min(trial.value for trial in place.study("constrained").trials)
    found = place.json("best", "constrained")
    assert (found["number"], found["feasible"], found["constraints"]) == (best.number, True, best.constraints)
    status = place.json("status", "constrained")
    assert status["best"]["number"] == best.number
    assert status["infeasible"] == sum(trial.value < 2.0 for trial in place.study("constrained").trials)
    assert f"trial {best.number}:" in launched.stdout
    # And show says of each trial whether it is feasible
    rows = {row["number"]: row for row in place.json("show", "constrained")["trials"]}
    assert {number for number, row in rows.items() if not row["feasible"]} == {
        trial.number for trial in place.study("constrained").trials if trial.value < 2.0
    }
    assert "constraint at least 2" in place.run("show", "constrained", str(best.number)).stdout


def test_a_study_in_which_nothing_is_feasible_says_so(place):
    words = ("--trials", "4", "--direction", "minimize,minimize")
    launched = place.run("launch", "mine.py:hopeless", *words)
    assert launched.returncode == 0, launched.stderr
    assert "best   no feasible trial yet" in launched.stdout
    assert "no feasible trial yet" in place.run("status", "hopeless").stdout
    refused = place.run("best", "hopeless")
    assert refused.returncode == 2
    assert "no feasible trial yet: all 4 complete trials break a constraint" in refused.stderr
