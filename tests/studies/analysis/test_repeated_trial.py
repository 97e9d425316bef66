"""What an objective finds when its trial is run again: its study as it was, its own choices, and nothing is written."""

import sqlite3
from contextlib import closing

import pytest
from helpers.paths import HELPERS

from studies.analysis.reproduce import Pair
from studies.commands.app import run

OBJECTIVES = (HELPERS / "ordinary_objectives.py").read_text()


@pytest.fixture
def launched(tmp_path, monkeypatch):
    """Run an objective of `ordinary_objectives.py`; returns all that is in the database then."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(OBJECTIVES)

    def launch(name, *words):
        assert run(["launch", f"mine.py:{name}", "--name", "s", "--seed", "7", "--storage", "s.db", *words]) == 0

    return launch


def dump():
    with closing(sqlite3.connect("s.db")) as database:
        return list(database.iterdump())


@pytest.mark.parametrize(
    "objective", ["asks_its_study", "writes_to_its_study", "tuples", "infinite", "of_numpy", "two_with_a_stop"]
)
def test_it_is_repeated_and_nothing_is_written(launched, capsys, objective):
    several = ["--direction", "minimize,minimize"] if objective == "two_with_a_stop" else []
    launched(objective, "--trials", "3", *several)
    before = dump()
    capsys.readouterr()
    for number in "012":
        assert run(["rerun", "s", number, "--storage", "s.db"]) == 0, capsys.readouterr()
        assert "repeated to the last bit" in capsys.readouterr().out
    assert dump() == before


@pytest.mark.parametrize("objective", ["mute", "cancelled", "leaves", "no_value"])
def test_what_is_raised_then_is_told(launched, capsys, monkeypatch, objective):
    launched(objective, "--trials", "1")
    capsys.readouterr()
    monkeypatch.setenv("AGAIN", "yes")
    assert run(["rerun", "s", "0", "--storage", "s.db"]) == 1
    assert "trial 0 could not be run again: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("recorded", "again", "agrees"),
    [
        (float("inf"), float("inf"), True),
        (float("inf"), 5.0, False),
        (5.0, float("inf"), False),
        (float("-inf"), float("inf"), False),
        (float("nan"), float("nan"), True),
    ],
)
def test_infinity_agrees_with_itself_alone(recorded, again, agrees):
    assert Pair(name="value", recorded=recorded, again=again).agrees(1e-4) is agrees
