"""What happened to a trial: every attempt at it, by whom, and how it ended. Kept on the trial itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from optuna.storages import BaseStorage

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
    """One worker's go at one trial. Times are UTC in ISO 8601; ``outcome`` is None while it runs."""

    worker: str
    process: ProcessIdentity
    start: str
    end: str | None = None
    outcome: Outcome | None = None
    detail: str = ""

    def ended(self, outcome: Outcome, detail: str = "") -> Attempt:
        """The same attempt, over now."""
        return replace(self, end=now(), outcome=outcome, detail=detail)


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
