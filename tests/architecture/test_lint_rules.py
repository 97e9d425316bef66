"""What ruff's own rules forbid, each in the place where it matters."""

import json
import subprocess
import sys

import pytest
from helpers.paths import ROOT


def rules_broken(place, text):
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "json"]
    options = ["--select", "T20,TID,PLR1722,SLF001,PLC2701", "--stdin-filename", ROOT / place, "-"]
    run = subprocess.run([*command, *options], cwd=ROOT, input=text, capture_output=True, text=True, check=False)
    assert run.returncode in (0, 1), run.stderr
    return [found["code"] for found in json.loads(run.stdout)]


@pytest.mark.parametrize(
    ("rule", "place", "text"),
    [
        ("TID253", "objectives/models/mlp.py", "from keras import layers\n"),
        ("TID253", "studies/execution/worker.py", "import tensorflow as tf\n"),
        ("T201", "studies/execution/worker.py", "print(1)\n"),
        ("TID251", "storage/sqlite.py", "from sys import exit as leave\n"),
        ("TID251", "studies/execution/launch.py", "import sys\n\nsys.exit(1)\n"),
        ("PLR1722", "studies/execution/launch.py", "exit(1)\n"),
        ("SLF001", "studies/execution/launch.py", "x = trial._trial_id\n"),
        ("PLC2701", "studies/execution/launch.py", "from optuna.study import _frozen\n\nx = _frozen\n"),
    ],
)
def test_a_broken_rule_is_seen(rule, place, text):
    assert rule in rules_broken(place, text)


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("objectives/models/mlp.py", "def f():\n    import keras\n"),
        ("objectives/models/mlp.py", "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import keras\n"),
        ("studies/commands/app.py", "import sys\n\nsys.exit(1)\n"),
        ("studies/execution/worker.py", "console.print(1)\n"),
        ("studies/sampling/optuna_private.py", "x = trial._trial_id\n"),
        ("storage/optuna_schema/__init__.py", "from optuna.study import _frozen\n\nx = _frozen\n"),
    ],
)
def test_what_is_allowed_passes(place, text):
    assert rules_broken(place, text) == []
