"""A copy of an SQLite storage in one file, taken while workers run."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from storage.errors import StorageError, StorageMissing, explain
from storage.location import StorageLocation
from storage.optuna_schema import COUNT_STATES_OF_EACH_STUDY
from storage.sqlite import connect
from storage.staging import staging_folder, sync_to_disk


def back_up(location: StorageLocation, target: Path, *, force: bool = False) -> dict[str, int]:
    """Copy the database as it is at this moment to the file ``target``; returns the trials of each study in it.

    The copy has another name until it is whole and checked. Nobody is kept waiting: one step of SQLite's backup
    interface reads one moment of a file in WAL mode. (Several steps would begin anew at each write of a worker.)

    Raises:
        StorageMissing: there is no database at ``location``.
        StorageError: it is on a server, or damaged; or ``target`` is there and ``force`` was not asked for, is no
            database, is in use, or has no folder.
    """
    source = location.path
    if source is None:
        raise StorageError(
            f"{location} is on a server, which has tools of its own (`pg_dump`)",
            hint="`studyhall storage copy` brings it into a file",
        )
    if not source.exists():
        raise StorageMissing(f"there is no database at {location} to back up", hint="--storage names another")
    target = target.absolute()
    _check_target(source, target, force=force)
    with staging_folder(target) as folder:
        made = folder / "backup.db"
        try:
            counts = _copy(source, made)
        except sqlite3.Error as error:
            sentence = explain(error, str(location))
            raise StorageError(f"no backup was made: {sentence}") from error
        sync_to_disk(made)
        _move(made, target, force=force)
    return {name: sum(count for study, state, count in counts if study == name and state) for name, *_ in counts}


def _check_target(source: Path, target: Path, *, force: bool) -> None:
    if not target.parent.is_dir():
        raise StorageError(f"the folder {target.parent} does not exist", hint="make it, or name another file")
    if target.is_dir():
        raise StorageError(f"{target} is a directory", hint=f"name a file in it, for example {target / source.name}")
    if not target.exists():
        return
    if target.samefile(source):
        raise StorageError(f"{target} is the storage itself", hint="name another file")
    if not force:
        raise StorageError(f"{target} is there already", hint="--force overwrites it, or name another file")
    try:
        with closing(sqlite3.connect(f"{target.as_uri()}?mode=rw", uri=True, timeout=0)) as old:
            old.execute("PRAGMA schema_version")
    except sqlite3.DatabaseError as error:
        raise StorageError(f"{target} is no SQLite database, or in use ({error}), and is left alone") from error
    # The last one to close a database takes its log away; a log that stays is another's, and would be taken for
    # the new file's.
    if target.with_name(f"{target.name}-wal").exists():
        raise StorageError(
            f"{target} is in use by another program, and is left alone", hint="end that, or name another file"
        )


def _copy(source: Path, made: Path) -> list[Any]:
    """Copy and check; returns how many trials of each study are in each state.

    Raises:
        sqlite3.DatabaseError: the one or the other is damaged, or they differ.
    """
    with closing(connect(source)) as reading, closing(sqlite3.connect(made, isolation_level=None)) as copy:
        reading.execute("BEGIN")  # the counts and the copy are of one moment
        counts = reading.execute(COUNT_STATES_OF_EACH_STUDY).fetchall()
        reading.backup(copy)
        copy.execute("PRAGMA locking_mode = EXCLUSIVE")  # no shared memory, which not every disk has
        copy.execute("PRAGMA journal_mode = DELETE")  # one file without companions; opening it sets WAL again
        lines = [line for (line,) in copy.execute("PRAGMA integrity_check")]
        if lines != ["ok"]:
            raise sqlite3.DatabaseError(f"database disk image is malformed: {lines[0]}")
        if copy.execute(COUNT_STATES_OF_EACH_STUDY).fetchall() != counts:
            raise sqlite3.DatabaseError("the copy does not hold the same trials; try again")
        return counts


def _move(made: Path, target: Path, *, force: bool) -> None:
    if force:
        made.replace(target)
        return
    try:
        os.link(made, target)  # unlike a rename it never overwrites what came there meanwhile
    except FileExistsError:
        raise StorageError(f"{target} has appeared meanwhile, and is left alone", hint="name another file") from None
    except OSError:  # a file system without links
        made.rename(target)
