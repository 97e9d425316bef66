"""How a launch ends: what has ended it, and how long its workers may go on."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from studies.execution.outcome import LaunchOutcome, StopReason

SIGNALS = {
    signal.SIGINT: StopReason.INTERRUPTED,
    signal.SIGTERM: StopReason.TERMINATED,
    signal.SIGHUP: StopReason.HUNG_UP,
}

LAST_SECONDS = 2.0  # from the request to stop after a grace until a worker is killed that reports nothing
_NEVER = float("inf")


@dataclass
class Ending:
    """The end of one launch, in up to three steps: nothing is started any more, workers are stopped, they are killed.

    A grace is in seconds, None without limit.
    """

    outcome: LaunchOutcome | None = None
    stop_at: float = _NEVER
    kill_at: float = _NEVER

    @property
    def has_begun(self) -> bool:
        """Whether nothing is to be started any more."""
        return self.outcome is not None

    def let_finish(self, outcome: LaunchOutcome, grace: float | None) -> None:
        """Let running trials come to their end, if they do within the grace."""
        if self.outcome is None:
            self.outcome = outcome
            self.stop_at = _NEVER if grace is None else time.monotonic() + grace
            self.kill_at = self.stop_at + LAST_SECONDS

    def hand_back(self, outcome: LaunchOutcome, grace: float | None) -> None:
        """Have running trials requeued at their next report; what reports nothing within the grace is late.

        It hastens an end that has begun otherwise.
        """
        if self.outcome is None or not self.is_stopping:
            self.outcome = outcome
            self.stop_at = time.monotonic()
            self.kill_at = _NEVER if grace is None else self.stop_at + max(grace, LAST_SECONDS)

    @property
    def is_stopping(self) -> bool:
        """Whether workers are to stop now."""
        return time.monotonic() >= self.stop_at

    @property
    def is_killing(self) -> bool:
        """Whether workers that hear nothing are to be killed now."""
        return time.monotonic() >= self.kill_at


@contextmanager
def collected_signals() -> Iterator[list[signal.Signals]]:
    """The signals that ask for an end. Collected also where SIGINT was ignored at the start (a shell's background job).

    Python gives them to the main thread alone: in another thread (a notebook's) there are none.
    """
    signals: list[signal.Signals] = []
    if threading.current_thread() is not threading.main_thread():
        yield signals
        return

    def note(number: int, _: FrameType | None) -> None:
        signals.append(signal.Signals(number))

    before = {number: signal.signal(number, note) for number in SIGNALS}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
