"""A study that was ended for all its workers: those that run a trial finish it, and nobody starts another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storage.attempts import now
from storage.claims import CLOSED_KEY
from studies.record.stored import StoredStudy


def close(stored: StoredStudy, reason: str, detail: str = "") -> None:
    """Let nobody claim a trial any more, in any launch, until ``reopen``. The first reason stays."""
    with stored.storage.transaction():
        if closed_for(stored.attributes) is None:
            row = {"reason": reason, "detail": detail, "at": now()}
            stored.storage.set_study_system_attr(stored.study_id, CLOSED_KEY, row)


def reopen(stored: StoredStudy) -> None:
    """Let trials be claimed again, because a user wants the study to go on."""
    if closed_for(stored.attributes) is not None:
        stored.storage.set_study_system_attr(stored.study_id, CLOSED_KEY, None)


def closed_for(attributes: Mapping[str, Any]) -> tuple[str, str] | None:
    """Why a study with these system attributes is closed, and the sentence to it; None where it is not."""
    closed = attributes.get(CLOSED_KEY)
    return None if closed is None else (closed["reason"], closed["detail"])
