"""A study and each of its trials can be repeated to the last bit, and a record that is not true is found out."""

import json
import os
import shutil
import signal
import subprocess
import sys

import optuna
import pytest
from helpers.paths import HELPERS, ROOT

from objectives.training.trainers.base import TRAINING_VERSION
from storage import StorageLocation, open_storage
from studies.analysis.reproduce import Comparison, Pair
from studies.commands.app import run
from studies.record import creation, stored
from studies.spec.study import StudySpec

DRILLS = HELPERS / "rerun_drills.py"
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}

SPACE = {
    "units": 16,
    "layers": 1,
    "optimizer": {"choices": ["adam", "sgd"]},
    "dropout": {"low": 0.1, "high": 0.5},
    "learning_rate": {"low": 1e-3, "high": 1e-1, "log": True},
}
TRAIN = {"epochs": 2, "threads": 1}
ONE = {"metric": "val_loss", "directions": ("minimize",), "pruner": "none", "train": {**TRAIN, "seeds": 2}}
STUDIES = {
    "one": {**ONE, "budget": {"trials": 2}},
    "again": {**ONE, "budget": {"trials": 2}},
    "pruned": {**ONE, "pruner": {"name": "threshold", "upper": 0.0}, "train": TRAIN},
    "several": {
        "metric": ["val_accuracy", "parameters", "seconds"],
        "directions": ("maximize", "minimize", "minimize"),
        "train": TRAIN,
    },
}


def make(location, storage, name, **settings):
    whole = {"seed": 7, "objective": "mlp", "space": SPACE, "data": {"dataset": "digits"}, "budget": {"trials": 1}}
    spec = StudySpec(name=name, **{**whole, **settings})
    creation.create_or_join(location, storage, spec)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("rerun")


LIE = """
    UPDATE trial_intermediate_values SET intermediate_value = 0.5 WHERE step = 1 AND trial_id =
    (SELECT MIN(trial_id) FROM trials JOIN studies USING (study_id) WHERE study_name = 'again')
"""


