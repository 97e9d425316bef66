"""Every key that --json prints is in the reference, in the section of its command."""

import json
import re

import pytest
from helpers.paths import ROOT

from studies.commands.app import run

REFERENCE = (ROOT / "docs" / "reference.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^### (.+?)\n(.*?)(?=^##)", REFERENCE, flags=re.MULTILINE | re.DOTALL))
# Below these stand names, and facts that are Optuna's or the study file's.
FREE = {"spec", "params", "reports", "attributes", "process", "metrics"}
COMMANDS = {
    "resume": ["resume", "done"],
    "list": ["list"],
    "status": ["status", "done"],
    "show": ["show", "done"],
    "show one trial": ["show", "done", "0"],
    "best": ["best", "done"],
    "rerun": ["rerun", "done", "0"],
    "stop": ["stop", "done"],
    "doctor": ["doctor"],
    "storage verify": ["storage", "verify"],
    "storage backup": ["storage", "backup", "copy.db"],
    "storage copy": ["storage", "copy", "s.db", "t.db"],
    "delete": ["delete", "done", "--yes"],
}
MORE = {"resume": ("launch", "status"), "best": ("show",)}


@pytest.fixture
def done(run_here, monkeypatch, tmp_path, location):
    """A study of two finished trials, in the default storage."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STUDYHALL_STORAGE", str(location))
    run_here("done", 2)


def keys_in(facts):
    """The keys of a document at any depth."""
    if isinstance(facts, dict):
        return set(facts).union(*(keys_in(value) for key, value in facts.items() if key not in FREE))
    return set().union(*map(keys_in, facts)) if isinstance(facts, list) else set()


@pytest.mark.parametrize("name", COMMANDS)
def test_each_key_of_a_command_is_in_its_section(done, name, capsys):
    run([*COMMANDS[name], "--json"])
    found = keys_in(json.loads(capsys.readouterr().out)) - {"done"}
    section = name.removesuffix(" one trial")
    text = "".join(SECTIONS[each] for each in (section, *MORE.get(section, ())))
    assert found
    assert [key for key in found if f"`{key}`" not in text] == []


def test_each_key_of_check_is_in_its_section(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["check", "digits_mlp", "--json"]) == 0
    found = keys_in(json.loads(capsys.readouterr().out))
    assert "rows" in found
    assert [key for key in found if f"`{key}`" not in SECTIONS["check"]] == []
