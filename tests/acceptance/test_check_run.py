"""`check --run`: one short trial that leaves nothing behind, and its fault in a sentence."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

STUDY = """
objective = "mlp"
start = [{ units = 16 }, { units = 32 }]
[budget]
trials = 30
[data]
dataset = "digits"
[space]
units = { choices = [16, 32] }
[train]
epochs = 50
"""


def left_behind(place) -> set[Path]:
    found = {*place.folder.iterdir(), *Path(tempfile.gettempdir()).glob("studyhall-check-*")}
    return found - {place.folder / "claims.txt"}  # which the objective writes


def test_one_epoch_is_trained_and_nothing_stays(place):
    (place.folder / "mine.toml").write_text(STUDY)
    before = left_behind(place)
    facts = place.json("check", "mine.toml", "--run")
    assert facts["run"]["state"] == "COMPLETE"
    assert facts["run"]["params"] == {"units": 16}
    assert 0 < facts["run"]["values"][0] < 1
    assert 0 < facts["run"]["seconds"] <= facts["run"]["total_seconds"]
    assert facts["spec"]["train"]["epochs"] == 50
    assert left_behind(place) == before


@pytest.mark.parametrize("name", ["quadratic", "rosenbrock", "mine.py:objective"])
def test_what_it_took_is_said(place, name):
    shown = place.run("check", name, "--set", "budget.trials=3", "--run")
    assert shown.returncode == 0, shown.stderr
    assert "with the start of a worker" in shown.stdout
    assert not (place.folder / "studyhall.db").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [("mine.py:raises", "ValueError: always"), ("mine.py:two", "2 values, and the study wants 1")],
)
def test_a_fault_of_the_trial_is_a_sentence(place, name, words):
    before = left_behind(place)
    refused = place.run("check", name, "--set", "budget.trials=3", "--run")
    assert refused.returncode == 2
    assert words in refused.stderr
    assert "Traceback" not in refused.stderr
    assert left_behind(place) == before


def test_data_that_are_not_there_are_a_sentence(place):
    place.variables["STUDYHALL_DATA"] = str(Path("nowhere"))
    refused = place.run("check", "mnist_mlp", "--run")
    assert refused.returncode == 2
    assert "nowhere/mnist.npz" in refused.stderr
    assert "Traceback" not in refused.stderr
