"""A slot of one launch, and the story of the worker processes that have filled it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from studies.execution.messages import WorkerOrder

MAX_DEATHS_IN_A_ROW = 10
LONGEST_BACK_OFF_SECONDS = 10.0


@dataclass
class SlotState:
    """What is known of one slot. ``over`` means that nothing is started in it any more."""

    order: WorkerOrder
    deaths_in_a_row: int = 0
    finished_before: int = 0
    start_at: float = 0.0
    over: bool = False

    @property
    def worker(self) -> str:
        """The name of the slot's worker, the same for all processes that fill it."""
        return self.order.worker

    def is_due(self) -> bool:
        """Whether a process may be started in it now, if it holds none."""
        return not self.over and time.monotonic() >= self.start_at

    def back_off(self, finished: int) -> bool:
        """Wait before it is filled again: not at all after a first death, ever longer after several in a row.

        Args:
            finished: how many trials its worker has finished until now; one more since the last death ends the row.

        Returns:
            Whether it is given up, after ``MAX_DEATHS_IN_A_ROW``.
        """
        self.deaths_in_a_row = 1 if finished > self.finished_before else self.deaths_in_a_row + 1
        self.finished_before = finished
        seconds = 0.1 * (2 ** (self.deaths_in_a_row - 1) - 1)
        self.start_at = time.monotonic() + min(LONGEST_BACK_OFF_SECONDS, seconds)
        self.over = self.deaths_in_a_row >= MAX_DEATHS_IN_A_ROW
        return self.over
