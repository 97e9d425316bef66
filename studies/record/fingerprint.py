"""Whether a study's objective and data are still those that its first trials were evaluated with."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from objectives.wording import quoted
from studies.errors import SourceChanged, StudyError
from studies.record.creation import never_began
from studies.record.sessions import live_sessions
from studies.record.stored import StoredStudy
from studies.spec.objective import Fingerprint
from studies.spec.resolving import resolve
from studies.wording import offered

_KEY = "studyhall:source"
_SHOWN_LINES = 30


def check_source(stored: StoredStudy, *, accept: bool) -> None:
    """Keep what the study is made from with one that has noted nothing yet, and refuse something else.

    That is the source of an objective of the user's own with the modules of its folder or package that it imports, or
    the file or folder that a built-in one reads; the built-in ones themselves and the data sets with a name are not
    compared. With ``accept`` that of today becomes the study's.

    Raises:
        SourceChanged: it differs; the sentence shows how.
        StudyError: it differs and is accepted, but workers run with what it was.
        ObjectiveError: the objective's file is gone.
    """
    spec = stored.required_spec()
    now = resolve(spec.objective).fingerprint(spec)
    if now is None:
        return
    kept = stored.attributes.get(_KEY)
    if kept is None or "files" not in kept or any(_changes(kept, now)):
        with stored.storage.transaction():
            kept = _keep(stored, now, accept=accept)
    if changes := [*_changes(kept, now)]:
        raise SourceChanged(
            f"{', '.join(changes)} since study {quoted(stored.name)} began, so old and new trials would not compare:\n"
            f"{_difference(kept['text'], now.text) if kept['sha256'] != now.sha256 else ''}"
            f"{offered('resume', stored.name, flags='--accept-changes')} goes on with what it is now; "
            "`studyhall launch ... --name NEW` starts another study"
        )


def _keep(stored: StoredStudy, now: Fingerprint, *, accept: bool) -> Mapping[str, Any]:
    # Where nothing is known yet, or what there is now is accepted. What is returned is what it is to be compared with.
    kept: Mapping[str, Any] | None = stored.attributes.get(_KEY)
    differs = kept is not None and any(_changes(kept, now))
    if kept is not None and differs and not accept:
        return kept
    if differs and live_sessions(stored.attributes):
        raise StudyError(
            f"study {quoted(stored.name)} runs, and its workers go on with what they have loaded",
            hint=f"{offered('stop', stored.name)} first, then accept the changes",
        )
    if differs and not never_began(stored):
        stored.note_change()
    value: dict[str, Any] = {"sha256": now.sha256, "text": now.text, "files": dict(now.files)}
    stored.storage.set_study_system_attr(stored.study_id, _KEY, value)
    return value


def _changes(kept: Mapping[str, Any], now: Fingerprint) -> Iterator[str]:
    """What is another than it was, a sentence each. A study of an earlier version knows the first file alone."""
    if kept["sha256"] != now.sha256:
        yield f"{now.what} has changed"
    before, after = kept.get("files", now.files), now.files
    for path in sorted({*before, *after}):
        if path not in after:
            yield f"{path} is gone"
        elif before.get(path) != after[path]:
            yield f"{path} {'has changed' if path in before else 'is new'}"


def _difference(before: str, now: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(), now.splitlines(), "as the study began", "as it is now", lineterm="", n=1
    )
    return "".join(f"  {line}\n" for line in islice(lines, _SHOWN_LINES)) or "  its content is another\n"


def source_digest(stored: StoredStudy) -> str | None:
    """The SHA-256 of the objective's source or of the data that the study accepts now; None where it has none."""
    kept = stored.attributes.get(_KEY)
    return None if kept is None else str(kept["sha256"])
