"""Who may import what: the contracts of pyproject.toml, which `lint-imports` checks without running anything."""

import sys

import importlinter.cli  # noqa: F401  makes it ready; its own function would set up the logging of this process
from helpers.paths import ROOT
from importlinter.application.use_cases import lint_imports


def test_every_contract_is_kept(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    assert lint_imports(config_filename="pyproject.toml", cache_dir=None, no_logo=True)
