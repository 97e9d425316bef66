"""The best trials of a study, chosen as Optuna's `best_trial` and `best_trials` choose: feasible ones alone."""

from __future__ import annotations

from collections.abc import Sequence

from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from storage.attempts import attempts_of, times_of
from storage.claims import FINISHED


def is_feasible(trial: FrozenTrial) -> bool:
    """Whether each constraint that the trial has set is at most 0; so it is without constraints."""
    return all(value <= 0 for value in trial.constraints.values())


def best_trial(trials: Sequence[FrozenTrial], direction: StudyDirection) -> FrozenTrial | None:
    """The feasible COMPLETE trial with the best value, the earliest among equals; None when there is none."""
    sign = -1.0 if direction is StudyDirection.MAXIMIZE else 1.0

    def rank(trial: FrozenTrial) -> float:
        return sign * (trial.value or 0.0)

    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE and trial.value is not None]
    best = min(complete, key=rank, default=None)
    # As Optuna has it, the best of all stays where a constraint of it is NaN.
    if best is not None and any(value > 0 for value in best.constraints.values()):
        return min(filter(is_feasible, complete), key=rank, default=None)
    return best


def finished_after(trials: Sequence[FrozenTrial], best: FrozenTrial | None) -> int:
    """How many finished trials ended after the best one; all of them when there is none.

    The count of finished trials that the best one has noted decides, not a clock, which may have been set back. One of
    stock Optuna has noted none, so that there the times decide.
    """
    finished = [trial for trial in trials if trial.state in FINISHED]
    if best is None:
        return len(finished)
    attempts = attempts_of(best.system_attrs)
    if attempts and attempts[-1].finished is not None:
        return len(finished) - attempts[-1].finished
    moment = times_of(best).end
    return sum(end > moment for trial in finished if (end := times_of(trial).end) is not None) if moment else 0
