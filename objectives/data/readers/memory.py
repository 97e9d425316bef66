"""Data that this machine's memory cannot hold are refused before they are read."""

from __future__ import annotations

from pathlib import Path

from objectives.errors import DataError


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
