"""What ends a study, or one trial of it, before its number of trials is reached."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import psutil

from storage.attempts import Outcome
from studies.execution.outcome import StopReason
from studies.record.progress import Progress


def study_over(progress: Progress) -> tuple[StopReason, str] | None:
    """Whether time, lost patience or the target ends the study now, and a sentence with the figures."""
    budget, best = progress.budget, progress.best
    if budget.seconds is not None and progress.seconds >= budget.seconds:
        return StopReason.TIME_OVER, ""
    if budget.target is not None and best is not None and best.value is not None:
        reached = best.value >= budget.target if progress.directions[0] == "maximize" else best.value <= budget.target
        if reached:
            return (
                StopReason.TARGET_REACHED,
                f"trial {best.number} has {best.value:.6g}, the target is {budget.target:g}",
            )
    if budget.patience is not None and progress.since_best >= budget.patience:
        return StopReason.STALLED, f"{progress.since_best} trials in a row were no better than the best"
    return None


@dataclass
class TrialLimits:
    """The limits of one attempt at a trial: its time, and the memory of the worker that runs it.

    Time is measured from the first look at the attempt, by the monotonic clock. ``pid_of`` gives the process of
    one of this supervisor's workers; those of others are theirs to judge.
    """

    seconds: float | None
    memory: int | None
    pid_of: Callable[[str], int | None]
    _first_seen: dict[tuple[int, str], float] = field(default_factory=dict)

    def exceeded(self, progress: Progress) -> Iterator[tuple[str, Outcome, str]]:
        """(worker, outcome, sentence) for each worker whose trial has gone too far."""
        seen = {(running.number, running.since): running for running in progress.workers}
        self._first_seen = {key: self._first_seen.get(key, time.monotonic()) for key in seen}
        for key, running in seen.items():
            pid = self.pid_of(running.worker)
            if pid is None or pid != running.pid:
                continue
            took = time.monotonic() - self._first_seen[key]
            if self.seconds is not None and took > self.seconds:
                yield running.worker, "timeout", f"it took longer than its {self.seconds:g} s"
            elif self.memory is not None and (used := memory_of(pid)) > self.memory:
                limit = f"{self.memory / 2**20:.0f} MiB"
                yield running.worker, "memory", f"its worker used {used / 2**20:.0f} MiB, the limit is {limit}"


def memory_of(pid: int) -> int:
    """Bytes that a process and its children hold in memory; 0 when it is gone."""
    try:
        process = psutil.Process(pid)
        return int(sum(one.memory_info().rss for one in (process, *process.children(recursive=True))))
    except psutil.NoSuchProcess:
        return 0
