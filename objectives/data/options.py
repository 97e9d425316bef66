"""What a study says about a file of its own, as far as its reader has to know."""

from __future__ import annotations

from dataclasses import dataclass

from objectives.preprocessing.spelling import Spelling


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """Made by `DataSettings.read_options`, which has checked each against the format; a format ignores the others."""

    target: str | None = None
    """The column of a table that is to be predicted."""
    text: str | None = None
    """The column of a table that holds texts, to learn from it alone."""
    ignore: tuple[str, ...] = ()
    """Columns of a table that nothing is learned from."""
    categories: tuple[str, ...] = ()
    """Columns of a table that are categories, though they are numbers."""
    numbers: tuple[str, ...] = ()
    """Columns of a table that are numbers, whatever else is in them."""
    dates: tuple[str, ...] = ()
    """Columns of a table of which the parts of a date are learned from."""
    words: tuple[str, ...] = ()
    """Columns of a table that hold texts, of which the words are learned from beside the other columns."""
    group: str | None = None
    """The column of a table whose rows of one value stay together."""
    time: str | None = None
    """The column of a table by which its rows are split."""
    missing: str = "mean"
    """What becomes of rows without a value: "drop", "refuse", or any other: they are kept, and filled later."""
    task: str = "auto"
    """How labels are told from numbers; see dataset.make_labels."""
    header: bool | None = None
    """Whether the first line of a file of text names the columns. None: read off."""
    separator: str | None = None
    """The sign between the cells of a file of text. None: read off."""
    encoding: str = "utf-8"
    """Of a file of text."""
    decimal: str = "."
    """The sign before the decimals of numbers in a file of text."""
    thousands: str | None = None
    """The sign between their thousands."""
    image_size: tuple[int, int] | None = None
    """Height and width of all images. None: those of the first."""

    def spelling(self, column: str) -> Spelling:
        """How the numbers of a column are written."""
        return Spelling(decimal=self.decimal, thousands=self.thousands, loose=column in self.numbers)
