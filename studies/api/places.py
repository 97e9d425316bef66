"""Where a study is looked for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from objectives.wording import shell_word
from storage import StorageError, StorageLocation, open_storage
from storage.location import DEFAULT

if TYPE_CHECKING:
    from studies.record.stored import StoredStudy

VARIABLE = "STUDYHALL_STORAGE"

Storage = str | Path | StorageLocation
"""A URL, or a path."""


def locate(storage: Storage | None = None) -> StorageLocation:
    """The place that is named, else the one that $STUDYHALL_STORAGE names, else studyhall.db in the working folder.

    Raises:
        StorageError: the text names no storage that workers can share.
    """
    if isinstance(storage, StorageLocation):
        return storage
    return StorageLocation.parse(str(storage or "") or os.environ.get(VARIABLE) or DEFAULT)


def find(name: str, storage: Storage | None = None) -> StoredStudy:
    """An existing study.

    Raises:
        StorageError: there is no such storage, or it cannot be used.
        StudyNotFound: with the nearest name there is.
    """
    from studies.record.stored import load  # which not everybody needs who looks for a place

    location = locate(storage)
    return load(location, open_storage(location), name)


def storage_flag(location: StorageLocation) -> str:
    """How the next command names this storage, without its password: nothing when it would find it by itself."""
    try:
        is_found = location == locate()
    except StorageError:  # the variable names none, or the working folder is gone
        is_found = False
    return "" if is_found else f" --storage {shell_word(str(location))}"
