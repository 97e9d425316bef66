"""What samplers learn from, beyond what is in the record: that a trial diverged."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from storage.attempts import attempts_of


def with_diverged(trials: Sequence[FrozenTrial], directions: Sequence[StudyDirection]) -> list[FrozenTrial]:
    """The trials as a sampler is to see them: one that diverged is COMPLETE, with the worst value there is.

    Samplers see no FAIL, and would suggest the same region again and again. The worst value seen so far (of each
    direction) says that it is bad without saying how bad, which nobody knows; it keeps every sampler's scale.
    Without a COMPLETE trial there is no such value, and nothing is added.
    """
    diverged = {trial.number for trial in trials if _diverged(trial)}
    complete = [trial.values for trial in trials if trial.state is TrialState.COMPLETE] if diverged else []
    if not complete:
        return list(trials)
    worst = [
        (max if direction is StudyDirection.MINIMIZE else min)(column)
        for direction, column in zip(directions, zip(*complete, strict=True), strict=True)
    ]
    return [_as_complete(trial, worst) if trial.number in diverged else trial for trial in trials]


def _diverged(trial: FrozenTrial) -> bool:
    if trial.state is not TrialState.FAIL:
        return False
    attempts = attempts_of(trial.system_attrs)
    return bool(attempts) and attempts[-1].outcome == "divergence"


def _as_complete(trial: FrozenTrial, values: Sequence[float]) -> FrozenTrial:
    seen = copy.copy(trial)
    seen.state = TrialState.COMPLETE
    seen.values = list(values)
    return seen
