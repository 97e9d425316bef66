"""A file that one command asks twice, for its task and then for its rows, is read once.

A study without a metric gets that of its target, which only the data tell. `check` goes on with their rows; a launch
does not, and holds nothing of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from objectives.data.dataset import Dataset
from objectives.data.settings import DataSettings
from objectives.errors import DataError


@dataclass(frozen=True)
class _Read:
    """What one reading came to."""

    settings: DataSettings
    state: tuple[int, ...] | None
    outcome: Dataset | DataError


_last: ContextVar[list[_Read] | None] = ContextVar("last", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Within the block, what `read_ahead` has read is kept for the one who takes it."""
    token = _last.set([])
    try:
        yield
    finally:
        _last.reset(token)


def read_ahead(settings: DataSettings, load: Callable[[DataSettings], Dataset]) -> Dataset:
    """Load a dataset before its rows are wanted.

    Raises:
        DataError: as `load` does, and for the one who takes it once more.
    """
    kept, state = _last.get(), _state(settings.dataset)
    try:
        dataset = load(settings)
    except DataError as fault:
        if kept is not None:
            kept[:] = [_Read(settings, state, fault)]
        raise
    if kept is not None:
        kept[:] = [_Read(settings, state, dataset)]
    return dataset


def take(settings: DataSettings) -> Dataset | None:
    """Return what was read ahead with these settings, and keep it no longer.

    None where nothing was, or where the file system says that the file may have been written since.

    Raises:
        DataError: what the reading came to.
    """
    kept = _last.get()
    if not kept:
        return None
    found = kept.pop()
    if found.settings != settings or found.state is None or found.state != _state(settings.dataset):
        return None
    if isinstance(found.outcome, DataError):
        raise found.outcome
    return found.outcome


def _state(dataset: str) -> tuple[int, ...] | None:
    """What changes when the file is written or replaced; None where there is no such file."""
    try:
        now = Path(dataset).stat()
    except (OSError, ValueError):
        return None
    return now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns
