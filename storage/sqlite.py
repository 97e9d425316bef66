"""SQLite made safe for many processes: WAL, exclusive write transactions, a long busy time-out.

Optuna 5 sets none of these, and drops ``SELECT ... FOR UPDATE`` on SQLite, so that every read-then-write of
its own (claiming a WAITING trial, numbering a new one) can interleave with another process's (optuna#4002).
Here each transaction begins with BEGIN IMMEDIATE: the write lock is taken before anything is read. Methods
that only read are told apart by two tables, because in WAL mode readers need no lock at all.
"""

from __future__ import annotations

import functools
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar, cast

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.pool import QueuePool

from storage.errors import StorageError, StorageLost
from storage.optuna_schema import READS
from storage.rdb import OWN_READS, SharedStorage
from storage.staging import sync_to_disk

BUSY_SECONDS = 120.0  # longer than any lock another program is likely to hold
SYNCHRONOUS_VARIABLE = "STUDYHALL_SYNCHRONOUS"

Method = TypeVar("Method", bound=Callable[..., Any])


def connect(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open the file with the driver's own transactions switched off; only ``create`` makes a new one.

    In WAL mode any setting of ``synchronous`` survives the death of any process. NORMAL, the default, may lose in a
    power cut what was committed after the last ``persist``, never the file; FULL waits for the disk at each commit
    (https://sqlite.org/pragma.html#pragma_synchronous).

    Raises:
        StorageError: $STUDYHALL_SYNCHRONOUS is neither of the two.
    """
    synchronous = os.environ.get(SYNCHRONOUS_VARIABLE, "normal").upper()
    if synchronous not in ("NORMAL", "FULL"):
        raise StorageError(f"${SYNCHRONOUS_VARIABLE} is {synchronous.lower()!r}", hint="allowed: normal, full")
    # SQLite percent-decodes such a URI, so a folder may be called anything.
    uri = f"{path.as_uri()}?mode={'rwc' if create else 'rw'}"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    return connection


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _reads(method: Method) -> Method:
    @functools.wraps(method)
    def read(self: SQLiteStorage, *args: Any, **kwargs: Any) -> Any:
        with self._reading():
            return method(self, *args, **kwargs)

    return cast(Method, read)


class SQLiteStorage(SharedStorage):
    """A study database in one file. The file must exist and be prepared (see ``storage.opening``)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _identity(path)
        self._inside = threading.local()
        super().__init__("sqlite://", {"creator": lambda: connect(path), "poolclass": QueuePool})
        # Only now: RDBStorage's constructor opens a second connection inside the first's transaction, and
        # with exclusive transactions it would wait for itself.
        event.listen(self.engine, "begin", self._begin)

    def __reduce__(self) -> tuple[type[SQLiteStorage], tuple[Path]]:
        return type(self), (self._path,)  # no connection can cross a process border; the other side opens its own

    def persist(self) -> None:
        """Wait for the disk to take SQLite's log, in which all commits are that the database itself lacks.

        Raises:
            StorageError: the disk does not take it.
        """
        # Here and not in the commit, which would keep all other writers waiting as well.
        path = self._path.resolve()
        try:
            with suppress(FileNotFoundError):
                sync_to_disk(path.with_name(f"{path.name}-wal"))
        except OSError as error:
            raise StorageError(
                f"{path} could not be written to its disk: {error.strerror}", hint="see `dmesg`"
            ) from error

    def exclude_other_writers(self, connection: sqlalchemy.Connection) -> None:
        """Nothing to do: BEGIN IMMEDIATE has done it."""

    @contextmanager
    def reading_connection(self) -> Iterator[sqlalchemy.Connection]:
        """A connection that takes no write lock: in WAL mode its first read fixes the moment."""
        with self._reading(), self.engine.connect() as connection:
            yield connection

    def _begin(self, connection: sqlalchemy.Connection) -> None:
        # SQLite would go on, without a word, in a file that no longer has a name.
        if _identity(self._path) != self._file:
            raise StorageLost(
                f"{self._path} was moved, deleted or replaced while it was in use",
                hint="end what uses it, put the file (or a backup) back",
            )
        reading = getattr(self._inside, "reading", False)
        connection.exec_driver_sql("BEGIN DEFERRED" if reading else "BEGIN IMMEDIATE")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        before = getattr(self._inside, "reading", False)
        self._inside.reading = True
        try:
            yield
        finally:
            self._inside.reading = before


for _name in (*READS, *OWN_READS):
    setattr(SQLiteStorage, _name, _reads(getattr(SharedStorage, _name)))
