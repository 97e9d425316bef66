"""No module loads a framework when it is imported: they cost seconds and are loaded where something trains."""

import subprocess
import sys

from architecture.figures import PACKAGES, modules
from helpers.paths import HELPERS, ROOT

HEAVY = ["keras", "tensorflow", "jax", "torch", "plotly", "sklearn", "pyarrow", "PIL"]


def loads(names, heavy):
    command = [sys.executable, "-I", HELPERS / "loads_heavy.py", ",".join(names), ",".join(heavy)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def names_in(*folders):
    paths = [module.path.relative_to(ROOT).with_suffix("") for module in modules(*folders)]
    return [".".join(path.parts).removesuffix(".__init__") for path in paths]


def test_a_fresh_interpreter_loads_no_framework():
    names = names_in(*PACKAGES)
    assert "studies.commands.app" in names
    assert loads(names, HEAVY) == []


def test_what_trains_one_model_loads_no_optuna():
    rooms = names_in("objectives/training", "objectives/data", "objectives/preprocessing", "objectives/models")
    names = [name for name in rooms if name != "objectives.training.reporting"]
    assert loads(names, ["optuna"]) == []


def test_a_loaded_package_is_seen():
    assert loads(["json"], ["json"]) == ["json loads json"]
