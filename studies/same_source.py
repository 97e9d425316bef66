"""Whether a study's objective is still the one that its first trials were evaluated with."""

from __future__ import annotations

import difflib
import shlex
from itertools import islice

from objectives.catalogue import BUILT_IN
from objectives.source import source
from studies.stored import StoredStudy, StudyFault

_KEY = "studyhall:source"
_SHOWN_LINES = 30


def check_source(stored: StoredStudy, *, accept: bool) -> None:
    """Keep the objective's source with a study that has none yet, and refuse another one.

    With ``accept`` the source of today becomes the study's. Built-in objectives change with studyhall itself and
    are not compared.

    Raises:
        StudyFault: the file differs; the sentence shows how.
        ReferenceFault: the file is gone.
    """
    spec = stored.required_spec()
    if spec.objective in BUILT_IN:
        return
    text, digest = source(spec.objective)
    with stored.storage.transaction():
        kept = stored.attributes.get(_KEY)
        if kept is None or accept:
            stored.storage.set_study_system_attr(stored.study_id, _KEY, {"sha256": digest, "text": text})
            return
    if kept["sha256"] == digest:
        return
    lines = difflib.unified_diff(
        kept["text"].splitlines(), text.splitlines(), "as the study began", "as it is now", lineterm="", n=1
    )
    shown = "\n  ".join(islice(lines, _SHOWN_LINES))
    raise StudyFault(
        f"{spec.objective} has changed since study {stored.name!r} began, so old and new trials would not compare:\n"
        f"  {shown}\n`studyhall resume {shlex.quote(stored.name)} --accept-changes` goes on with the new one; "
        "`studyhall launch ... --name NEW` starts another study"
    )


def source_digest(stored: StoredStudy) -> str | None:
    """The SHA-256 of the source that the study accepts now; None for built-in objectives."""
    kept = stored.attributes.get(_KEY)
    return None if kept is None else str(kept["sha256"])
