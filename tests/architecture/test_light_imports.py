"""What every command imports stays light: the frameworks cost seconds and are loaded where something trains."""

import subprocess
import sys

MODULES = [
    "objectives",
    "storage",
    "studies",
    "studies.execution.worker",
    "studies.execution.launch",
    "studies.commands.app",
]
HEAVY = ["keras", "tensorflow", "plotly", "sklearn", "pyarrow", "PIL"]

PROGRAM = """
import importlib, sys
modules, heavy = sys.argv[1].split(","), sys.argv[2].split(",")
for module in modules:
    importlib.import_module(module)
    for name in [name for name in heavy if name in sys.modules]:
        heavy.remove(name)
        print(f"{module} loads {name}")
"""


def loads(modules, heavy):
    command = [sys.executable, "-I", "-c", PROGRAM, ",".join(modules), ",".join(heavy)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def test_a_fresh_interpreter_loads_no_framework():
    assert loads(MODULES, HEAVY) == []


def test_a_loaded_package_is_seen():
    assert loads(["json"], ["json"]) == ["json loads json"]
