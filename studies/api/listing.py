"""list: all studies of a storage, of which no more is read than their names and counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from optuna.trial import TrialState

from storage import open_storage
from storage.claims import FINISHED, Budget
from studies.api.places import Storage, locate


@dataclass(frozen=True, kw_only=True)
class StudySummary:
    """A study in one line. ``trials`` is what its budget asks for."""

    name: str
    directions: Sequence[str]
    finished: int
    trials: int | None
    running: int
    waiting: int
    failed: int


def list_studies(*, storage: Storage | None = None) -> list[StudySummary]:
    """All studies in the storage.

    Raises:
        StorageMissing: there is no storage at that place yet.
        StorageError: it cannot be used.
    """
    opened = open_storage(locate(storage))
    rows = []
    for frozen in opened.get_all_studies():
        study_id = opened.get_study_id_from_name(frozen.study_name)
        counts = opened.count_states(study_id)
        rows.append(
            StudySummary(
                name=frozen.study_name,
                directions=[direction.name.lower() for direction in frozen.directions],
                finished=sum(counts[state] for state in FINISHED),
                trials=Budget.of(opened, study_id).trials,
                running=counts[TrialState.RUNNING],
                waiting=counts[TrialState.WAITING],
                failed=counts[TrialState.FAIL],
            )
        )
    return rows
