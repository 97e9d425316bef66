"""Which trials of a study were trained by which version of the training: a change of it makes other values."""

from __future__ import annotations

from objectives.wording import quoted
from studies.record.stored import StoredStudy
from studies.spec.resolving import resolve

_KEY = "studyhall:training"
_UNKNOWN = 0  # of trials that are older than the versions


def note_training(stored: StoredStudy) -> str | None:
    """Note that the training of today makes the trials from here on.

    Returns a sentence where another version made trials before them; once noted, it is not said again.
    """
    now = resolve(stored.required_spec().objective).training_version
    if now is None:
        return None
    with stored.storage.transaction():
        rows = _rows(stored)
        trials = stored.storage.count_states(stored.study_id).total()
        before = training_of(stored, trials)
        if rows and before == now:
            return None
        stored.storage.set_study_system_attr(stored.study_id, _KEY, [*rows, {"version": now, "since": trials}])
    if trials <= stored.changed_at or before == now:
        return None
    return (
        f"the {trials} trials of study {quoted(stored.name)} were trained by "
        f"{'an older' if before < now else 'a newer'} studyhall, whose training makes somewhat other values of the "
        "same parameters: old and new trials do not "
        "compare exactly; `studyhall launch ... --name NEW` starts another study"
    )


def training_of(stored: StoredStudy, number: int) -> int:
    """The version of the training that a trial of this number was made by; 0 where that was not noted yet."""
    return next((row["version"] for row in reversed(_rows(stored)) if row["since"] <= number), _UNKNOWN)


def _rows(stored: StoredStudy) -> list[dict[str, int]]:
    """The versions, each with the number of the first trial that it made."""
    rows: list[dict[str, int]] = stored.attributes.get(_KEY, [])
    return rows
