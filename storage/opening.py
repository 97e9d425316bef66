"""Opening a storage: refuse what is unsafe, make a fresh file once however many processes ask at once."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import psutil
from optuna.storages import RDBStorage
from sqlalchemy.pool import NullPool

from storage.errors import StorageFault, StorageMissing, explain
from storage.location import StorageLocation
from storage.rdb import SharedStorage
from storage.sqlite import SQLiteStorage, connect

# WAL needs memory shared between all processes that use the file, which these do not give
# (https://sqlite.org/wal.html, "all processes using a database must be on the same host computer").
UNSAFE_FILE_SYSTEMS = {"nfs": "NFS", "nfs4": "NFS", "cifs": "CIFS", "smb3": "CIFS", "9p": "9P", "fuse.sshfs": "sshfs"}
_HEADER = b"SQLite format 3\x00"


def open_storage(location: StorageLocation, *, create: bool = False) -> SharedStorage:
    """Open the database at ``location``; with ``create`` make it when there is none.

    Raises:
        StorageMissing: there is none, and ``create`` was not asked for.
        StorageFault: it cannot be used safely; the sentence says why.
    """
    path = location.path
    check_place(path)
    if not create and (not path.exists() or path.stat().st_size == 0):
        raise StorageMissing(
            f"there is no database at {location}; `studyhall launch` makes one, --storage names another"
        )
    try:
        if not _is_prepared(path):
            with _only_one_process(path.parent):
                _prepare(path)
        return SQLiteStorage(path)
    except RuntimeError as error:
        if "schema" not in str(error):
            raise
        raise StorageFault(
            f"{location} was written by another version of Optuna; upgrade it once with "
            f"`optuna storage upgrade --storage '{location.url}'` (make a copy first)"
        ) from error
    except Exception as error:
        sentence = explain(error, str(location))
        if sentence is None:
            raise
        raise StorageFault(sentence) from error


def check_place(path: Path) -> None:
    """Refuse a place where a shared SQLite file cannot live.

    Raises:
        StorageFault: a directory, a missing folder, a file that is no SQLite database, anything read-only,
            or a file system on which WAL is unsafe.
    """
    if path.is_dir():
        raise StorageFault(f"{path} is a directory; name a file in it, for example sqlite:///{path}/studyhall.db")
    if not path.parent.is_dir():
        raise StorageFault(f"the folder {path.parent} does not exist; make it, or name another --storage")
    kind = UNSAFE_FILE_SYSTEMS.get(file_system(path, psutil.disk_partitions(all=True)))
    if kind is not None:
        raise StorageFault(
            f"{path} lies on {kind}, where several processes cannot share an SQLite file safely; "
            "choose a --storage on a local disk"
        )
    if path.exists():
        with _readable(path) as file:
            header = file.read(len(_HEADER))
        if header and header != _HEADER:
            raise StorageFault(f"{path} is not an SQLite database; choose another --storage")
        if not os.access(path, os.W_OK):
            raise StorageFault(f"{path} is read-only; make it writable (`chmod u+w`) or copy it elsewhere")
    if not os.access(path.parent, os.W_OK):
        raise StorageFault(
            f"the folder {path.parent} is read-only, and SQLite keeps its log there; "
            "make it writable or choose another --storage"
        )


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


@contextmanager
def _readable(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except PermissionError as error:
        raise StorageFault(f"{path} cannot be read: {error.strerror}; see `ls -l`") from error


def _is_prepared(path: Path) -> bool:
    if not path.exists() or path.stat().st_size == 0:
        return False
    with closing(connect(path)) as connection:
        tables = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        return (
            tables is not None
            and connection.execute("SELECT 1 FROM alembic_version").fetchone() is not None
            and connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        )


def _prepare(path: Path) -> None:
    """Make what is missing: the file, Optuna's tables, WAL mode. Death in the middle leaves the rest to the next."""
    if _is_prepared(path):
        return
    with closing(connect(path, create=True)) as connection:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            raise StorageFault(
                f"{path} is in use by a program that opened it in another mode; end it, then run the command again"
            ) from error
    storage = RDBStorage("sqlite://", engine_kwargs={"creator": lambda: connect(path), "poolclass": NullPool})
    storage.remove_session()


@contextmanager
def _only_one_process(folder: Path) -> Iterator[None]:
    # A lock on the folder itself leaves no file behind, and the kernel drops it when its holder dies.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
