"""Is everything in a storage as it should be? Looks at the file, the rows, the trials and what lies beside them."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

import sqlalchemy
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from storage.checkpoints import orphans
from storage.claims import reclaim, running_attempts
from storage.errors import StorageMissing, explain
from storage.location import StorageLocation
from storage.opening import check_place, open_storage
from storage.optuna_schema import METADATA, study_id_of, trial_id_of
from storage.rdb import SharedStorage
from storage.sqlite import connect
from storage.staging import abandoned_folders

_UNFINISHED = (TrialState.RUNNING, TrialState.WAITING)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is not as it should be, or (a note) that cannot be judged from here."""

    kind: Literal["file", "rows", "trials", "running", "checkpoint", "leftover"]
    text: str
    level: Literal["fault", "note"] = "fault"
    repaired: bool = False
    cure: Callable[[], object] | None = field(default=None, repr=False, compare=False)

    @property
    def is_open(self) -> bool:
        """Whether it keeps the storage from being sound."""
        return self.level == "fault" and not self.repaired


def verify(location: StorageLocation, *, repair: bool = False) -> list[Finding]:
    """All that is wrong with the storage; with ``repair`` what can be repaired is, and living workers lose nothing.

    Raises:
        StorageError: it cannot be opened, for another reason than damage.
        StorageMissing: there is nothing at that place, not even leftovers.
    """
    found = [*_leftovers(location), *_damage(location)]
    if any(finding.kind == "file" for finding in found):
        return found  # what is damaged can be neither believed nor repaired
    try:
        storage = open_storage(location)
    except StorageMissing:
        if not found:
            raise
        return _cured(found) if repair else found
    try:
        found += _inside(location, storage)
        return _cured(found) if repair else found
    finally:
        storage.engine.dispose()


def _cured(found: list[Finding]) -> list[Finding]:
    for finding in found:
        if finding.cure is not None:
            finding.cure()
    return [replace(finding, repaired=finding.cure is not None) for finding in found]


def _leftovers(location: StorageLocation) -> Iterator[Finding]:
    if location.path is not None:
        path = location.path.resolve()  # SQLite too keeps its log beside the file itself, not beside a link to it
        if not path.exists():
            yield from _logs_without_database(path)
        for folder in abandoned_folders(path.parent, path.name):
            yield _left(folder, "an interrupted `storage backup` or `copy`")
    for folder in abandoned_folders(location.files):
        yield _left(folder, "an interrupted `storage copy`")


def _left(folder: Path, what: str) -> Finding:
    return Finding(kind="leftover", text=f"{folder} was left by {what}", cure=partial(shutil.rmtree, folder))


def _logs_without_database(path: Path) -> Iterator[Finding]:
    for suffix in ("-wal", "-journal", "-shm"):
        log = path.with_name(path.name + suffix)
        if not log.exists():
            continue
        if suffix == "-shm" or log.stat().st_size == 0:
            yield Finding(kind="leftover", text=f"{log} belongs to no database", cure=log.unlink)
            continue
        aside = log.with_name(f"{log.name}.left")
        yield Finding(
            kind="leftover",
            # A new database of that name would take it for its own.
            text=f"{log} belongs to a database that was moved or deleted and may hold its last trials: put the "
            f"database back beside it; --repair renames it {aside.name}",
            cure=partial(log.replace, aside),
        )


def _damage(location: StorageLocation) -> Iterator[Finding]:
    """Read every page of the database.

    Raises:
        sqlite3.DatabaseError: it is locked, or there is no room, so that nothing is known.
    """
    if location.path is None:
        return  # a server reads all of its rows in `_inside`, and checks the pages as it does
    if not location.path.exists():
        return
    check_place(location.path)
    try:
        with closing(connect(location.path)) as connection:
            lines = [line for (line,) in connection.execute("PRAGMA integrity_check")]
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):  # locked, or no room: nothing is known
            raise
        lines = [explain(error, str(location)) or str(error)]
    if lines != ["ok"]:
        more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
        yield Finding(kind="file", text=f"damaged: {lines[0]}{more}; restore it from a backup")


