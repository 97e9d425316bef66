"""The functions behind the command line serve a notebook as well."""

import inspect
import json
import subprocess
import sys

import psutil
import pytest
from helpers.paths import ROOT

from studies import api
from studies.errors import StudyError


def test_a_cell_launches_polls_and_stops_a_study(tmp_path):
    cell = ROOT / "tests" / "helpers" / "notebook_cell.py"
    command = [sys.executable, "-P", str(cell)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert (seen["was_running"], seen["asked"]) == (True, [1, 1])
    assert seen["stopped"] == ["STOPPED", 0, 0, False]
    assert seen["resumed"] == ["BUDGET_REACHED", 0, 0]
    assert seen["trials"] == list(range(len(seen["trials"])))
    assert seen["best"] >= 0
    assert "budget.trials" in seen["refused"]


def test_every_function_is_in_the_reference():
    section = (ROOT / "docs" / "reference.md").read_text("utf-8").partition("\n## Python\n")[2].partition("\n## ")[0]
    functions = [name for name in api.__all__ if inspect.isfunction(getattr(api, name))]
    assert "launch" in functions
    assert [name for name in functions if f"`{name}(" not in section] == []


def test_a_launch_whose_process_is_killed_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    running = api.start("quadratic", trials=1_000_000, workers=1)
    with pytest.raises(TimeoutError, match="still runs"):
        running.wait(0.0)
    (process,) = (child for child in psutil.Process().children() if "studies.api.background_main" in child.cmdline())
    process.kill()
    with pytest.raises(StudyError, match="killed") as caught:
        running.wait()
    assert "studyhall resume quadratic" in caught.value.hint
