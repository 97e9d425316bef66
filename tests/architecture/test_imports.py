"""Who may import what: the contracts of pyproject.toml, which `lint-imports` checks without running anything."""

import sys

from helpers.paths import ROOT
from importlinter.cli import lint_imports


def test_every_contract_is_kept(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "path", [*sys.path])  # lint_imports puts the folder in front
    assert lint_imports(no_cache=True, no_logo=True) == 0
