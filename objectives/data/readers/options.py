"""What a study says about a file of its own, as far as its reader has to know."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """Made by `DataSettings.read_options`, which has checked each against the format; a format ignores the others."""

    target: str | None = None
    """The column of a table that is to be predicted."""
    text: str | None = None
    """The column of a table that holds texts, to learn from it alone."""
    ignore: tuple[str, ...] = ()
    """Columns of a table that nothing is learned from."""
    task: str = "auto"
    """How labels are told from numbers; see dataset.make_labels."""
    image_size: tuple[int, int] | None = None
    """Height and width of all images. None: those of the first."""