def _inside(location: StorageLocation, storage: SharedStorage) -> Iterator[Finding]:
    yield from _orphaned_rows(storage)
    # Listed before the trials are read: a trial that starts after this look has no file in it.
    studies = storage.get_all_studies()
    folders = {study.study_name: location.study_files(study.study_name) for study in studies}
    listed = {path for folder in folders.values() for path in orphans(folder / "checkpoints", ())}
    for study in studies:
        try:
            trials = storage.get_all_trials(study_id_of(study), deepcopy=False)
        except (ValueError, KeyError, TypeError, IndexError) as error:  # what Optuna's parsing raises
            yield Finding(kind="trials", text=f"study {study.study_name!r} cannot be read: {error!r}")
            continue
        yield from _trials(study.study_name, study.directions, trials)
        yield from _running(storage, study.study_name, trials)
        unfinished = {trial.number for trial in trials if trial.state in _UNFINISHED}
        for path in orphans(folders[study.study_name] / "checkpoints", unfinished):
            if path in listed:
                cure = partial(path.unlink, missing_ok=True)
                yield Finding(kind="checkpoint", text=f"{path} is of no trial that could go on from it", cure=cure)
    if location.files.is_dir():
        for folder in sorted(location.files.iterdir()):
            if folder.is_dir() and not folder.name.startswith(".") and folder not in folders.values():
                text = f"{folder} is of no study in this storage (another storage's, or a deleted study's)"
                yield Finding(kind="leftover", level="note", text=text)


def _orphaned_rows(storage: SharedStorage) -> Iterator[Finding]:
    with storage.snapshot() as connection:
        for table in METADATA.sorted_tables:
            if table.foreign_keys:
                parent = ", ".join(sorted({key.column.table.name for key in table.foreign_keys}))
                query = sqlalchemy.select(sqlalchemy.func.count()).select_from(table).where(_is_orphan(table))
                count = connection.execute(query).scalar_one()
                if count:
                    text = f"{count} row(s) of the table {table.name} belong to nothing in {parent}"
                    yield Finding(kind="rows", text=text, cure=partial(_delete_orphaned_rows, storage))


def _is_orphan(table: sqlalchemy.Table) -> sqlalchemy.ColumnElement[bool]:
    return sqlalchemy.or_(
        *(
            ~sqlalchemy.exists(sqlalchemy.select(1).where(key.column == key.parent).correlate(table))
            for key in table.foreign_keys
        )
    )


def _delete_orphaned_rows(storage: SharedStorage) -> None:
    with storage.transaction() as connection:
        for table in METADATA.sorted_tables:  # parents first: what hangs on an orphan is one afterwards
            if table.foreign_keys:
                connection.execute(sqlalchemy.delete(table).where(_is_orphan(table)))


def _trials(name: str, directions: list[StudyDirection], trials: list[FrozenTrial]) -> Iterator[Finding]:
    for trial in trials:
        if trial.state is TrialState.COMPLETE and len(trial.values or ()) != len(directions):
            given = len(trial.values or ())
            text = f"trial {trial.number} of study {name!r} is COMPLETE with {given} of {len(directions)} values"
            yield Finding(kind="trials", text=text)
    for number, count in Counter(trial.number for trial in trials).items():
        if count > 1:  # two stock processes on one SQLite file can do that
            yield Finding(kind="trials", text=f"study {name!r} has {count} trials of number {number}")


def _running(storage: SharedStorage, name: str, trials: list[FrozenTrial]) -> Iterator[Finding]:
    ours = {trial_id_of(trial): attempt for trial, attempt in running_attempts(trials)}
    for trial in trials:
        if trial.state is not TrialState.RUNNING:
            continue
        what = f"trial {trial.number} of study {name!r} is RUNNING"
        attempt = ours.get(trial_id_of(trial))
        if attempt is None:
            text = f"{what} under another program than studyhall, which cannot tell whether that still lives"
            yield Finding(kind="running", level="note", text=text)
        elif (alive := attempt.process.is_alive()) is None:
            text = f"{what} under {attempt.process}, which cannot be seen from this machine"
            yield Finding(kind="running", level="note", text=text)
        elif not alive:
            cure = partial(reclaim, storage, [trial], lambda worker: False)
            yield Finding(kind="running", text=f"{what}, but its worker {attempt.process} is gone", cure=cure)
