"""delete, verify, backup, copy: the care of what is stored."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from objectives.wording import quoted
from storage import StorageError, StorageLocation, open_storage
from storage.maintenance import integrity
from storage.maintenance.backup import back_up
from storage.maintenance.copying import Copied, CopyError, Side, copy_study, refuse_conflicts
from studies.api.places import Storage, find, locate, storage_flag
from studies.api.reading import StudyReport, report_of
from studies.errors import StudyError
from studies.record.sessions import live_sessions
from studies.record.stored import StoredStudy, load
from studies.wording import offered


@dataclass(frozen=True, kw_only=True)
class VerifyReport:
    """What was found in a storage."""

    location: StorageLocation
    findings: Sequence[integrity.Finding]

    @property
    def left(self) -> list[integrity.Finding]:
        """The faults that are not repaired."""
        return [finding for finding in self.findings if finding.is_open]

    def to_json(self) -> dict[str, Any]:
        """The stable keys of ``storage verify --json``."""
        rows = [
            {"kind": row.kind, "level": row.level, "repaired": row.repaired, "text": row.text} for row in self.findings
        ]
        return {"storage": str(self.location), "sound": not self.left, "findings": rows}


@dataclass(frozen=True, kw_only=True)
class BackupReport:
    """What a backup holds: the trials of each study. The files of ``location`` are no part of it."""

    location: StorageLocation
    target: Path
    trials: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class CopyReport:
    """What was copied from where to where."""

    source: StorageLocation
    target: StorageLocation
    studies: Sequence[Copied]


def delete(
    name: str,
    *,
    storage: Storage | None = None,
    confirm: Callable[[StudyReport], object] | None = None,
) -> None:
    """Delete a study, its trials and its files. There is no way back.

    Args:
        confirm: is asked before, and raises where that is not wanted.

    Raises:
        StudyError: there is no such study, or it is running.
        StorageError: the storage cannot be used.
    """
    stored = find(name, storage)
    _refuse_running(stored)
    if confirm is not None:
        confirm(report_of(stored))
    delete_stored(stored)


def delete_stored(stored: StoredStudy) -> None:
    """Delete a study, its trials and its files, whoever asks for it.

    Raises:
        StudyError: it is running.
    """
    with stored.storage.transaction():
        _refuse_running(stored)
        stored.storage.delete_study(stored.study_id)
    shutil.rmtree(stored.files, ignore_errors=True)


def _refuse_running(stored: StoredStudy) -> None:
    if live_sessions(stored.attributes):
        stop = offered("stop", stored.name, flags=storage_flag(stored.location))
        raise StudyError(f"study {quoted(stored.name)} is running", f"{stop} first")


def verify(*, storage: Storage | None = None, repair: bool = False) -> VerifyReport:
    """Look for damage, rows and files that belong to nothing, and trials whose worker is gone.

    Raises:
        StorageError: it cannot be opened, for another reason than damage.
    """
    location = locate(storage)
    return VerifyReport(location=location, findings=integrity.verify(location, repair=repair))


def backup(target: str | Path, *, storage: Storage | None = None, force: bool = False) -> BackupReport:
    """Copy the SQLite database into one file, as it is at this moment, while workers run.

    Args:
        force: overwrite an older backup.

    Raises:
        StorageError: there is no such database, it is damaged, or the target is in the way.
    """
    location, file = locate(storage), Path(target)
    return BackupReport(location=location, target=file, trials=back_up(location, file, force=force))


def copy(
    source: Storage,
    target: Storage,
    *,
    studies: Sequence[str] | str = (),
    force: bool = False,
) -> CopyReport:
    """Copy studies whole, with their files, between SQLite files and PostgreSQL; the source keeps them.

    Args:
        studies: their names; none means all.
        force: also a study that runs, as it is at this moment.

    Raises:
        StudyError: there is no such study, or it is running.
        StorageError: the two are one storage, one cannot be used, or a study is at the target already.
        CopyError: what arrived is not what was sent.
    """
    places = _place(source), _place(target)
    if places[0].is_same(places[1]):
        raise StorageError(f"SRC and DST are the same storage, {places[0]}", "name another")
    here = Side(places[0], open_storage(places[0]))
    wanted = [studies] if isinstance(studies, str) else studies
    names = list(dict.fromkeys(wanted)) or [frozen.study_name for frozen in here.storage.get_all_studies()]
    for name in names:
        if not force and live_sessions(load(here.location, here.storage, name).attributes):
            stop = offered("stop", name, flags=storage_flag(here.location))
            raise StudyError(f"study {quoted(name)} is running", f"{stop} first, or --force copies it as it is now")
    there = Side(places[1], open_storage(places[1], create=True))
    refuse_conflicts(here, there, names)
    return CopyReport(source=places[0], target=places[1], studies=[_copied(here, there, name) for name in names])


def _place(storage: Storage) -> StorageLocation:
    return storage if isinstance(storage, StorageLocation) else StorageLocation.parse(str(storage))


def _copied(here: Side, there: Side, name: str) -> Copied:
    try:
        return copy_study(here, there, name)
    except CopyError as differs:
        raise CopyError(f"study {quoted(name)}: {differs.message}", differs.hint) from differs
