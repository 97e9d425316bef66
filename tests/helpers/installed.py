"""The program as its users have it: a normal install, which does not see the checkout that it was made from."""

from __future__ import annotations

import compileall
import configparser
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import optuna
from helpers.paths import ROOT

# As pip writes it: the path of an interpreter may hold spaces, which a #! line may not.
SCRIPT = """#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
import sys
from {module} import {function}
if __name__ == "__main__":
    sys.exit({function}())
"""


def install(folder: Path) -> Path:
    """Make an environment with the wheel of the checkout and the packages it needs; returns the path of `studyhall`.

    The packages are those of the environment that runs the tests, by a path in a .pth file: an editable install is
    a .pth file too, and those that such a path leads to are not read.
    """
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / "wheel"]
    built = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    environment = folder / "environment"
    venv.EnvBuilder(with_pip=False, symlinks=True).create(environment)
    (packages,) = environment.glob("lib/python*/site-packages")
    (wheel,) = (folder / "wheel").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    compileall.compile_dir(packages, quiet=1)  # as pip does; each process of a test would do it again
    (packages / "needed.pth").write_text(f"{Path(optuna.__file__).parents[1]}\n")
    scripts = configparser.ConfigParser()
    scripts.read(next(packages.glob("studyhall-*.dist-info")) / "entry_points.txt")
    module, function = scripts["console_scripts"]["studyhall"].split(":")
    command = environment / "bin" / "studyhall"
    command.write_text(SCRIPT.format(python=environment / "bin" / "python", module=module, function=function))
    command.chmod(0o755)
    return command
