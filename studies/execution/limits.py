"""What ends a study, or one trial of it, before its number of trials is reached."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from optuna.trial import FrozenTrial

from storage.attempts import Outcome, times_of
from studies.execution.engines.base import Engine
from studies.execution.outcome import LaunchOutcome, StopReason
from studies.record.closing import closed_for
from studies.record.progress import Progress
from studies.record.stored import StoredStudy
from studies.wording import offered


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
        if progress.none_feasible:
            return StopReason.STALLED, f"none of the {progress.finished} finished trials is feasible"
        return StopReason.STALLED, f"{progress.since_best} trials in a row were no better than the best"
    return None


def ran_out(stored: StoredStudy, progress: Progress, *, is_closed: bool) -> LaunchOutcome:
    """Why the workers of a launch have found no trial any more. ``is_closed``: they say that the study is closed."""
    closed = closed_for(stored.attributes) if is_closed else None
    if closed is not None:
        resume = f"{offered('resume', stored.name)} goes on"
        return LaunchOutcome(ended=StopReason[closed[0]], detail="; ".join(filter(None, [closed[1], resume])))
    # Only a sampler that covers its space ends before the number of trials is there.
    trials = progress.budget.trials
    exhausted = trials is None or progress.finished < trials
    return LaunchOutcome(ended=StopReason.EXHAUSTED if exhausted else StopReason.BUDGET_REACHED)


def failures_warning(progress: Progress, failed_before: int) -> str | None:
    """Tell that trials fail, once half of those have that may; None before, and where it is too late.

    ``failed_before`` had failed before this launch began.
    """
    failed, limit = progress.failed - failed_before, progress.budget.failures
    if not limit / 2 <= failed < limit:
        return None
    return f"{failed} trials have failed for good; after {limit} (budget.failures) the launch ends"


def last_failed(trials: Sequence[FrozenTrial]) -> tuple[int, str]:
    """Return the number of the failed trial that ended last, and why it failed, in a line."""
    last = max(trials, key=lambda trial: times_of(trial).end or datetime.min.replace(tzinfo=UTC))
    return last.number, str(last.user_attrs.get("failure", "failed")).partition("\n")[0]


@dataclass
class TrialLimits:
    """The limits of one attempt at a trial: its time, and the memory of the worker that runs it.

    Time is measured from the first look at the attempt, by the monotonic clock. ``slots`` has the slot of each of
    this supervisor's workers, by name; the trials of others are theirs to judge.
    """

    seconds: float | None
    memory: int | None
    engine: Engine
    slots: Mapping[str, int]
    _first_seen: dict[tuple[int, str], float] = field(default_factory=dict)

    def exceeded(self, progress: Progress) -> Iterator[tuple[int, Outcome, str]]:
        """(slot, outcome, sentence) for each worker whose trial has gone too far."""
        seen = {(running.number, running.since): running for running in progress.workers}
        self._first_seen = {key: self._first_seen.get(key, time.monotonic()) for key in seen}
        for key, running in seen.items():
            slot = self.slots.get(running.worker)
            process = self.engine.process(slot) if slot is not None else None
            # The trial may still be the last process's that the slot held.
            if slot is None or process is None or (process.host, process.pid) != (running.host, running.pid):
                continue
            took = time.monotonic() - self._first_seen[key]
            if self.seconds is not None and took > self.seconds:
                yield slot, "timeout", f"it took longer than its {self.seconds:g} s"
            elif self.memory is not None and (used := self._used(slot, self.memory)) > self.memory:
                limit = f"{self.memory / 2**20:.0f} MiB"
                yield slot, "memory", f"its worker used {used / 2**20:.0f} MiB, the limit is {limit}"

    def _used(self, slot: int, limit: int) -> int:
        return self.engine.memory(slot, beyond=limit) or 0


@dataclass
class Reports:
    """Which workers have reported since their running trial was first seen, and so will hear at their next report."""

    _at_first: dict[tuple[int, str], int] = field(default_factory=dict)
    _workers: frozenset[str] = frozenset()

    def look(self, progress: Progress) -> None:
        """Note who runs what; to be called often."""
        seen = {(running.number, running.since): running for running in progress.workers}
        # What a lost attempt has reported says nothing about this one.
        self._at_first = {key: self._at_first.get(key, running.epochs) for key, running in seen.items()}
        self._workers = frozenset(row.worker for key, row in seen.items() if row.epochs > self._at_first[key])

    def come_from(self, worker: str) -> bool:
        """Whether the worker of that name has reported."""
        return worker in self._workers
