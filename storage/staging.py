"""Work in progress on a disk: a folder under a name of its own, so that what a dead process left is told apart."""

from __future__ import annotations

import fcntl
import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SUFFIX = ".partial"


def _prefix(name: str) -> str:
    return f".{name[:50]}."  # whatever the name, the folder's stays within 255 bytes


@contextmanager
def staging_folder(target: Path) -> Iterator[Path]:
    """An empty folder beside ``target`` to prepare it in; gone at the end, with all that was not moved out of it."""
    folder = Path(tempfile.mkdtemp(prefix=_prefix(target.name), suffix=_SUFFIX, dir=target.parent))
    # The kernel drops this lock when its holder dies, so `abandoned_folders` is never wrong about a living one.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(descriptor)
        shutil.rmtree(folder, ignore_errors=True)


def sync_to_disk(path: Path) -> None:
    """Wait for the disk to take a file, or a folder's list of names. Raises OSError.

    Never a database that this process has open: closing a descriptor of one's own drops SQLite's locks on it.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def abandoned_folders(parent: Path, name: str | None = None) -> Iterator[Path]:
    """The staging folders in ``parent``, of the target called ``name`` or of any, whose process has died."""
    prefix = "." if name is None else _prefix(name)
    for folder in sorted(parent.glob(f"{glob.escape(prefix)}*{_SUFFIX}")):
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield folder
        except BlockingIOError:
            continue
        finally:
            os.close(descriptor)
