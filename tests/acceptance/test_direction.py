"""Which way an objective of the user's own goes, as the command says it before anything runs."""

from __future__ import annotations

import shutil

import pytest
from helpers.paths import HELPERS

from storage import StorageLocation, open_storage
from studies.record.creation import create_or_join
from studies.spec.study import StudySpec

SAID = "this study is to minimize, as no direction is given"


@pytest.fixture
def script(place):
    shutil.copy(HELPERS / "maximizing_script.py", place.folder / "acc.py")
    return place


def test_the_first_line_of_a_launch_says_that_it_minimizes_and_how_to_change_that(script):
    launched = script.run("launch", "acc.py:objective", "--trials", "2")
    first = launched.stdout.splitlines()[0]
    assert f"{SAID}, but the script creates one to maximize (acc.py, line 12)" in first
    assert "--direction maximize" in first
    # A resume has its direction
    assert SAID not in script.run("resume", "objective", "--trials", "3").stdout
    # And check says the same
    assert f"note: {SAID}" in script.run("check", "acc.py:objective", "--set", "budget.trials=2").stdout


def test_a_metric_that_is_known_decides_it(script):
    (script.folder / "acc.toml").write_text(
        'objective = "acc.py:objective"\nmetric = "val_accuracy"\nbudget = { trials = 5, target = 0.0 }\nseed = 3\n'
    )
    checked = script.json("check", "acc.toml")
    assert (checked["spec"]["directions"], checked["notes"]) == (["maximize"], [])
    launched = script.run("launch", "acc.toml")
    assert SAID not in launched.stdout
    assert script.json("status", "acc")["directions"] == ["maximize"]
    refused = script.run("launch", "acc.toml", "--name", "other", "--direction", "minimize")
    assert refused.returncode == 2
    assert 'direction: found "minimize", but val_accuracy is better when larger' in refused.stderr


def test_a_study_that_was_stored_the_other_way_goes_on_as_it_was(script):
    # Given a study of before names decided anything
    spec = StudySpec(
        name="old",
        objective=f"{script.folder / 'acc.py'}:objective",
        metric="val_accuracy",
        directions=("minimize",),
        seed=3,
        budget={"trials": 2},
    )
    location = StorageLocation.parse(str(script.database))
    create_or_join(location, open_storage(location, create=True), spec)
    # Then it is resumed and shown that way
    resumed = script.run("resume", "old")
    assert resumed.returncode == 0, resumed.stderr
    assert script.json("status", "old")["directions"] == ["minimize"]
