"""The contract of a place where workers can run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from objectives.training.task import Task
from storage.processes import ProcessIdentity
from studies.execution.devices import Slot, SlotRequest
from studies.execution.messages import WorkerOrder, WorkerReport


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What all workers of one launch have in common, known before the first of them starts."""

    frameworks: Sequence[str] = ()
    """What every worker is going to import and takes seconds; an engine may import it once for all."""
    task: Task | None = None
    """Whose data every worker is going to load; an engine may load them once for all."""
    environment: Mapping[str, str]
    """Variables that have to be there before anything is imported."""
    log: Path
    """Where to write what is printed before a worker has a log of its own."""
    grace_seconds: float | None = None
    """How long workers may go on when their supervisor is gone; None: until their next report, whenever that is."""


class Engine(ABC):
    """Runs orders, and reports how each ended. Slots are numbered; a slot holds one worker at a time.

    A worker sets ``order.environment``, writes to ``order.log``, hears no signal of the terminal, and calls
    ``studies.execution.worker.work(order, interruption)``; what that returns is its report. ``interruption()`` returns
    None, or a reason to stop: after ``stop``, and once the process that has the engine is gone. Whatever a worker has
    started ends with it, however it ends, and before its report comes. One engine serves one launch.
    ``tests/contracts/engine.py`` holds the contract's tests, to be subclassed.
    """

    @abstractmethod
    def __init__(self, preparation: Preparation) -> None:
        """Nothing has to run yet: the first ``start`` may be what takes long."""

    @classmethod
    @abstractmethod
    def find_slots(cls, request: SlotRequest) -> list[Slot]:
        """The places of the workers that a launch asks for.

        Raises:
            DeviceError: a device that is not there, or more workers than there is room for.
        """

    @abstractmethod
    def start(self, order: WorkerOrder) -> None:
        """Start a worker in the order's slot, which must be empty. Why one cannot start is reported."""

    @abstractmethod
    def poll(self, seconds: float) -> list[WorkerReport]:
        """Wait up to ``seconds`` for workers to end; returns one report for each that has, and empties its slot."""

    @abstractmethod
    def running(self) -> set[int]:
        """The slots that hold a worker."""

    @abstractmethod
    def process(self, slot: int) -> ProcessIdentity | None:
        """The process of the slot's worker; None for an empty slot, and where nobody knows (yet)."""

    @abstractmethod
    def memory(self, slot: int, *, beyond: int = 0) -> int | None:
        """Bytes of memory that the slot's worker and its children hold; None where it cannot be measured.

        Args:
            beyond: where they are no more than this, a number between them and it will do.
        """

    @abstractmethod
    def stop(self, slot: int) -> None:
        """Ask the worker to stop at its next report. Harmless for an empty slot."""

    @abstractmethod
    def kill(self, slot: int) -> None:
        """End the worker at once. Its report follows from ``poll``. Harmless for an empty slot."""

    @abstractmethod
    def close(self) -> None:
        """End whatever still runs and give everything back."""
