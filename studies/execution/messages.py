"""What crosses the border between the supervisor and a worker: plain data, no functions, no connections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from storage import StorageLocation
from storage.processes import ProcessIdentity

WorkerExit = Literal[
    "budget reached",
    "closed",
    "too many failures",
    "same error",
    "sampler failed",
    "stopped",
    "recycled",
    "changed",
    "unusable",
    "cannot start",
    "died",
]


@dataclass(frozen=True, kw_only=True)
class WorkerOrder:
    """What one worker is to do. ``worker`` is its name, the same for all processes that fill its slot."""

    slot: int
    worker: str
    device: str
    location: StorageLocation
    study: str
    failed_before: int
    environment: Mapping[str, str]
    log: Path

    @property
    def launch(self) -> str:
        """What the names of all workers of one launch begin with."""
        return self.worker.rpartition("-")[0] or self.worker


@dataclass(frozen=True, kw_only=True)
class WorkerReport:
    """How one worker process ended. ``process`` is None for one that never came to speak."""

    slot: int
    ending: WorkerExit
    process: ProcessIdentity | None
    detail: str = ""
