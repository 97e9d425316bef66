"""PostgreSQL: the same promises as on SQLite, kept by the server's own locks.

Optuna's numbering and claiming hold row locks there, so only what is several of its calls needs more: every
``transaction`` takes one lock of the database's first. It is an advisory lock, which hinders no reader, no
single write, and no other program's tables.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import Any

import sqlalchemy
from optuna.storages import RDBStorage
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from storage import optuna_schema
from storage.errors import StorageError, StorageMissing
from storage.location import StorageLocation
from storage.optuna_schema import CORE_COLUMNS, STAMP
from storage.rdb import SharedStorage

_WRITERS, _CREATORS = 0x73747564_79000001, 0x73747564_79000002  # "study", and what for
_LOCK = sqlalchemy.text("SELECT pg_advisory_xact_lock(:key)")
# A worker's host that goes away without a word must not hold the lock for hours; the server's own default is two.
_CONNECTING = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "application_name": "studyhall",
}
_COLUMNS = sqlalchemy.text(
    "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
    "WHERE pg_table_is_visible(c.oid) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname = ANY(:names)"
)


class PostgreSQLStorage(SharedStorage):
    """Study tables in a database on a server. They must be there (see ``open_server``)."""

    first_waiting_query = optuna_schema.FIRST_WAITING_UNLOCKED
    running_unowned_query = optuna_schema.RUNNING_UNOWNED_POSTGRESQL

    def __init__(self, url: str) -> None:
        self._inside = threading.local()
        # pool_pre_ping: after a restart of the server the next call connects anew.
        super().__init__(url, _engine_options(url) | {"pool_pre_ping": True})

    def __reduce__(self) -> tuple[type[PostgreSQLStorage], tuple[str]]:
        return type(self), (self.url,)  # no connection can cross a process border; the other side opens its own

    def exclude_other_writers(self, connection: sqlalchemy.Connection) -> None:
        """Wait for the lock of this database's writers; the end of the transaction, or its process, releases it."""
        connection.execute(_LOCK, {"key": _WRITERS})

    @contextmanager
    def reading_connection(self) -> Iterator[sqlalchemy.Connection]:
        """A connection whose transaction keeps the snapshot of its first statement."""
        with self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="REPEATABLE READ")


def open_server(location: StorageLocation, *, create: bool) -> PostgreSQLStorage:
    """Open the study tables at ``location``; with ``create`` make them when there are none.

    Raises:
        StorageMissing: there are none, and ``create`` was not asked for.
        StorageError: psycopg is not installed, or another program's tables are in the way.
    """
    if importlib.util.find_spec("psycopg") is None:
        raise StorageError(
            f"{location} needs psycopg, which is not installed",
            hint="install the extra postgres: `.venv/bin/pip install '.[postgres]'` in the folder of studyhall",
        )
    options = _engine_options(location.url) | {"poolclass": NullPool}
    engine = sqlalchemy.create_engine(location.url, **options)
    with engine.connect() as connection:
        content = _content(connection, location)
        if content is _Content.NOTHING and not create:
            raise StorageMissing(
                f"there is no study database at {location}",
                hint="`studyhall launch` makes one, --storage names another",
            )
        if content is not _Content.PREPARED:
            connection.execute(_LOCK, {"key": _CREATORS})
            # Whoever was before us in the queue may have made them.
            if _content(connection, location) is not _Content.PREPARED:
                RDBStorage(location.url, options).remove_session()
    return PostgreSQLStorage(location.url)


class _Content(Enum):
    NOTHING = auto()
    UNPREPARED = auto()  # Optuna's tables, but their maker died before they were stamped
    PREPARED = auto()


def _content(connection: sqlalchemy.Connection, location: StorageLocation) -> _Content:
    """What the database holds under Optuna's names; tables of other names are nobody's business.

    Raises:
        StorageError: a table of another program has one of these names.
    """
    columns: dict[str, set[str]] = {}
    for table, column in connection.execute(_COLUMNS, {"names": [*optuna_schema.ALL_TABLES, STAMP]}):
        columns.setdefault(table, set()).add(column)
    if not columns:
        return _Content.NOTHING
    foreign = [name for name, marks in CORE_COLUMNS.items() if not marks <= columns.get(name, set())]
    if foreign:
        there = next((name for name in foreign if name in columns), sorted(columns)[0])
        raise StorageError(
            f"{location} holds a table {there!r} of another program, where Optuna's would be",
            hint=(
                "give studyhall a database of its own (`createdb`), or a schema: "
                "add ?options=-csearch_path%3DNAME to the URL"
            ),
        )
    stamped = STAMP in columns and connection.execute(sqlalchemy.text(f"SELECT 1 FROM {STAMP}")).first() is not None
    return _Content.PREPARED if stamped else _Content.UNPREPARED


def _engine_options(url: str) -> dict[str, Any]:
    given = make_url(url).query
    arguments = {key: value for key, value in _CONNECTING.items() if key not in given}
    # Each statement sees what was committed before it, the first after the wait for a lock above all.
    return {"connect_args": arguments, "isolation_level": "READ COMMITTED"}
