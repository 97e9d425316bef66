"""Whether a study's objective and data are still those that its first trials were evaluated with."""

from __future__ import annotations

import difflib
import shlex
from itertools import islice

from studies.errors import StudyError
from studies.record.stored import StoredStudy
from studies.spec.resolving import resolve

_KEY = "studyhall:source"
_SHOWN_LINES = 30


def check_source(stored: StoredStudy, *, accept: bool) -> None:
    """Keep what the study is made from with one that has noted nothing yet, and refuse something else.

    That is the source of an objective of the user's own, or the file or folder that a built-in one reads; the built-in
    ones themselves and the data sets with a name are not compared. With ``accept`` that of today becomes the study's.

    Raises:
        StudyError: it differs; the sentence shows how.
        ObjectiveError: the objective's file is gone.
    """
    spec = stored.required_spec()
    now = resolve(spec.objective).fingerprint(spec)
    if now is None:
        return
    with stored.storage.transaction():
        kept = stored.attributes.get(_KEY)
        differs = kept is not None and kept["sha256"] != now.sha256
        if kept is None or (differs and accept):
            stored.storage.set_study_system_attr(stored.study_id, _KEY, {"sha256": now.sha256, "text": now.text})
            if differs:
                stored.note_change()
            return
    if differs:
        raise StudyError(
            f"{now.what} has changed since study {stored.name!r} began, so old and new trials would not compare:\n"
            f"{_difference(kept['text'], now.text)}"
            f"`studyhall resume {shlex.quote(stored.name)} --accept-changes` goes on with the new one; "
            "`studyhall launch ... --name NEW` starts another study"
        )


def _difference(before: str, now: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(), now.splitlines(), "as the study began", "as it is now", lineterm="", n=1
    )
    return "".join(f"  {line}\n" for line in islice(lines, _SHOWN_LINES)) or "  its content is another\n"


def source_digest(stored: StoredStudy) -> str | None:
    """The SHA-256 of the objective's source or of the data that the study accepts now; None where it has none."""
    kept = stored.attributes.get(_KEY)
    return None if kept is None else str(kept["sha256"])
