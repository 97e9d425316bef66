"""What can be wrong with a storage, in sentences."""

from __future__ import annotations

from collections.abc import Iterator


class StorageError(Exception):
    """The root of what can be wrong with a storage.

    ``message`` says which one and why, in a sentence or more; ``hint`` what to do next, "" where there is nothing.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class StorageMissing(StorageError):
    """There is no database at that place."""


class StorageLost(StorageError):
    """A database that was there and is not any more, or another, while it was in use."""


# The driver's words -> ours. Looked up as substrings, first match wins.
_SQLITE = {
    "database is locked": (
        "{place} stayed locked by another program for too long; "
        "end that program (`fuser` with the file's path names it) and run the command again"
    ),
    "disk is full": "the disk that holds {place} is full; free some room",
    "disk i/o error": "{place} could not be read or written (disk full or damaged?); see `df` and `dmesg`",
    "readonly database": "{place} cannot be written (read-only file, folder or disk); make it writable",
    "file is not a database": "{place} is not an SQLite database; choose another --storage",
    "database disk image is malformed": "{place} is damaged; restore it from a backup",
    "unable to open database file": "{place} cannot be opened; was it moved or deleted, or is its folder gone?",
    "no such table": "{place} holds no Optuna tables (any more); was it replaced or emptied by another program?",
}
_NO_SERVER = "no PostgreSQL server answers for {place}; is it running, and are host and port right?"
_LOST = (
    "the connection to {place} was lost (was the server stopped or restarted?); "
    "run the command again once the server answers"
)
_REFUSED = "the server of {place} refuses this user or its password; correct them in the URL, or in ~/.pgpass"
_NO_RIGHTS = (
    "this user may not do that in {place} ({words}); its owner can allow it: GRANT ALL ON SCHEMA public TO the user, "
    "and on the tables if they are another's"
)
_CROWDED = "the server of {place} has no connection left; use fewer workers, or raise max_connections there"
# Looked up in "SQLSTATE message": https://www.postgresql.org/docs/current/errcodes-appendix.html for the codes,
# libpq's and the server's English for what has none because it came before the session.
_POSTGRESQL = {
    "42501 ": _NO_RIGHTS,
    "42p01 ": "{place} holds no Optuna tables (any more); was it emptied by another program?",
    "53100 ": "the disk of the server of {place} is full; free some room",
    "25006 ": "{place} cannot be written (a read-only server or standby); choose another --storage",
    "22001 ": "{place} does not take a text that long, such as a study's or parameter's name of over 512 characters",
    "57p01 ": _LOST,
    "57p02 ": _LOST,
    "57p03 ": _LOST,
    "xx001 ": "{place} is damaged; restore it from a backup",
    "xx002 ": "{place} is damaged; restore it from a backup",
    "too many clients": _CROWDED,
    "remaining connection slots": _CROWDED,
    "password authentication failed": _REFUSED,
    "no password supplied": _REFUSED,
    "peer authentication failed": _REFUSED,
    'role "': _REFUSED,
    "no pg_hba.conf entry": "the server of {place} lets nobody in from here (its pg_hba.conf says who may)",
    "permission denied for database": _NO_RIGHTS,
    "starting up": _NO_SERVER,
    "shutting down": _NO_SERVER,
    'database "': (
        "there is no database of the name in {place}; make it once (`createdb` on the server), or name another"
    ),
    "connection refused": _NO_SERVER,
    "no such file or directory": _NO_SERVER,
    "timeout expired": _NO_SERVER,
    "name or service not known": _NO_SERVER,
    "failed to resolve host": _NO_SERVER,
    "could not translate host": _NO_SERVER,
    "no route to host": _NO_SERVER,
    "network is unreachable": _NO_SERVER,
    "server closed the connection": _LOST,
    "connection is lost": _LOST,
    "connection is closed": _LOST,
    "connection is bad": _LOST,
    "could not receive data": _LOST,
    "could not send data": _LOST,
}
_DRIVERS = {"sqlite3": _SQLITE, "psycopg": _POSTGRESQL}  # by the package of the error; psycopg may be missing


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = getattr(seen, "orig", None) or seen.__cause__ or seen.__context__


def explain(error: BaseException, place: str) -> str | None:
    """The sentence for a driver error anywhere in the chain of causes of ``error``; None if there is none."""
    for cause in _causes(error):
        sentences = _DRIVERS.get(type(cause).__module__.partition(".")[0])
        if sentences is None:
            continue
        said = " ".join(str(cause).split())  # libpq's run over several lines
        text = f"{getattr(cause, 'sqlstate', None) or ''} {said}".lower()
        for words, sentence in sentences.items():
            if words in text:
                return sentence.format(place=place, words=said)
        return f"{place}: {said}"
    return None
