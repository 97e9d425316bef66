"""What workers notice and a launch tells: parameters that were never asked for, and what is odd about the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from studies.record.stored import StoredStudy

_KEY = "studyhall:unasked"
_DATA = "studyhall:data_notes"


def note_unasked(stored: StoredStudy, number: int, names: Sequence[str]) -> None:
    """Note that trial ``number`` is complete without having asked for these parameters that `[space]` declares.

    The first such trial of each is kept.
    """
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


def note_data(stored: StoredStudy, notes: Sequence[str]) -> None:
    """Note what the user should know of the data that a worker has loaded."""
    if list(notes) != data_notes(stored):
        stored.storage.set_study_system_attr(stored.study_id, _DATA, list(notes))


def data_notes(stored: StoredStudy) -> Sequence[str]:
    """Return what was noted of the data that were loaded last."""
    noted: list[str] = stored.attributes.get(_DATA, [])
    return noted
