"""The engine of this machine keeps the contract of engines."""

import os
import subprocess
import sys

import pytest
from contracts.engine import EngineContract
from helpers.paths import HELPERS, ROOT

from studies.execution.engines.local import LocalEngine


class TestLocalEngine(EngineContract):
    @pytest.fixture
    def engine_type(self):
        return LocalEngine


def test_a_script_that_launches_is_not_run_again_by_its_workers(tmp_path):
    script = [sys.executable, "-P", str(HELPERS / "unguarded_launch.py"), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    done = subprocess.run(script, capture_output=True, text=True, check=False, env=environment)
    assert done.stderr.splitlines()[-1] == "BUDGET_REACHED"
    assert (tmp_path / "runs.txt").read_text() == "run\n"
