"""The contract of a place where workers can run."""

from __future__ import annotations

from typing import Protocol

from studies.execution.messages import WorkerOrder, WorkerReport


class Engine(Protocol):
    """Runs orders, and tells how each ended. Slots are numbered; a slot holds one worker at a time."""

    def start(self, order: WorkerOrder) -> None:
        """Start a worker in the order's slot, which must be empty."""

    def poll(self, seconds: float) -> list[WorkerReport]:
        """Wait up to ``seconds`` for workers to end; returns one report for each that has."""

    def running(self) -> set[int]:
        """The slots that hold a worker."""

    def pid(self, slot: int) -> int | None:
        """The process of the slot's worker on this machine; None when it is elsewhere or has ended."""

    def stop(self, slot: int) -> None:
        """Ask the worker to stop at its next report. Harmless when it has ended."""

    def kill(self, slot: int) -> None:
        """End the worker at once. Its report follows from ``poll``."""

    def close(self) -> None:
        """End whatever still runs and give everything back."""
