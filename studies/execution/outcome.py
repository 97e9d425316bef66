"""How a launch can end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from optuna.trial import TrialState

from studies.record.budget import finished_trials
from studies.record.stored import StoredStudy


class StopReason(Enum):
    """Why a launch ended."""

    BUDGET_REACHED = "the budget is reached"
    EXHAUSTED = "every point was tried"
    STOPPED = "stopped on request"
    STOPPED_BY_OBJECTIVE = "stopped by its objective"
    TIME_OVER = "the time is over"
    TARGET_REACHED = "the target is reached"
    STALLED = "nothing improves any more"
    INTERRUPTED = "interrupted"
    TERMINATED = "terminated"
    HUNG_UP = "its terminal is gone"
    TOO_MANY_FAILURES = "too many trials failed"
    SAME_ERROR = "every attempt fails in the same way"
    SAMPLER_FAILED = "the sampler cannot go on"
    CHANGED = "what it is made from has changed"
    UNUSABLE = "the objective cannot run"
    GIVEN_UP = "every worker was given up"
    CANNOT_START = "no worker can start"


@dataclass(frozen=True, kw_only=True)
class LaunchOutcome:
    """How a launch ended, with a sentence where there is more to say."""

    ended: StopReason
    detail: str = ""


_FAULTS = {
    StopReason.TOO_MANY_FAILURES,
    StopReason.SAME_ERROR,
    StopReason.SAMPLER_FAILED,
    StopReason.UNUSABLE,
    StopReason.GIVEN_UP,
    StopReason.CANNOT_START,
}
SIGNALLED = {StopReason.INTERRUPTED: 130, StopReason.TERMINATED: 143, StopReason.HUNG_UP: 129}  # 128 + the signal
# As a resume exits, which refuses for the same reason.
_REFUSED = {StopReason.CHANGED: 2}


def exit_code(stored: StoredStudy, outcome: LaunchOutcome) -> int:
    """What a process exits with after that launch: not 0 either where every trial has failed."""
    if (code := {**SIGNALLED, **_REFUSED}.get(outcome.ended)) is not None:
        return code
    failed = stored.storage.count_states(stored.study_id)[TrialState.FAIL]
    return int(outcome.ended in _FAULTS or (failed > 0 and finished_trials(stored) == 0))
