"""Opening a storage: refuse what is unsafe, make what is missing once however many processes ask at once."""

from __future__ import annotations

import fcntl
import os
import shlex
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from enum import Enum, auto
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy
from optuna.storages import RDBStorage
from sqlalchemy.pool import NullPool

from storage import sqlite
from storage.errors import StorageError, StorageMissing, explain
from storage.location import StorageLocation
from storage.optuna_schema import ALL_TABLES, CORE_COLUMNS, STAMP, schema_refusal
from storage.postgresql import open_server
from storage.rdb import SharedStorage
from storage.sqlite import SQLiteStorage, connect
from storage.staging import staging_folder, sync_to_disk

# WAL needs memory shared between all processes that use the file, which these do not give
# (https://sqlite.org/wal.html, "all processes using a database must be on the same host computer").
UNSAFE_FILE_SYSTEMS = {"nfs": "NFS", "nfs4": "NFS", "cifs": "CIFS", "smb3": "CIFS", "9p": "9P", "fuse.sshfs": "sshfs"}
_HEADER_BYTES = 100  # https://sqlite.org/fileformat2.html, 1.3
_TABLES = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"


class _Content(Enum):
    NOTHING = auto()  # no file, an empty one, or one whose maker died before the tables were there
    UNPREPARED = auto()  # Optuna's, but not in WAL mode, or its maker died before it was stamped
    PREPARED = auto()


def open_storage(location: StorageLocation, *, create: bool = False) -> SharedStorage:
    """Open the database at ``location``; with ``create`` make it when there is none (on a server: its tables).

    Raises:
        StorageMissing: there is none, and ``create`` was not asked for.
        StorageError: it cannot be used safely; the sentence says why.
        RuntimeError: as Optuna raises it, for what is no refusal of its schema.
    """
    try:
        if location.path is None:
            return open_server(location, create=create)
        return _open_file(location, location.path, create=create)
    except StorageError:
        raise
    except OSError as error:
        raise StorageError(f"{location} cannot be used: {error.strerror}", hint="see `ls -l` and `df`") from error
    except RuntimeError as error:
        if "ymlink loop" in str(error):  # pathlib's, before Python 3.13
            raise StorageError(
                f"{location} is a symbolic link that leads back to itself", hint="choose another"
            ) from error
        refusal = schema_refusal(error)
        if refusal is None:
            raise
        if refusal == "older":
            raise StorageError(
                f"{location} was written by an older version of Optuna",
                hint=(
                    "upgrade it once with "
                    f"`optuna storage upgrade --storage {shlex.quote(str(location))}` (make a copy first)"
                ),
            ) from error
        raise StorageError(
            f"{location} was written by a newer version of Optuna than this one",
            hint=(
                "upgrade studyhall and Optuna here (`pip install -U optuna`), or choose another --storage; "
                "the storage needs nothing"
            ),
        ) from error
    except Exception as error:
        sentence = explain(error, str(location))
        if sentence is None:
            raise
        raise StorageError(sentence) from error


def _open_file(location: StorageLocation, path: Path, *, create: bool) -> SQLiteStorage:
    check_place(path)
    content = _content(path)
    if content is _Content.NOTHING and not create:
        raise StorageMissing(
            f"there is no database at {location}", hint="`studyhall launch` makes one, --storage names another"
        )
    if content is not _Content.PREPARED:
        with _only_one_process(path.resolve().parent):
            _prepare(path)
    return SQLiteStorage(path)


def check_place(path: Path) -> None:
    """Refuse a place where a shared SQLite file cannot live.

    Raises:
        StorageError: a directory, a missing folder, a file that is no SQLite database, anything read-only,
            or a file system on which WAL is unsafe.
    """
    if path.is_dir():
        example = StorageLocation(path / "studyhall.db")
        raise StorageError(f"{path} is a directory", hint=f"name a file in it, for example {example}")
    if path.exists() and not path.is_file():
        raise StorageError(f"{path} is not a file but a device, pipe or socket", hint="choose another --storage")
    folder = path.resolve().parent  # of the file itself: a link may lie elsewhere
    if not folder.is_dir():
        raise StorageError(f"the folder {folder} does not exist", hint="make it, or name another --storage")
    kind = UNSAFE_FILE_SYSTEMS.get(file_system(path, psutil.disk_partitions(all=True)))
    if kind is not None:
        raise StorageError(
            f"{path} lies on {kind}, where several processes cannot share an SQLite file safely",
            hint="choose a --storage on a local disk",
        )
    if path.exists():
        if not os.access(path, os.R_OK):
            raise StorageError(f"{path} cannot be read by this user", hint="see `ls -l`")
        if not os.access(path, os.W_OK):
            if os.statvfs(path).f_flag & os.ST_RDONLY:
                raise StorageError(f"{path} lies on a read-only disk", hint="copy it elsewhere")
            raise StorageError(f"{path} is read-only", hint="make it writable (`chmod u+w`) or copy it elsewhere")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise StorageError(
            f"the folder {folder} is read-only, and SQLite keeps its log there",
            hint="make it writable or choose another --storage",
        )
    if path.exists() and path.stat().st_size > 0:
        _check_header(path)


