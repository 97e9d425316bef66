"""A file is read once, whoever asks again: one command for its task and its rows, or the workers of a launch.

A study without a metric gets that of its target, which only the data tell. `check` goes on with their rows; a launch
does not, and holds nothing of them. Its workers are forked from one process, which loads the splits for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from objectives.data.arrays import Splits
from objectives.data.dataset import Dataset
from objectives.data.paths import digest
from objectives.data.settings import DataSettings
from objectives.errors import DataError

State = tuple[int, ...] | str | None


@dataclass(frozen=True)
class _Read:
    """What one reading came to."""

    settings: DataSettings
    state: State
    outcome: Dataset | DataError


@dataclass(frozen=True)
class _Shared:
    """The splits that this process, or the one it was forked from, has loaded for others."""

    key: tuple[DataSettings, int, float]
    state: State
    splits: Splits


_shared: _Shared | None = None
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


def share(settings: DataSettings, seed: int, fraction: float, load: Callable[[], Splits]) -> None:
    """Load splits for this process and all that are forked from it; what cannot be loaded is told by those."""
    global _shared
    before = _state(settings.dataset)
    try:
        splits = load()
        if len(splits) == 1:
            splits[0]  # made once, in memory that all have in common
    except (DataError, MemoryError):
        return
    if _state(settings.dataset) == before:
        _shared = _Shared((settings, seed, fraction), before, splits)


def shared(settings: DataSettings, seed: int, fraction: float) -> Splits | None:
    """Return the splits that were shared; None where there are no such, or their file may have been written since."""
    if _shared is None or _shared.key != (settings, seed, fraction) or _shared.state != _state(settings.dataset):
        return None
    return _shared.splits


def _state(dataset: str) -> State:
    """What changes when a file is written or replaced; None for what has a name and does not change."""
    path = Path(dataset)
    try:
        if path.is_dir():
            return digest(dataset)
        now = path.stat()
    except (OSError, ValueError):
        return None
    return now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns
