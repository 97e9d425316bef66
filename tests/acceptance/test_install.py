"""A normal install: whole, and by itself."""

from __future__ import annotations

import subprocess

from helpers.paths import ROOT

PACKAGES = ("objectives", "storage", "studies")


def files_below(folder):
    paths = (path.relative_to(folder) for package in PACKAGES for path in (folder / package).rglob("*"))
    return {path for path in paths if path.suffix not in ("", ".pyc")}


def test_everything_is_installed(installed_command):
    (packages,) = installed_command.parents[1].glob("lib/python*/site-packages")
    assert len(files_below(ROOT)) > 100
    assert files_below(packages) == files_below(ROOT)


def test_it_does_not_see_the_checkout(installed_command, tmp_path):
    command = [installed_command.with_name("python"), "-c", "import sys, studies; print(*sys.path, studies.__file__)"]
    paths = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert str(installed_command.parents[1]) in paths
    assert str(ROOT / "studies") not in paths
    assert f"{ROOT} " not in paths
