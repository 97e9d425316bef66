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
from storage.rdb import SharedStorage

KEY = "studyhall:attempts"
GIVEN_KEY = "studyhall:given"
"""The names of the user attributes that a trial had before its first attempt."""

MAX_EXCEPTIONS = 3  # attempts that end in an exception before a trial fails
MAX_DEATHS = 5  # workers a trial may take with it before it fails
HANDFUL = 5  # attempts of one launch that all end in the same mistake, before it is certain
HEARTBEAT_SECONDS = 120  # twice the interval of Optuna's own example, which is the grace that it would give

_OPEN = '"outcome": null'  # of an attempt that has not ended; inside a text of the JSON the quotes are escaped

Outcome = Literal[
    "complete",
    "pruned",
    "exception",
    "divergence",
    "bad value",
    "timeout",
    "memory",
    "interrupted",
    "refused",
    "death",
]

_FINAL = {"divergence", "bad value", "timeout", "memory"}  # trying again would end the same way


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One worker's go at one trial. Times are UTC in ISO 8601; ``outcome`` is None while it runs.

    Attributes:
        cause: a mistake of the objective and its place, without anything that differs from trial to trial.
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
    cause: str = ""
    clock: float | None = None
    seconds: float | None = None
    finished: int | None = None

    @classmethod
    def begun(cls, worker: str, process: ProcessIdentity) -> Attempt:
        """One that begins now, on this machine."""
        return cls(worker=worker, process=process, start=now(), clock=time.monotonic())

    def ended(self, outcome: Outcome, detail: str = "", *, cause: str = "", finished: int | None = None) -> Attempt:
        """The same attempt, over now."""
        is_same_clock = self.process.boot == ProcessIdentity.current().boot
        seconds = time.monotonic() - self.clock if self.clock is not None and is_same_clock else None
        return replace(self, end=now(), outcome=outcome, detail=detail, cause=cause, seconds=seconds, finished=finished)

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
    ``MAX_DEATHS`` workers is not given a sixth. An interruption counts for nothing, nor does an attempt that was
    refused, which ends the launch.
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


def unowned(storage: SharedStorage, study_id: int) -> dict[int, int]:
    """The numbers, by id, of the RUNNING trials that nobody can be shown to hold: asked and never told elsewhere.

    A worker of ours leaves an attempt on its trial, a stock Optuna worker with `heartbeat_interval` a heartbeat. Of
    any other nobody can say whether somebody still works on it.
    """
    return storage.running_unowned(study_id, KEY, _OPEN, HEARTBEAT_SECONDS)


@dataclass(frozen=True, kw_only=True)
class SameError:
    """What all ended attempts of one launch have in common. ``trials`` are the ids of the trials they were made at."""

    trials: frozenset[int]
    count: int
    running: int
    """Attempts that have not ended, and may yet show that it works."""
    last: Attempt

    @property
    def is_certain(self) -> bool:
        """Whether it has been seen often enough."""
        return self.count >= HANDFUL


def session_of(worker: str) -> str:
    """The launch that a worker of that name belongs to."""
    return worker.rpartition("-")[0] or worker


def same_error(storage: SharedStorage, study_id: int, worker: str) -> SameError | None:
    """What every attempt of this worker's launch came to, if that is one and the same mistake.

    Interruptions say nothing. Attempts of earlier launches do not count: the mistake may be mended since.
    """
    session = session_of(worker)
    rows = storage.attribute_of_trials(study_id, KEY, f'"worker": "{session}')
    made = {
        trial_id: [attempt for attempt in attempts_of({KEY: attempts}) if session_of(attempt.worker) == session]
        for trial_id, attempts in rows.items()
    }
    attempts = [attempt for each in made.values() for attempt in each if attempt.outcome != "interrupted"]
    ended = [attempt for attempt in attempts if attempt.outcome is not None]
    causes = {attempt.cause for attempt in ended}
    if len(causes) != 1 or "" in causes:
        return None
    return SameError(
        trials=frozenset(trial_id for trial_id, each in made.items() if each),
        count=len(ended),
        running=len(attempts) - len(ended),
        last=max(ended, key=lambda attempt: attempt.end or ""),
    )
