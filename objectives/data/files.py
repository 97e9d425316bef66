"""A path of the user's own, found and read so that nothing odd there holds the program up."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def at_home(text: str) -> Path:
    """Return the path with its `~` filled in; where that names no user there is, it stays, and is found by nobody."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def real_path(text: str, folder: Path) -> str:
    """Return the absolute path that a text names from a folder, links followed; of a circle of links any of them."""
    return os.path.realpath(folder / at_home(text))


def read_bytes(path: Path, *, largest: int | None = None) -> bytes:
    """Return what the file holds; a pipe, which would wait for somebody to write, and a device are not read.

    Args:
        path: where it lies.
        largest: how many bytes are read at most.

    Raises:
        OSError: it cannot be read, is no file, or holds more.
    """
    # Without waiting: only afterwards it is known what was opened.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        found = "a folder" if stat.S_ISDIR(mode) else "a pipe, a socket or a device, and no file"
        raise OSError(errno.EINVAL, f"it is {found}", str(path))
    with os.fdopen(descriptor, "rb") as file:
        content = file.read() if largest is None else file.read(largest + 1)
    if largest is not None and len(content) > largest:
        raise OSError(errno.EFBIG, f"it has more than {largest / 2**20:.0f} MiB", str(path))
    return content
