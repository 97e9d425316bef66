"""What an objective is, and what it may ask of its trial."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import optuna


class Objective(Protocol):
    """Anything that turns a trial into one number, or one a direction. Every Optuna objective fits."""

    def __call__(self, trial: optuna.Trial, /) -> float | Sequence[float]:
        """Return the value of the trial; raise `optuna.TrialPruned` where it is not worth going on."""


class Checkpoint(Protocol):
    """What outlives the worker of a trial: `trial.checkpoint`, which trials of plain Optuna do not have.

    Any objective may use it: what it saved is there again when the trial is handed to another worker, and
    deleted when the trial is over. An attempt that loads something goes on from there, so the earlier reports stay.
    One that loads nothing, or discards it, starts from nothing, and what earlier attempts reported and set goes.
    """

    def load(self) -> bytes | None:
        """Return what was last saved; None when there is nothing, or it is damaged."""

    def save(self, state: bytes, /) -> bool:
        """Replace what was saved, in one step; return False where the disk did not take it, and raise nothing."""

    def discard(self) -> None:
        """Delete what was saved, because this attempt cannot go on from it."""
