"""A file of the user's own runs as under Python: with its command line, its processes, one version, loaded in turn."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from helpers.paths import HELPERS
from optuna.trial import TrialState

COMPLETE = TrialState.COMPLETE


@pytest.mark.parametrize("name", ["pools.py", "my pools.py"])
def test_processes_pickles_and_the_command_line_are_those_of_a_script(place, name):
    # Given a file that works with pools of four kinds
    path = place.folder / name
    shutil.copy(HELPERS / "pools.py", path)
    where = f"{name}:objective"
    # When it is launched with arguments of its own, beside options of ours that it has as well
    done = place.run("launch", where, "--trials", "1", "--seed", "5", "--", "--epochs", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    assert place.run("resume", "objective", "--trials", "2").returncode == 0
    # Then it sees its own, in a resume and in a rerun as well
    for trial in place.study("objective").trials:
        assert trial.state is COMPLETE
        assert trial.user_attrs == {"argv": [str(path), "--epochs", "3"], "epochs": 3, "seed": 42}
    assert place.json("rerun", "objective", "1")["identical"]
    # And other arguments are another study
    other = place.run("launch", where, "--trials", "2", "--seed", "5", "--", "--epochs", "4")
    assert other.returncode == 2
    assert "arguments: ['--epochs', '4'] instead of ['--epochs', '3']" in other.stderr


def test_what_a_trial_has_pickled_is_read_by_a_plain_python(place):
    shutil.copy(HELPERS / "pools.py", place.folder)
    assert place.run("launch", "pools.py:objective", "--trials", "1").returncode == 0
    read = "import pickle, pools; print(type(pickle.load(open('kept.pkl', 'rb'))) is pools.Kept)"
    plain = subprocess.run([sys.executable, "-c", read], cwd=place.folder, capture_output=True, text=True, check=False)
    assert plain.stdout == "True\n", plain.stderr


def test_words_that_are_no_arguments_of_a_file_are_refused(place):
    words = place.run("check", "mine.py:objective", "extra", "--set", "budget.trials=1")
    assert words.returncode == 2
    assert "stand behind --" in words.stderr
    built_in = place.run("check", "quadratic", "--set", "budget.trials=1", "--", "--epochs", "3")
    assert built_in.returncode == 2
    assert "reads no arguments" in built_in.stderr
    assert place.json("check", "mine.py:objective", "--set", 'arguments=["-v"]', "--set", "budget.trials=1")["spec"][
        "arguments"
    ] == ["-v"]


def test_a_study_is_made_from_one_version_of_its_files(place, eventually):
    # Given four workers, renewed after each trial, of which one loads the file first
    shutil.copy(HELPERS / "made_once.py", place.folder)
    helper = place.folder / "its_helper.py"
    helper.write_text("SCALE = 1.0\n")
    words = ("--workers", "4", "--trials", "9", "--set", "workers.recycle_after=1")
    launched = place.start("launch", "made_once.py:objective", *words)
    eventually(lambda: place.states("objective") == [COMPLETE] * 3 + [TrialState.RUNNING] * 4)
    # When a module that it imports is edited meanwhile, and then one of them is renewed
    helper.write_text("SCALE = 2.0\n")
    (place.folder / "go 3").touch()
    assert any("has changed: what runs may finish" in line for line in launched.stdout)
    place.let_go()
    output, _ = launched.communicate()
    # Then the launch ends with the sentence of a resume, and no trial is of the other version
    assert launched.returncode == 2, output
    assert "its_helper.py has changed since study 'objective' began" in output
    assert "next   studyhall resume objective --accept-changes\n" in output
    assert [trial.user_attrs["scale"] for trial in place.study("objective").trials] == [1.0] * 7
    assert place.states("objective") == [COMPLETE] * 7
    refused = place.run("resume", "objective")
    assert refused.returncode == 2
    assert "its_helper.py has changed since study 'objective' began" in refused.stderr
    # And goes on where that is accepted
    assert place.run("resume", "objective", "--accept-changes").returncode == 0
    assert place.states("objective").count(COMPLETE) == 9


def test_a_file_that_could_not_be_loaded_is_put_right_and_launched_again(place):
    path = place.folder / "fresh.py"
    path.write_text("import no_such_module\ndef objective(trial):\n    return trial.suggest_float('x', 0, 1)\n")
    broken = place.run("launch", "fresh.py:objective", "--trials", "1")
    assert broken.returncode == 1
    assert "put that right and launch again" in broken.stdout
    path.write_text(path.read_text().partition("\n")[2])
    assert place.run("launch", "fresh.py:objective", "--trials", "1").returncode == 0
