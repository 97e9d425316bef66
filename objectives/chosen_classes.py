"""Some classes of a data set as a data set of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from objectives.rows import DataFault, Rows
from objectives.wording import by_nearness, written


def only_classes(rows: Rows, chosen: Sequence[int | str] | None) -> Rows:
    """Return the rows of those classes alone, numbered anew from 0 in the order in which they are chosen.

    A class is chosen by its number or, where the data set has names, by its name. None returns all rows as they are.
    Raises DataFault for a class that there is not, for one that is chosen twice, and for data without classes.
    """
    import numpy as np

    if chosen is None:
        return rows
    if rows.classes is None:
        raise DataFault(f"data.only_classes: {rows.origin} has a number to predict and no classes; leave it out")
    numbers = [_number(rows, one) for one in chosen]
    if len(set(numbers)) < len(numbers):
        raise DataFault(f"data.only_classes = {list(chosen)} names a class of {rows.origin} twice")
    # From the number of a class to its new one; -1 for those left out.
    anew = np.full(rows.classes, -1, np.int64)
    anew[numbers] = np.arange(len(numbers))
    labels = anew[rows.y]
    kept = labels >= 0
    names = tuple(rows.names[number] for number in numbers) if rows.names else ()
    return replace(rows, x=rows.x[kept], y=labels[kept], classes=len(numbers), names=names)


def _number(rows: Rows, chosen: int | str) -> int:
    if isinstance(chosen, str) and chosen in rows.names:
        return rows.names.index(chosen)
    if isinstance(chosen, int) and chosen < (rows.classes or 0):
        return chosen
    named = f" or by name: {', '.join(by_nearness(str(chosen), rows.names))}" if rows.names else ""
    raise DataFault(
        f"data.only_classes: {rows.origin} has no class {written(chosen)}; its classes are 0 to "
        f"{(rows.classes or 0) - 1}{named}"
    )
