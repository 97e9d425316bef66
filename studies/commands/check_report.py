"""What `check` shows of a study's data: columns, classes, and what a network should beat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from studies.commands.output import number, shortened, table

if TYPE_CHECKING:
    from objectives.data.dataset import ColumnReport
    from studies.preflight.baselines import Baseline
    from studies.preflight.data_check import ClassRows, DataCheck

_MOST_COLUMNS = 30
_FIRST_COLUMNS = 15  # of more than that
_MOST_CLASSES = 12
_LARGEST, _SMALLEST = 6, 3  # of more than that
_NARROW = 100  # columns of a terminal
# Of columns that are no features.
_PARTS = {"target": "target", "text": "texts", "group": "groups", "time": "order of the splits", "ignored": "left out"}
_PLURALS = {"number": "numbers", "category": "categories", "date": "dates", "text": "texts"}


def print_data(out: Console, data: DataCheck) -> None:
    """Print what there is to see of the data, a table for each, and an empty line after each."""
    if data.columns:
        _print_columns(out, data.columns)
    if data.class_rows:
        _print_classes(out, data.class_rows)
    if data.baselines:
        _print_baselines(out, data.baselines, data.train)


def _print_columns(out: Console, columns: Sequence[ColumnReport]) -> None:
    name_cells, example_cells = (20, 12) if out.width < _NARROW else (32, 24)
    shown, rest = _parted(columns)
    rows = [
        (
            shortened(column.name, name_cells, end=name_cells // 3),
            column.kind,
            f"{column.distinct:,}",
            f"{column.missing:,}" if column.missing else "-",
            shortened(column.example, example_cells),
            _becomes(column),
        )
        for column in shown
    ]
    heads = ["column", "kind", "distinct", "missing", "example", "becomes"]
    out.print(table(heads, rows, numbers=("distinct", "missing")))
    if rest:
        out.print(_counted(rest), markup=False)
    out.print()


def _becomes(column: ColumnReport) -> str:
    word = _PARTS.get(column.role, "")
    if not word or column.becomes.startswith(word):
        return column.becomes
    return f"{word}: {column.becomes}" if column.becomes else word


def _parted(columns: Sequence[ColumnReport]) -> tuple[list[ColumnReport], list[ColumnReport]]:
    """Which are shown, and which are only counted: of many, the first are shown, and those with a part of their own."""
    shown: list[ColumnReport] = []
    rest: list[ColumnReport] = []
    for place, column in enumerate(columns):
        is_one_of_many = len(columns) > _MOST_COLUMNS and place >= _FIRST_COLUMNS
        (rest if is_one_of_many and column.role in ("feature", "ignored") else shown).append(column)
    return shown, rest


def _counted(columns: Sequence[ColumnReport]) -> str:
    """How many there are of each kind."""
    used = Counter(column.kind for column in columns if column.role != "ignored")
    parts = [f"{count:,} {_PLURALS[kind] if count > 1 else kind}" for kind, count in used.most_common()]
    if left_out := sum(column.role == "ignored" for column in columns):
        parts.append(f"{left_out:,} left out")
    lacking = sum(column.missing > 0 for column in columns)
    missing = f"; {lacking:,} of them with missing values" if lacking else ""
    return f"and {len(columns):,} more: {', '.join(parts)}{missing}"


def _print_classes(out: Console, classes: Sequence[ClassRows]) -> None:
    name_cells = 32 if out.width < _NARROW else 60
    rows = [
        (shortened(one.name, name_cells, end=name_cells // 3), f"{one.rows:,}", f"{100 * one.share:.1f} %")
        for one in classes
    ]
    if len(classes) > _MOST_CLASSES:
        order = sorted(range(len(classes)), key=lambda place: -classes[place].rows)
        between = len(classes) - _LARGEST - _SMALLEST
        largest, smallest = order[:_LARGEST], order[-_SMALLEST:]
        rows = [
            *(rows[place] for place in largest),
            (f"({between:,} more)", "", ""),
            *(rows[place] for place in smallest),
        ]
    head = "class" if len(classes) <= _MOST_CLASSES else f"{len(classes):,} classes"
    out.print(table([head, "rows", "share"], rows, numbers=("rows", "share")))
    out.print()


def _print_baselines(out: Console, baselines: Sequence[Baseline], train: int) -> None:
    metric = baselines[0].metric
    rows = [
        (f"{one.name}{f', from {one.rows:,} rows' if one.rows < train else ''}", number(one.value)) for one in baselines
    ]
    out.print(table(["baseline", metric], rows, numbers=(metric,)))
    out.print()
