"""Parameters that a study declares in `[space]`, and that its objective, a function of the user's own, never used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from studies.record.stored import StoredStudy

_KEY = "studyhall:unasked"


def note_unasked(stored: StoredStudy, number: int, names: Sequence[str]) -> None:
    """Note that trial ``number`` is complete without having asked for these; the first such trial of each is kept."""
    if not set(names) - unasked(stored).keys():
        return
    with stored.storage.transaction():
        known = unasked(stored)
        noted = {**dict.fromkeys(names, number), **known}
        stored.storage.set_study_system_attr(stored.study_id, _KEY, noted)


def unasked(stored: StoredStudy) -> Mapping[str, int]:
    """Each such parameter, and the first trial that did without it; not those of a space that was changed since."""
    noted: dict[str, int] = stored.attributes.get(_KEY, {})
    return {name: number for name, number in noted.items() if number >= stored.changed_at}
