"""Waiting for other processes, with a deadline against hangs that no test passes or fails by on a slow machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 1800.0  # seconds
_Said = TypeVar("_Said")


def eventually(condition: Callable[[], _Said]) -> _Said:
    """Wait until the condition holds; returns what it says then."""
    deadline = time.monotonic() + PATIENCE
    while not (said := condition()):
        assert time.monotonic() < deadline, f"still not so after {PATIENCE:g} s"
        time.sleep(0.02)
    return said
