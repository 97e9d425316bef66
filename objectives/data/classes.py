"""Some classes of a data set as a data set of its own: those that a study names, and those that are not rare."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from objectives.data.dataset import Dataset
from objectives.errors import DataError
from objectives.wording import by_nearness, written

if TYPE_CHECKING:
    import numpy as np

RareClasses = Literal["drop", "refuse", "other"]

# More than this part of the rows is no rare case: the study asks for more splits than its classes have rows for.
_MOST_DROPPED = 0.2
_OTHER = "other"
_MOST_NAMED = 3  # classes in a sentence


def select_classes(dataset: Dataset, chosen: Sequence[int | str] | None) -> Dataset:
    """Return the rows of those classes alone, numbered anew from 0 in the order in which they are chosen.

    A class is chosen by its name or, where the data set has none or they are words, by its number. None returns all
    rows as they are.

    Raises:
        DataError: for a class that there is not, for one that is chosen twice, and for data without classes.
    """
    import numpy as np

    if chosen is None:
        return dataset
    if dataset.classes is None:
        raise DataError(f"data.classes: {dataset.source} has a regression target and no classes", hint="leave it out")
    numbers = [_number(dataset, one) for one in chosen]
    if len(set(numbers)) < len(numbers):
        raise DataError(f"data.classes = {list(chosen)} names a class of {dataset.source} twice")
    # From the number of a class to its new one; -1 for those left out.
    anew = np.full(dataset.classes, -1, np.int64)
    anew[numbers] = np.arange(len(numbers))
    labels = anew[dataset.y]
    kept = labels >= 0
    names = tuple(dataset.names[number] for number in numbers) if dataset.names else ()
    return replace(replace(dataset, y=labels).taken(kept), classes=len(numbers), names=names)


def settle_rare_classes(dataset: Dataset, treatment: RareClasses, parts: int) -> Dataset:
    """Leave out, or join, the classes that have fewer rows than there are splits; notes say which.

    Classes that are left are numbered anew in their order, the joined one last. Classes of many rows in few groups are
    joined, but never left out. The dataset comes back as it is where there is no such class, and where more than a
    fifth of the rows would be left out: then splitting it says what is wrong.

    Args:
        dataset: with or without classes.
        treatment: `data.rare_classes`.
        parts: how many splits need a row of each class.

    Raises:
        DataError: where one class alone would be left, where the study refuses rare classes, and for a
            treatment of classes where there are none.
    """
    if dataset.classes is None:
        if treatment != "drop":
            target = f"{dataset.source} has a regression target and no classes"
            raise DataError(f"data.rare_classes = {written(treatment)}: {target}", hint="leave it out")
        return dataset
    if treatment == "refuse":
        return _without_any_rare(dataset, parts)
    if treatment == "drop":
        return _without_rare(dataset, parts)
    joined = _joined(dataset, parts)
    why = ", and there is no other to join it with" if joined is dataset else ", even as one"
    return _without_rare(joined, parts, why=why)


def class_name(dataset: Dataset, number: int) -> str:
    """Return a class as sentences write it: its name in quotes, or its number where it has none."""
    return written(dataset.names[number]) if dataset.names else str(number)


def _counts(dataset: Dataset) -> np.ndarray:
    """The rows of each class, shape (classes,), int64."""
    import numpy as np

    assert dataset.classes is not None
    return np.bincount(dataset.y, minlength=dataset.classes)


def _names(dataset: Dataset) -> tuple[str, ...]:
    # A class that gets another number would not be known again without a name.
    return dataset.names or tuple(map(str, range(dataset.classes or 0)))


def _too_few(dataset: Dataset, parts: int) -> np.ndarray:
    counts = _counts(dataset)
    rare: np.ndarray = (counts > 0) & (counts < parts)
    return rare


def _without_any_rare(dataset: Dataset, parts: int) -> Dataset:
    if (rare := _too_few(dataset, parts)).any():
        raise DataError(
            f"{dataset.source}: {_told(dataset, rare)}, too few for every split",
            hint='data.rare_classes = "drop" leaves such rows out, and "other" makes one class of several',
        )
    return dataset


def _joined(dataset: Dataset, parts: int) -> Dataset:
    """The dataset with one class of all that have too few rows or groups, where these are several.

    Raises:
        DataError: where that is all classes.
    """
    import numpy as np

    counts, names, rare = _counts(dataset), _names(dataset), _too_few(dataset, parts)
    if dataset.groups is not None:
        pairs = np.unique(np.stack([dataset.groups, dataset.y]), axis=1)
        rare = rare | (counts > 0) & (np.bincount(pairs[1], minlength=len(counts)) < parts)
    # A class that is called so already is one of them.
    joined = rare | np.array([name == _OTHER for name in names])
    if not rare.any() or joined.sum() == 1:
        return dataset
    if not (~joined & (counts > 0)).any():
        raise DataError(
            f"{dataset.source}: {_told(dataset, rare)}, too few for every split, and all classes would be one",
            hint="fewer splits, or more rows of each class",
        )
    rows = int(counts[rare].sum())
    note = (
        f"{_told(dataset, rare)}, too few for every split: {_possessive(rare)} {_rows(rows)} "
        f"{'is' if rows == 1 else 'are'} of class {written(_OTHER)} (data.rare_classes)"
    )
    anew = np.where(joined, (~joined).sum(), np.cumsum(~joined) - 1)
    return replace(
        dataset,
        y=anew[dataset.y],
        classes=int((~joined).sum()) + 1,
        names=(*(name for name, one in zip(names, joined, strict=True) if not one), _OTHER),
        notes=(*dataset.notes, note),
    )


def _without_rare(dataset: Dataset, parts: int, why: str = "") -> Dataset:
    """The dataset without the classes of too few rows; `why` is a part of the note.

    Raises:
        DataError: where one class would be left.
    """
    import numpy as np

    counts, rare = _counts(dataset), _too_few(dataset, parts)
    dropped = int(counts[rare].sum())
    if not dropped:
        return dataset
    if dropped > _MOST_DROPPED * len(dataset.y):
        # Splits by time ask for no class, and would say nothing.
        return dataset if dataset.times is None else _without_any_rare(dataset, parts)
    told = f"{_told(dataset, rare)}, too few for every split"
    if (counts >= parts).sum() < 2:
        left = class_name(dataset, int(counts.argmax()))
        raise DataError(f"{dataset.source}: {told}, and then class {left} is the only one: there is nothing to learn")
    rows = "row" if dropped == 1 else _rows(dropped)
    note = f"{told}{why}: {_possessive(rare)} {rows} {'is' if dropped == 1 else 'are'} left out (data.rare_classes)"
    anew = np.cumsum(~rare) - 1
    return replace(
        replace(dataset, y=anew[dataset.y]).taken(~rare[dataset.y]),
        classes=int((~rare).sum()),
        names=tuple(name for name, one in zip(_names(dataset), rare, strict=True) if not one),
        notes=(*dataset.notes, note),
    )


def _told(dataset: Dataset, rare: np.ndarray) -> str:
    """As the beginning of a sentence: class "B" has 1 row."""
    import numpy as np

    counts, numbers = _counts(dataset), np.flatnonzero(rare)
    named = [f"class {class_name(dataset, one)} has {_rows(int(counts[one]))}" for one in numbers[:_MOST_NAMED]]
    if len(numbers) > _MOST_NAMED:
        named.append(f"{len(numbers) - _MOST_NAMED} more have as few")
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def _possessive(rare: np.ndarray) -> str:
    return "its" if rare.sum() == 1 else "their"


def _rows(count: int) -> str:
    return f"{count:,} row{'s' if count != 1 else ''}"


def _number(dataset: Dataset, chosen: int | str) -> int:
    # Where classes are called by numbers, 1 is the one called 1, and not the second.
    numbered = bool(dataset.names) and all(re.fullmatch(r"-?\d+", name) for name in dataset.names)
    if (isinstance(chosen, str) or numbered) and str(chosen) in dataset.names:
        return dataset.names.index(str(chosen))
    if isinstance(chosen, int) and not numbered and 0 <= chosen < (dataset.classes or 0):
        return chosen
    names = ", ".join(by_nearness(str(chosen), dataset.names))
    numbers = f"0 to {(dataset.classes or 0) - 1}{f' or by name: {names}' if names else ''}"
    known = names if numbered else numbers
    raise DataError(f"data.classes: {dataset.source} has no class {written(chosen)}", hint=f"its classes are {known}")
