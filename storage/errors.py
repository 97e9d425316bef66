"""What can be wrong with a storage, in sentences."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator


class StorageFault(Exception):
    """A storage that cannot be used; the message says which one, why, and what to do next."""


class StorageMissing(StorageFault):
    """There is no database at that place."""


# The driver's words -> ours. Looked up as substrings, first match wins.
_SENTENCES = {
    "database is locked": (
        "{place} stayed locked by another program for too long; "
        "end that program (`fuser` with the file's path names it) and run the command again"
    ),
    "disk is full": "the disk that holds {place} is full; free some room, then `studyhall resume`",
    "disk i/o error": "{place} could not be read or written (disk full or damaged?); see `df` and `dmesg`",
    "readonly database": "{place} cannot be written (read-only file, folder or disk); make it writable",
    "file is not a database": "{place} is not an SQLite database; choose another --storage",
    "database disk image is malformed": "{place} is damaged; restore it from a backup",
    "unable to open database file": "{place} cannot be opened; was it moved or deleted, or is its folder gone?",
    "no such table": "{place} holds no Optuna tables (any more); was it replaced or emptied by another program?",
}


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = getattr(seen, "orig", None) or seen.__cause__ or seen.__context__


def explain(error: BaseException, place: str) -> str | None:
    """The sentence for a driver error anywhere in the chain of causes of ``error``; None if there is none."""
    for cause in _causes(error):
        if isinstance(cause, sqlite3.Error):
            text = str(cause).lower()
            for words, sentence in _SENTENCES.items():
                if words in text:
                    return sentence.format(place=place)
            return f"{place}: {cause}"
    return None
