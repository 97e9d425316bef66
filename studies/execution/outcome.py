"""How a launch can end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class StopReason(Enum):
    """Why a launch ended."""

    BUDGET_REACHED = "the budget is reached"
    EXHAUSTED = "every point was tried"
    STOPPED = "stopped on request"
    TIME_OVER = "the time is over"
    TARGET_REACHED = "the target is reached"
    STALLED = "nothing improves any more"
    INTERRUPTED = "interrupted"
    TERMINATED = "terminated"
    HUNG_UP = "its terminal is gone"
    TOO_MANY_FAILURES = "too many trials failed"
    UNUSABLE = "the objective cannot run"
    GIVEN_UP = "every worker was given up"


@dataclass(frozen=True, kw_only=True)
class LaunchOutcome:
    """How a launch ended, with a sentence where there is more to say."""

    ended: StopReason
    detail: str = ""
