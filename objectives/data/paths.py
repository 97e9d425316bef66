"""Paths to data of a user's own: told from names, made absolute, looked at."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import time
from functools import lru_cache
from pathlib import Path

from objectives.data.files import real_path
from objectives.data.readers.formats import FOLDER, FORMATS, format_of, suffix_of
from objectives.data.readers.images import watched
from objectives.wording import did_you_mean

# A file that was written twice within this time may show one time of change, as Git's "racily clean" ones do.
_CLOCK_SECONDS = 3.0
_VARIABLE = re.compile(r"\$\{?(\w+)")


def is_path(dataset: str) -> bool:
    """Whether the text names a file or folder rather than a data set."""
    return "/" in dataset or "\\" in dataset or suffix_of(dataset) in FORMATS


def absolute(dataset: str, folder: Path) -> str:
    """Return a path that is found again from any folder, its $VARIABLES filled in; the name of a data set as it is."""
    return resolved(dataset, folder) if is_path(dataset) else dataset


def resolved(path: str, folder: Path) -> str:
    """Return the absolute path, `~` and $VARIABLES filled in; as it is where one of these is not set."""
    filled = os.path.expandvars(path)
    return path if unset_variable(filled) else real_path(filled, folder)


def unset_variable(path: str) -> str | None:
    """Return the name of the first variable in the path that nobody has set."""
    named = _VARIABLE.search(path)
    return named[1] if named is not None and named[1] not in os.environ and not Path(path).exists() else None


def path_fault(dataset: str) -> str | None:
    """Return None where a file or folder of the right kind lies there, else what is wrong. Reads nothing."""
    path, suffixes = Path(dataset), ", ".join(FORMATS)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        beside = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        return f"no such file or folder{did_you_mean(path.name, beside)}"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    is_folder = stat.S_ISDIR(mode)
    if not is_folder and not stat.S_ISREG(mode):
        return "is a pipe, a socket or a device, and no file"
    if is_folder != (format_of(dataset) is FOLDER):
        found = "a folder" if is_folder else "a file"
        return f"is {found}; allowed: a file ({suffixes}), or a folder of class folders of images"
    return None


def digest(dataset: str) -> str | None:
    """Return the SHA-256, in hex, of the file's bytes, or of the names and sizes of what is read of a folder.

    None for the name of a data set, which is always the same, and where nothing lies at the path. What this process
    has read is read once more only where the file system says that it may have been written since.
    """
    path = Path(dataset)
    if not is_path(dataset) or not path.exists():
        return None
    if path.is_file():
        now = path.stat()
        if time.time() - max(now.st_mtime, now.st_ctime) < _CLOCK_SECONDS:
            return _digest(path)
        return _known_digest(path, now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns)
    rows = sorted((str(found.relative_to(path)), found.stat().st_size) for found in watched(path))
    return hashlib.sha256(repr(rows).encode()).hexdigest()


@lru_cache(maxsize=64)
def _known_digest(path: Path, *_: int) -> str:
    return _digest(path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