def _check_header(path: Path) -> None:
    # By SQLite: closing a descriptor of one's own would drop the locks of all connections that this process has to
    # the file (https://sqlite.org/howtocorrupt.html, 2.2).
    if path.stat().st_size < _HEADER_BYTES:  # which SQLite would take for an empty database
        raise StorageError(f"{path} is not an SQLite database", hint="choose another --storage")
    try:
        with closing(connect(path)) as connection:
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        # Whatever else is wrong is met, and told, by whoever opens it next.
        if "not a database" in str(error):
            raise StorageError(f"{path} is not an SQLite database", hint="choose another --storage") from None


def file_system(path: Path, partitions: Sequence[Any]) -> str:
    """The type of the file system that holds ``path``, from rows with ``mountpoint`` and ``fstype``."""
    resolved = path.resolve()
    best, kind = -1, ""
    for row in partitions:
        mountpoint = Path(row.mountpoint)
        # A later mount on the same point covers the earlier one.
        if resolved.is_relative_to(mountpoint) and len(mountpoint.parts) >= best:
            best, kind = len(mountpoint.parts), str(row.fstype)
    return kind


def _content(path: Path) -> _Content:
    """What the file holds.

    Raises:
        StorageError: it is a database of another program.
    """
    if not path.exists() or path.stat().st_size == 0:
        return _Content.NOTHING
    with closing(connect(path)) as connection:
        tables = {name for (name,) in connection.execute(_TABLES)}
        if not tables >= CORE_COLUMNS.keys():
            if tables <= ALL_TABLES:
                return _Content.NOTHING
            raise StorageError(
                f"{path} is the database of another program (it holds {', '.join(sorted(tables - ALL_TABLES)[:3])}), "
                "not of Optuna",
                hint="choose another --storage",
            )
        stamped = STAMP in tables and connection.execute(f"SELECT 1 FROM {STAMP}").fetchone() is not None
        if stamped and connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
            return _Content.PREPARED
        return _Content.UNPREPARED


def _prepare(path: Path) -> None:
    """Make what is missing: the file, WAL mode, Optuna's tables. Death in the middle leaves the rest to the next."""
    if not path.exists():
        _make(path.resolve())
    if _content(path) is _Content.PREPARED:
        return
    with closing(connect(path, create=True)) as connection:
        _switch_to_wal(path, connection)
        _make_tables(connection)
    try:
        _complete(path)
    except sqlalchemy.exc.IntegrityError:
        _complete(path)  # stock Optuna was making the same tables, and has made them now


def _make(path: Path) -> None:
    """Let the file appear whole, so that stock Optuna, which knows no lock of ours, never meets half of it."""
    with staging_folder(path) as folder:
        whole = folder / path.name
        with closing(connect(whole, create=True)) as connection:
            _switch_to_wal(path, connection)
            _make_tables(connection)
        # Where it cannot be linked, or somebody was faster, what is there is prepared in its place.
        sync_to_disk(whole)
        with suppress(OSError):
            os.link(whole, path)
            sync_to_disk(path.parent)


def _complete(path: Path) -> None:
    """Have Optuna add what a file lacks whose maker, stock Optuna, died."""
    storage = RDBStorage("sqlite://", engine_kwargs={"creator": lambda: connect(path), "poolclass": NullPool})
    storage.remove_session()


def _switch_to_wal(path: Path, connection: sqlite3.Connection) -> None:
    deadline = time.monotonic() + sqlite.BUSY_SECONDS
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            break
        except sqlite3.OperationalError as error:
            # SQLite does not wait here for a program that writes in the other mode.
            if "locked" not in str(error) or time.monotonic() >= deadline:
                raise
        time.sleep(0.05)
    if mode != "wal":
        raise StorageError(
            f"{path} cannot be shared by several processes here (SQLite stays in its {mode!r} mode)",
            hint="choose a --storage on a local disk",
        )


def _make_tables(connection: sqlite3.Connection) -> None:
    """Make Optuna's tables in one transaction, unless there are any.

    Optuna makes them one by one. If it dies between a table and its index, no later open makes the index: study
    names, for one, would never again be unique.
    """
    template = RDBStorage("sqlite://")  # in memory
    model = template.engine.raw_connection().driver_connection
    assert isinstance(model, sqlite3.Connection)
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute(_TABLES).fetchone() is None:
        for statement in model.iterdump():
            if statement not in ("BEGIN TRANSACTION;", "COMMIT;"):
                connection.execute(statement)
    connection.execute("COMMIT")
    template.remove_session()


@contextmanager
def _only_one_process(folder: Path) -> Iterator[None]:
    # A lock on the folder itself leaves no file behind, and the kernel drops it when its holder dies.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
