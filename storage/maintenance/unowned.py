"""What becomes of RUNNING trials that nobody can be shown to hold, where a user decides it."""

from __future__ import annotations

from typing import Literal, get_args

from optuna.trial import TrialState

from storage.attempts import unowned
from storage.rdb import SharedStorage

Decision = Literal["requeue", "fail"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)


def settle_unowned(storage: SharedStorage, study_id: int, decision: Decision) -> list[int]:
    """Let them wait for a worker again, or fail; returns their numbers. One transaction finds and settles them."""
    with storage.transaction():
        found = unowned(storage, study_id)
        for trial_id in found:
            if decision == "requeue":
                storage.set_trial_state_values(trial_id, TrialState.WAITING)
                continue
            storage.set_trial_user_attr(trial_id, "failure", "nobody held it, and `--unowned fail` was asked for")
            storage.set_trial_state_values(trial_id, TrialState.FAIL)
    storage.persist()
    return list(found.values())
