"""Data that this machine's memory cannot hold: refused before they are read where that is known, else told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from objectives.errors import DataError, OutOfMemory


def refuse_too_large(path: Path, needed: int, what: str, advice: str) -> None:
    """Refuse data that need more bytes than there is memory; files may claim any size.

    Raises:
        DataError: says what needs how much, and the advice.
    """
    import psutil

    memory = psutil.virtual_memory().total
    if needed > memory:
        raise DataError(
            f"{path}: {what} need {needed / 2**30:,.0f} GiB of memory, and there are {memory / 2**30:.0f}: {advice}"
        )


@contextmanager
def enough_memory(what: str) -> Iterator[None]:
    """Around what reads, splits or scales data: where memory runs out, the sentence names them.

    Raises:
        OutOfMemory: memory has run out.
    """
    try:
        yield
    except MemoryError as error:
        cause = f" ({error})" if str(error) else ""
        raise OutOfMemory(
            f"{what}: there is too little memory for these data{cause}",
            hint="give fewer rows or columns, or free memory: each worker holds them",
        ) from error
