"""A storage written by the last version whose study files had other keys is read, shown, resumed and run again.

tests/fixtures/format2.db holds `quadratic`, finished, and `digits_folds`, which was interrupted in its third trial.
"""

import shutil

import pytest
from helpers.paths import ROOT
from optuna.trial import TrialState

from storage import StorageLocation, open_storage
from studies.record.stored import load

# What its own version drew for the trials 4 and 5 of `quadratic`.
POINTS = [(-0.08687666429734797, 7.195577403397532), (-6.152566298709479, -5.867977119260144)]


@pytest.fixture
def old(place):
    shutil.copy(ROOT / "tests" / "fixtures" / "format2.db", place.database)
    return place


def test_its_specs_are_whole_under_the_keys_of_today(old):
    location = StorageLocation.parse(str(old.database))
    storage = open_storage(location)
    # When both studies are read
    quadratic, folds = (load(location, storage, name) for name in ("quadratic", "digits_folds"))
    # Then what was said under an old key is there under the new one
    spec = quadratic.required_spec()
    assert (spec.budget.patience, spec.workers.recycle_after, spec.duplicates) == (50, 7, "resample")
    assert quadratic.budget.patience == 50
    spec = folds.required_spec()
    assert (spec.data.folds, spec.data.repeats, spec.data.classes) == (2, 2, (0, 1, 8))
    assert (spec.train.score_epoch, spec.train.seeds, spec.steps) == ("last", 2, 3 * 2 * 4)
    assert (spec.workers.heartbeat, spec.workers.heartbeat_grace) == (2.0, 20.0)
    assert spec.workers.recycle_memory == 8 * 2**30


def test_it_is_shown(old):
    assert {row["name"]: row["finished"] for row in old.json("list")} == {"quadratic": 4, "digits_folds": 2}
    status = old.json("status", "digits_folds")
    assert (status["finished"], status["waiting"], status["best"]["number"]) == (2, 1, 1)
    assert old.json("best", "quadratic")["number"] == 2
    shown = old.run("show", "digits_folds", "1")
    assert shown.returncode == 0, shown.stderr
    assert "mean of 8 runs' last val_accuracy" in shown.stdout
    # Where its version said "division".
    lines = shown.stdout[shown.stdout.index("repeat  split") :].splitlines()[1:9]
    assert [line.split()[:2] for line in lines] == [[str(repeat), str(n)] for repeat in (0, 1) for n in range(4)]
    assert old.run("show", "digits_folds").returncode == 0


def test_it_is_run_again_and_goes_on(old):
    assert old.run("rerun", "quadratic", "3").returncode == 0
    assert old.run("resume", "quadratic", "--trials", "6").returncode == 0
    assert old.states("quadratic") == [TrialState.COMPLETE] * 6
    points = [(trial.params["x"], trial.params["y"]) for trial in old.study("quadratic").trials[4:]]
    assert points == POINTS


def test_an_interrupted_training_goes_on(old):
    before = old.study("digits_folds").trials[2]
    assert before.state is TrialState.WAITING
    done = old.run("resume", "digits_folds")
    assert done.returncode == 0, done.stderr
    # Its trials are of an older training
    assert done.stdout.count("the 3 trials of study 'digits_folds' were trained by an older studyhall") == 1
    trial = old.study("digits_folds").trials[2]
    assert (trial.state, trial.params) == (TrialState.COMPLETE, before.params)
    assert [len(run["curves"]["val_accuracy"]) for run in trial.user_attrs["folds"]] == [3] * 8
    assert trial.user_attrs["value_rule"] == "mean of 8 runs' last val_accuracy"


def test_a_launch_joins_it_with_a_file_of_today(old):
    # Given a file that says the same in today's words
    joined = old.run("launch", "quadratic", "--set", "seed=3", "--trials", "4")
    assert joined.returncode == 0, joined.stderr
    assert "is finished already" in joined.stdout