@pytest.fixture(scope="module")
def launched(folder):
    """What became of trials that were run again, and STUDIES as a worker left them; afterwards a record was changed."""
    location = StorageLocation.parse(str(folder / "s.db"))
    storage = open_storage(location, create=True)
    for name, settings in STUDIES.items():
        make(location, storage, name, **settings)
    wanted = [("one", 1), ("pruned", 0), ("several", 0), ("again", 0)]
    path = os.pathsep.join([str(ROOT), *sys.path])
    done = subprocess.run(
        [sys.executable, str(DRILLS), str(location.path), LIE, json.dumps([list(STUDIES), wanted])],
        env={**os.environ, **ONE_THREAD, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = dict(zip((name for name, _ in wanted), map(json.loads, done.stdout.splitlines()), strict=True))
    return found, {s.study_name: storage.get_all_trials(s._study_id) for s in storage.get_all_studies()}


@pytest.fixture
def reruns(launched):
    return launched[0]


def test_with_one_worker_the_whole_study_repeats(launched):
    one, again = launched[1]["one"], launched[1]["again"]
    assert [trial.params for trial in one] == [trial.params for trial in again]
    assert [list(trial.intermediate_values) for trial in one] == [[0, 1, 2, 3]] * 2
    again[0].intermediate_values[1] = one[0].intermediate_values[1]  # see LIE
    assert [trial.intermediate_values for trial in one] == [trial.intermediate_values for trial in again]
    assert [trial.value for trial in one] == [trial.value for trial in again]
    assert one[0].params != one[1].params


@pytest.mark.parametrize("name", ["one", "pruned", "several"])
def test_a_trial_is_repeated_to_the_last_bit(reruns, name):
    told = reruns[name]
    assert (told["code"], told["equal"], told["identical"], told["tolerance"]) == (0, True, True, 0.0)
    assert told["largest_difference"] == 0.0
    assert told["device"] == "1 core"


def test_what_is_compared(reruns):
    assert [row["step"] for row in reruns["one"]["epochs"]] == [0, 1, 2, 3]
    assert reruns["one"]["series"] == "val_loss"
    # A trial that was pruned ends where it did, and its value is its last report.
    assert reruns["pruned"]["state"] == "PRUNED"
    assert [row["step"] for row in reruns["pruned"]["epochs"]] == [0]
    assert reruns["pruned"]["values"][0]["recorded"] == reruns["pruned"]["epochs"][0]["recorded"]
    # Several objectives have no reports, but a curve; seconds are told and not judged.
    assert (reruns["several"]["series"], len(reruns["several"]["epochs"])) == ("val_accuracy", 2)
    assert [row["name"] for row in reruns["several"]["values"]] == ["val_accuracy", "parameters", "seconds"]


def test_a_record_that_is_not_true_is_found_out(reruns):
    told = reruns["again"]
    assert told["training"] == {"recorded": TRAINING_VERSION, "again": TRAINING_VERSION}
    assert (told["code"], told["equal"]) == (1, False)
    assert [row["difference"] == 0.0 for row in told["epochs"]] == [True, False, True, True]


@pytest.mark.parametrize(("training", "differs"), [(None, False), ((1, 1), False), ((0, 1), True), ((2, 1), True)])
def test_a_trial_of_another_training_is_told_from_one_that_cannot_be_repeated(training, differs):
    pair = Pair(name="value", recorded=1.0, again=2.0)
    compared = Comparison(
        number=0,
        state="COMPLETE",
        series="value",
        epochs=[],
        values=[pair],
        tolerance=0.0,
        device="1 core",
        training=training,
    )
    assert compared.is_of_another_training == differs


# --- what needs no Keras -------------------------------------------------------------------------------------


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Run a study of that objective with a worker of this process."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(HELPERS / "moody_objectives.py", tmp_path / "mine.py")

    def launch(objective, name="s"):
        words = ["--name", name, "--trials", "2", "--seed", "7", "--storage", "s.db"]
        assert run(["launch", objective, *words]) == 0
        return stored.load(location(), open_storage(location()), name)

    def location():
        return StorageLocation.parse(str(tmp_path / "s.db"))

    return launch


def again(capsys, *words):
    capsys.readouterr()
    return run(["rerun", "s", *words, "--storage", "s.db"]), capsys.readouterr()


@pytest.mark.parametrize("objective", ["quadratic", "mine.py:good", "mine.py:bare"])
def test_any_objective_can_be_repeated(mine, capsys, objective):
    mine(objective)
    code, told = again(capsys, "1")
    assert code == 0
    assert "trial 1 (COMPLETE) is repeated to the last bit" in told.out


@pytest.mark.parametrize(("mood", "code", "words"), [("a little", 0, "1e-06"), ("bad", 1, "NOT repeated")])
def test_a_small_difference_is_allowed_and_a_large_one_is_not(mine, capsys, monkeypatch, mood, code, words):
    mine("mine.py:moody")
    monkeypatch.setenv("MOOD", mood)
    found, told = again(capsys, "1")
    assert found == code
    assert words in told.out


def test_an_objective_that_raises_is_told(mine, capsys, monkeypatch):
    mine("mine.py:bare")
    monkeypatch.setenv("MOOD", "bad")
    code, told = again(capsys, "0")
    assert code == 1
    assert "trial 0 could not be run again: RuntimeError: bad mood" in told.err


def test_ctrl_c_is_no_failure_of_the_trial(place, eventually):
    # Given an objective that makes another error of a KeyboardInterrupt, as an import of TensorFlow does
    (place.folder / "sore.py").write_text(
        "import os, time\n"
        "def sore(trial):\n"
        "    if 'SORE' not in os.environ:\n"
        "        return trial.suggest_float('x', 0.0, 1.0)\n"
        "    open('asleep', 'w').close()\n"
        "    try:\n"
        "        time.sleep(3600)\n"
        "    except KeyboardInterrupt:\n"
        "        raise ValueError('registered already')\n"
    )
    assert place.run("launch", "sore.py:sore", "--trials", "1").returncode == 0
    # When a rerun is interrupted
    place.variables["SORE"] = "yes"
    again = place.start("rerun", "sore", "0")
    eventually((place.folder / "asleep").exists)
    again.send_signal(signal.SIGINT)
    # Then it has found no difference
    assert again.wait() == 130


def test_what_was_not_trained_is_not_trained_again(mine, capsys):
    study = mine("quadratic")
    first = study.study.trials[1]
    repeated = optuna.trial.create_trial(
        value=first.value, params=first.params, distributions=first.distributions, user_attrs={"duplicate_of": 1}
    )
    study.study.add_trial(repeated)
    code, told = again(capsys, "2")
    assert code == 2
    assert "it has the result of trial 1; `studyhall rerun s 1 --storage sqlite:///" in told.err


def test_what_cannot_be_repeated_is_refused(mine, capsys):
    study = mine("quadratic")
    study.study.enqueue_trial({"x": 1.0})
    assert again(capsys, "7")[0] == 2
    code, told = again(capsys, "2")
    assert code == 2
    assert "trial 2 of study 's' is WAITING" in told.err
    study.study.add_trial(optuna.trial.create_trial(value=0.5))
    code, told = again(capsys, "3")
    assert code == 2
    assert "no parameters in its record" in told.err
