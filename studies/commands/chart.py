"""Curves drawn with characters, told apart by their marks: a terminal without colours and a file show them too."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

WIDTH, HEIGHT = 44, 9  # of the drawn area, in characters
_MARKS = (("•", "cyan"), ("○", "yellow"))
_BOTH = ("◉", "green")
_LOG_FROM = 50.0  # a curve that falls to a fiftieth would be a line along the bottom


def chart(title: str, curves: Mapping[str, Sequence[float]]) -> RenderableType:
    """At most two curves of one value an epoch; what is not finite leaves a gap."""
    shown = {name: values for name, values in curves.items() if values}
    finite = [value for values in shown.values() for value in values if math.isfinite(value)]
    if not finite:
        return Text(f"{title}: no finite value", style="dim")
    low, high = min(finite), max(finite)
    is_log = low > 0 and high / low > _LOG_FROM
    cells: dict[tuple[int, int], tuple[str, str]] = {}
    for pair, values in zip(_MARKS, shown.values(), strict=False):
        for column in range(WIDTH):
            height = _share(_between(values, column / (WIDTH - 1)), low, high, is_log=is_log)
            if height is not None:
                place = (HEIGHT - 1 - round(height * (HEIGHT - 1)), column)
                cells[place] = _BOTH if cells.get(place, pair) != pair else pair
    legend = Text(f"{title}{' (log)' if is_log else ''}  ", style="bold")
    for (mark, style), name in zip(_MARKS, shown, strict=False):
        legend.append(f"{mark} {name}  ", style=style)
    ends = f"{low:.3g}", f"{high:.3g}"
    margin = max(map(len, ends))
    last = f"epoch {max(map(len, shown.values()))}"
    axis = Text(f"{'':{margin}}  1{last:>{WIDTH - 1}}", style="dim", no_wrap=True)
    return Group(legend, _rows(cells, *ends, margin), axis)


def side_by_side(charts: Sequence[RenderableType], width: int) -> RenderableType:
    """Beside each other where that many columns suffice, else below."""
    if width < len(charts) * (WIDTH + 14):
        return Group(*charts)
    grid = Table.grid(padding=(0, 4, 0, 0))
    grid.add_row(*charts)
    return grid


def _rows(cells: Mapping[tuple[int, int], tuple[str, str]], low: str, high: str, margin: int) -> Text:
    drawn = Text(no_wrap=True)
    for row in range(HEIGHT):
        label = high if row == 0 else low if row == HEIGHT - 1 else ""
        drawn.append(f"{label:>{margin}} ┤" if label else f"{'':{margin}} │", style="dim")
        for column in range(WIDTH):
            mark, style = cells.get((row, column), (" ", ""))
            drawn.append(mark, style=style)
        drawn.append("\n" if row < HEIGHT - 1 else "")
    return drawn


def _between(values: Sequence[float], share: float) -> float:
    """The value at that share of the way along, straight lines between the epochs."""
    place = share * (len(values) - 1)
    before = min(int(place), len(values) - 1)
    after = min(before + 1, len(values) - 1)
    weight = place - before
    return values[before] if weight == 0 else values[before] * (1 - weight) + values[after] * weight


def _share(value: float, low: float, high: float, *, is_log: bool) -> float | None:
    if not math.isfinite(value):
        return None
    if high == low:
        return 0.5
    if is_log:
        return math.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)
