"""What happened to a trial: every attempt at it, by whom, and how it ended. Kept on the trial itself."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from storage.processes import ProcessIdentity

KEY = "studyhall:attempts"

MAX_EXCEPTIONS = 3  # attempts that end in an exception before a trial fails
MAX_DEATHS = 5  # workers a trial may take with it before it fails

Outcome = Literal[
    "complete", "pruned", "exception", "divergence", "bad value", "timeout", "memory", "interrupted", "death"
]

_FINAL = {"divergence", "bad value", "timeout", "memory"}  # trying again would end the same way


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One worker's go at one trial. Times are UTC in ISO 8601; ``outcome`` is None while it runs.

    Attributes:
        clock: the monotonic clock of the worker's machine at the start, in seconds since an unknown moment.
        seconds: how long it took by that clock; None while it runs, and where the machine was started anew meanwhile.
        finished: how many trials of the study were finished with this one, if it ended with a result. It orders them
            whatever the clocks of the machines say.
    """

    worker: str
    process: ProcessIdentity
    start: str
    end: str | None = None
    outcome: Outcome | None = None
    detail: str = ""
    clock: float | None = None
    seconds: float | None = None
    finished: int | None = None

    @classmethod
    def begun(cls, worker: str, process: ProcessIdentity) -> Attempt:
        """One that begins now, on this machine."""
        return cls(worker=worker, process=process, start=now(), clock=time.monotonic())

    def ended(self, outcome: Outcome, detail: str = "", *, finished: int | None = None) -> Attempt:
        """The same attempt, over now."""
        is_same_clock = self.process.boot == ProcessIdentity.current().boot
        seconds = time.monotonic() - self.clock if self.clock is not None and is_same_clock else None
        return replace(self, end=now(), outcome=outcome, detail=detail, seconds=seconds, finished=finished)

    def to_json(self) -> dict[str, Any]:
        """The stable keys of an attempt in ``show --json``."""
        return {key: value for key, value in asdict(self).items() if key != "clock"}


@dataclass(frozen=True, kw_only=True)
class Times:
    """When the last attempt at a trial began, in UTC; when it ended the trial, and after how many seconds."""

    start: datetime | None
    end: datetime | None
    seconds: float | None


def now() -> str:
    """This moment in UTC, ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def attempts_of(system_attrs: Mapping[str, Any]) -> list[Attempt]:
    """The attempts in a trial's system attributes, oldest first."""
    return [
        Attempt(**{**row, "process": ProcessIdentity.from_json(row["process"])}) for row in system_attrs.get(KEY, [])
    ]


def to_json(attempts: Sequence[Attempt]) -> list[dict[str, Any]]:
    """Plain data, the inverse of ``attempts_of``."""
    return [asdict(attempt) for attempt in attempts]


def times_of(trial: FrozenTrial) -> Times:
    """The times of a trial: those of our attempt at it, else Optuna's, which are local and do not say of which zone."""
    rows, is_over = attempts_of(trial.system_attrs), trial.state.is_finished()
    if not rows or (is_over and not _has_ended(trial.state, rows[-1])):
        start, end = (moment and moment.astimezone(UTC) for moment in (trial.datetime_start, trial.datetime_complete))
        return Times(start=start, end=end, seconds=(end - start).total_seconds() if start and end else None)
    start = datetime.fromisoformat(rows[-1].start)
    if not is_over or rows[-1].end is None:
        return Times(start=start, end=None, seconds=None)
    end, seconds = datetime.fromisoformat(rows[-1].end), rows[-1].seconds
    # Attempts of older versions have noted no length.
    return Times(start=start, end=end, seconds=(end - start).total_seconds() if seconds is None else seconds)


def _has_ended(state: TrialState, last: Attempt) -> bool:
    """Whether a finished trial was ended by this attempt, and not by stock Optuna after it."""
    return last.end is not None and (state is TrialState.FAIL or last.outcome in ("complete", "pruned"))


def record(storage: BaseStorage, trial_id: int, attempts: Sequence[Attempt]) -> None:
    """Write all attempts of an unfinished trial."""
    storage.set_trial_system_attr(trial_id, KEY, to_json(attempts))


def failure_reason(attempts: Sequence[Attempt]) -> str | None:
    """Why a trial with these attempts must fail now; None when it may be tried again.

    A death by a signal uses up none of the attempts that exceptions do, but a trial that has killed
    ``MAX_DEATHS`` workers is not given a sixth. An interruption counts for nothing.
    """
    outcomes = [attempt.outcome for attempt in attempts]
    last = attempts[-1]
    if last.outcome in _FINAL:
        return f"{last.outcome}: {last.detail}"
    if outcomes.count("exception") >= MAX_EXCEPTIONS:
        return f"{MAX_EXCEPTIONS} attempts ended in an exception, the last: {last.detail}"
    if outcomes.count("death") >= MAX_DEATHS:
        return f"it took {MAX_DEATHS} workers with it, the last: {last.detail}"
    return None
