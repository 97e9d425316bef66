"""stop: what ends a study that runs, from any terminal."""

from __future__ import annotations

from dataclasses import dataclass

from storage import StorageLocation
from studies.api.places import Storage, find
from studies.record.sessions import live_sessions, request_stop


@dataclass(frozen=True, kw_only=True)
class StopRequest:
    """Who was asked to stop."""

    sessions: int
    workers: int
    location: StorageLocation


def stop(name: str, *, storage: Storage | None = None) -> StopRequest:
    """Ask all workers of a study, wherever they run, to stop at the end of their epoch and requeue their trials.

    Raises:
        StudyNotFound: there is no such study.
        StorageError: the storage cannot be used.
    """
    stored = find(name, storage)
    sessions = live_sessions(stored.attributes)
    if sessions:
        request_stop(stored.storage, stored.study_id)
    workers = sum(session.workers for session in sessions.values())
    return StopRequest(sessions=len(sessions), workers=workers, location=stored.location)
