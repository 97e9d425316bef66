"""RUNNING trials of a study that nobody can be shown to hold: told, and settled as the user decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from objectives.wording import quoted
from storage.attempts import unowned
from storage.maintenance.unowned import DECISIONS, Decision
from storage.maintenance.unowned import settle_unowned as settle
from studies.errors import StudyError
from studies.record.stored import StoredStudy

_NAMED = 10


def check_decision(decision: str | None) -> None:
    """Refuse what is none.

    Raises:
        StudyError: names those there are.
    """
    if decision is not None and decision not in DECISIONS:
        raise StudyError(f"unowned: found {quoted(decision)}", hint=f"allowed: {', '.join(DECISIONS)}")


def settle_unowned(stored: StoredStudy, decision: str) -> str | None:
    """Do with these trials what was decided; returns a sentence about it, None where there are none."""
    numbers = settle(stored.storage, stored.study_id, cast(Decision, decision))
    became = "wait for a worker again" if decision == "requeue" else "have failed"
    return f"RUNNING trials that nobody held {became}: {_listed(numbers)}" if numbers else None


def unowned_sentence(stored: StoredStudy) -> str | None:
    """A sentence about these trials, and how they are settled; None where there are none."""
    numbers = list(unowned(stored.storage, stored.study_id).values())
    if not numbers:
        return None
    are = "trial is RUNNING and nobody holds it" if len(numbers) == 1 else "trials are RUNNING and nobody holds them"
    return (
        f"{len(numbers)} {are} ({_listed(numbers)}): not counted and not waited for; "
        "`--unowned requeue` runs such trials again, `--unowned fail` ends them"
    )


def _listed(numbers: Sequence[int]) -> str:
    more = f" and {len(numbers) - _NAMED} more" if len(numbers) > _NAMED else ""
    return ", ".join(map(str, numbers[:_NAMED])) + more
