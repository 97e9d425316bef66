"""How facts are printed: for people, and as JSON for scripts."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Column, Table
from rich.text import Text

from objectives.wording import printable

# What our curves are drawn with, for a terminal that has no such characters.
_PLAIN = str.maketrans("▁▂▃▄▅▆▇█•○◉┤│…", "_.-=+*%#*o@||~")


class PrintableConsole(Console):
    """A console to which all text is data: a terminal obeys none of it, and what it cannot show is said."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render as rich does; only rich's own segments move the cursor or change colours."""
        is_plain = (options or self.options).ascii_only
        for segment in super().render(renderable, options):
            if segment.control is None:
                text = printable(segment.text, lines=True)
                segment = Segment(text.translate(_PLAIN) if is_plain else text, segment.style)
            yield segment


def console(*, stderr: bool = False) -> Console:
    """Where things are shown; plain text, and wide enough for any table, when that is no terminal."""
    # Rich would make a picture of the end of `file.py:two:`.
    made = PrintableConsole(stderr=stderr, highlight=False, emoji=False, soft_wrap=True)
    if not made.is_terminal:
        made.width = 240
    return made


def error_line(sentence: str) -> None:
    """One sentence on stderr, never wrapped or coloured beyond its first word."""
    out = console(stderr=True)
    out.print("[bold red]studyhall:[/] ", end="")
    out.print(sentence, markup=False)


def print_json(data: Any) -> None:
    """Stable keys, one document; dates as text, and null for what JSON lacks (NaN, infinity)."""
    sys.stdout.write(json.dumps(_strict(data), indent=2, default=str, allow_nan=False) + "\n")
    sys.stdout.flush()


def _strict(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {str(key): _strict(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_strict(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str | None = None, numbers: Collection[str] = ()
) -> Table:
    """A plain table with a header. The first cell of a row is a name, in one line; others may have several.

    Args:
        numbers: the columns that are numbers, which are right-aligned.
    """
    heads = [
        Column(Text(printable(head)), justify="right", no_wrap=True)
        if head in numbers
        else Column(Text(printable(head)))
        for head in columns
    ]
    made = Table(*heads, title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for row in rows:
        made.add_row(*(Text(printable(cell, lines=place > 0)) for place, cell in enumerate(row)))
    return made


def shortened(text: str, most: int, *, end: int = 0) -> str:
    """A text of others in one line of at most `most` cells of a terminal, with a sign where it is cut.

    Args:
        end: so many characters at its end are kept, since names often differ there alone.
    """
    line = printable(text)
    if cell_len(line) <= most:
        return line
    tail = line[-end:] if end else ""
    head = Text(line)
    head.truncate(max(1, most - cell_len(tail)), overflow="ellipsis")
    return head.plain + tail


def number(value: float | None) -> str:
    """A value as people read it."""
    return "-" if value is None else f"{value:.6g}"


def counted(count: int, what: str) -> str:
    """A number of things: "1 trial", "2 trials"."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def parameters(params: Mapping[str, Any]) -> str:
    """Parameters in one line."""
    if not params:
        return "no parameters"
    return ", ".join(f"{printable(name)}={parameter_text(value)}" for name, value in params.items())


def parameter_text(value: object) -> str:
    """One parameter's value in one line."""
    return number(value) if isinstance(value, float) else printable(str(value))


def clock(seconds: float | None) -> str:
    """A length of time such as 1:02:03 or 0:42; a dash when it is not known."""
    if seconds is None:
        return "-"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
