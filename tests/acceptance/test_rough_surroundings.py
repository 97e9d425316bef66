"""A hostile objective, a terminal without a character, a working folder that vanishes: the real command goes on."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess

import pytest
from helpers.nasty import is_harmless
from helpers.paths import HELPERS
from optuna.trial import TrialState

from storage.attempts import attempts_of

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


@pytest.fixture
def nasty(place):
    shutil.copy(HELPERS / "nasty.py", place.folder)
    return place


def on_a_terminal(place, *words):
    """Run the command as on a terminal; returns its exit code and all that the terminal got."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [place.command, *words],
        cwd=place.folder,
        env=place.environment() | {"TERM": "xterm-256color", "COLUMNS": "400"},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    place.started.append(process)
    os.close(theirs)
    got = b""
    try:
        while part := os.read(ours, 65536):
            got += part
    except OSError:  # the terminal's end: nobody has it open any more
        pass
    os.close(ours)
    return process.wait(), got.decode()


def test_a_hostile_objective_reaches_neither_the_terminal_nor_a_log(nasty):
    # When its study runs under the live view, and a trial of it fails for good
    code, got = on_a_terminal(nasty, "launch", "nasty.py:objective", "--trials", "3", "--seed", "1")
    # Then the terminal got rich's own sequences and none of the objective's
    assert code == 0, got
    assert "\x1b[?25l" in got, "no live view"
    for sequence in ("\x1b]", "\x1b[2J", "\x1b[31m\\u", "\x9b", "\u202e", "\u2066", "\u200b", "\a"):
        assert sequence not in got
    assert r"p\x1b[31m\u202e" in got
    # And what failed can be read in its log
    logs = [path.read_text() for path in nasty.folder.rglob("*.log")]
    assert any(r"\x1b]0;OWNED" in text for text in logs)
    assert all(is_harmless(text.replace("\t", "")) for text in logs)
    # And in every view
    code, got = on_a_terminal(nasty, "show", "objective", "1")
    assert code == 0
    assert r"\x1b]0;OWNED" in got
    assert "\x1b]" not in got
    assert not (nasty.folder / "PWNED").exists()


def test_a_terminal_of_ascii_alone_is_enough(nasty):
    nasty.variables |= {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = nasty.run("launch", "nasty.py:chinese", "--trials", "2", "--seed", "1")
    assert done.returncode == 0, done.stderr
    assert r"\u5b66\u4e60\u7387=" in done.stdout
    assert done.stdout.isascii()


def test_a_working_folder_that_vanishes_ends_nothing(place, eventually, workers_of):
    # Given a launch in a folder
    folder = place.folder / "work"
    folder.mkdir()
    at = ("--storage", str(place.database))
    script = 'cd "$1" && shift && exec "$@"'
    launch = ("launch", "quadratic", "--trials", "100000", "--seed", "1", *at)
    process = subprocess.Popen(
        ["bash", "-c", script, "sh", folder, place.command, *launch],
        cwd=place.folder,
        env=place.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    place.started.append(process)
    (worker,) = eventually(lambda: workers_of(process.pid))
    eventually(lambda: sum(state in FINISHED for state in place.states("quadratic")) >= 3)
    # When the folder is removed, and its worker dies
    folder.rmdir()
    worker.kill()

    # Then another one goes on
    def went_on():
        trials = place.study("quadratic").get_trials(deepcopy=False, states=FINISHED)
        return any(attempts_of(trial.system_attrs)[-1].process.pid != worker.pid for trial in trials)

    eventually(went_on)
    assert place.run("stop", "quadratic").returncode == 0
    said = process.communicate()[0]
    assert "Traceback" not in said
    # And the commands that are offered name the database
    assert f"studyhall best quadratic --storage 'sqlite:///{place.database}'" in said.replace("'\"'\"'", "'")


def test_a_command_begun_in_a_removed_folder_says_so_where_it_needs_the_folder(place):
    assert place.run("launch", "quadratic", "--trials", "1").returncode == 0
    script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'

    def run(*words):
        command = ["bash", "-c", script, "sh", place.command, *words]
        return subprocess.run(
            command, cwd=place.folder, env=place.environment(), capture_output=True, text=True, check=False
        )

    assert run("list", "--storage", str(place.database)).returncode == 0
    for words in (["list"], ["check", "mine.py:objective"]):
        done = run(*words)
        assert done.returncode == 2, done.stderr
        assert "the working folder was removed" in done.stderr
        assert "Traceback" not in done.stderr
    # A launch that names all by absolute paths runs there
    assert run("launch", "beale", "--trials", "1", "--storage", str(place.database)).returncode == 0
