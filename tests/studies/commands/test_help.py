"""Help is what most people read: every command has it, with examples that work."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.paths import HELPERS, ROOT

import storage
from studies.commands.app import COMMANDS, STORAGE_COMMANDS, command_line, run

REFERENCE = (ROOT / "docs" / "reference.md").read_text("utf-8")
LINES = {**COMMANDS, **{f"storage {name}": line for name, line in STORAGE_COMMANDS.items()}}


def test_the_commands_are_those_that_scripts_rely_on():
    wanted = {"launch", "resume", "worker", "stop", "list", "status", "show", "best"}
    wanted |= {"dashboard", "check", "doctor", "delete", "storage verify", "storage backup", "storage copy"}
    assert wanted <= set(LINES)


@pytest.mark.parametrize("command", LINES)
def test_help_ends_with_examples_whose_options_exist(command, capsys):
    assert run([*command.split(), "--help"]) == 0
    text = capsys.readouterr().out
    described, _, examples = text.partition("Examples")
    lines = re.findall(rf"studyhall {command}.*", examples)
    assert lines
    # What stands behind -- is a file's own.
    for option in re.findall(r"--[a-z-]+", " ".join(line.partition(" -- ")[0] for line in lines)):
        assert option in described


@pytest.mark.parametrize(("command", "line"), LINES.items())
def test_the_list_of_commands_says_what_each_says_of_itself(command, line):
    group, words = command_line(), command.split()
    for word in words[:-1]:
        group = group.commands[word]
    assert group.commands[words[-1]].load().help.partition("\n\n")[0] == line


@pytest.mark.parametrize("command", LINES)
def test_every_command_is_in_the_reference(command):
    assert f"`studyhall {command}" in REFERENCE.partition("\n## Commands\n")[2]


def loaded_by(*commands):
    """The modules that a process has loaded when it has run these."""
    program = [sys.executable, "-P", HELPERS / "loaded_by_commands.py", *commands]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    return set(done.stdout.partition("LOADED")[2].split())


SLOW = {"optuna", "sqlalchemy", "numpy", "psutil", "keras", "tensorflow", "sklearn", "plotly"}


def test_help_is_quick_because_it_imports_nothing_slow():
    loaded = loaded_by("--help", *(f"{command} --help" for command in LINES))
    assert {f"studies.commands.{command.replace(' ', '.')}" for command in LINES} <= loaded
    assert loaded.isdisjoint(SLOW)


def test_wrong_usage_is_told_without_what_the_command_would_need():
    loaded = loaded_by("launch", "launhc x", "launch quadratic --workers 0", "status --jsn")
    assert loaded.isdisjoint(SLOW)


def test_who_lists_studies_does_not_wait_for_what_runs_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    storage.open_storage(storage.StorageLocation(tmp_path / "studyhall.db"), create=True)
    loaded = loaded_by("list")
    assert "optuna" in loaded
    assert loaded.isdisjoint(SLOW - {"optuna", "sqlalchemy", "numpy", "psutil"})
    assert loaded.isdisjoint({"alembic", "studies.spec.study", "studies.record.stored", "studies.execution.launch"})


def test_commands_that_train_nothing_load_no_framework(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loaded = loaded_by("list", "check mnist_mlp", "status x", "show x", "best x", "doctor")
    assert "optuna" in loaded
    assert loaded.isdisjoint({"keras", "tensorflow", "sklearn", "plotly", "jax", "torch"})
    assert list(Path(tmp_path).iterdir()) == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["launhc"], "launhc"),
        (["launch"], "STUDY"),
        (["launch", "quadratic", "--workers", "0"], "--workers"),
        (["launch", "quadratic", "--engine", "slurm"], "allowed: local"),
        (["launch", "quadratic", "--devices", "first"], "none"),
        (["resume", "x", "--timeout", "soon"], "no database"),
        (["list", "--storage", "mysql://u:secret@h/d"], "not supported"),
        (["dashboard", "--host", "0.0.0.0"], "--public"),
        (["storage", "copy", "a.db", "mysql://u:secret@h/d"], "not supported"),
    ],
)
def test_wrong_usage_is_a_sentence_and_exit_code_2(words, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(words) == 2
    told = capsys.readouterr()
    assert sentence in told.err
    assert "secret" not in told.err
    assert "Traceback" not in told.err
