"""Which rows of a table have what a row must have."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from objectives.data.options import ReadOptions
from objectives.data.tables.interpreting import Interpreted
from objectives.data.tables.roles import Roles
from objectives.data.tables.table import Table
from objectives.errors import DataError
from objectives.wording import written

if TYPE_CHECKING:
    import numpy as np


def whole_rows(
    table: Table, seen: Mapping[str, Interpreted], roles: Roles, options: ReadOptions, path: Path
) -> tuple[np.ndarray, list[str]]:
    """Return the numbers of the rows that have a label, a text, a group and a time, and sentences on the others.

    With `missing = "drop"` also a value in each feature.

    Raises:
        DataError: where the study refuses rows without values, and where none is left.
    """
    import numpy as np

    kept = np.ones(table.rows, bool)
    faults: list[str] = []
    notes: list[str] = []
    needed = [name for name, role in roles.special.items() if role != "ignored"]
    checks = [(f"no value in the column {written(name)}", gaps_of(seen[name], options)) for name in needed]
    if options.missing in ("drop", "refuse"):
        features = [(f"no value in the column {written(name)}", seen[name].gaps) for name in roles.features]
        if options.missing == "drop" and features:
            features = [("no value in one or more columns", np.logical_or.reduce([gaps for _, gaps in features]))]
        checks += features
    for why, gaps in checks:
        lost = gaps & kept
        if not (count := int(lost.sum())):
            continue
        rows = f"{count:,} of {table.rows:,} rows {'have' if count > 1 else 'has'} {why}"
        if options.missing == "refuse":
            faults.append(f"{rows} (first {table.place(int(np.flatnonzero(lost)[0]))})")
            continue
        kept &= ~gaps
        if not kept.any():
            raise DataError(f"{path}: {rows}, so that none is left")
        notes.append(f"{rows}, and {'are' if count > 1 else 'is'} left out")
    if faults:
        said = ", ".join(faults)
        raise DataError(f'{path}: {said}, and data.missing is "refuse"', hint="fill or remove them")
    return np.flatnonzero(kept), notes


def gaps_of(seen: Interpreted, options: ReadOptions) -> np.ndarray:
    """Return where a column has no value, bool, shape (rows,)."""
    import numpy as np

    if seen.name == options.text and seen.raw is not None:  # "NA" and "?" are texts like others
        return np.array([not text.strip() for text in seen.raw.texts()], bool)
    return seen.gaps
