"""What every source of data gives: rows and their labels, before they are split and scaled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from objectives.errors import DataError
from objectives.preprocessing.columns import Feature
from objectives.preprocessing.pipeline import Preprocessing
from objectives.wording import written

if TYPE_CHECKING:
    import numpy as np

Kind = Literal["image", "table", "text"]
ColumnKind = Literal["number", "category", "date", "text"]
Role = Literal["feature", "target", "text", "group", "time", "ignored"]

# Whole numbers as targets are classes up to so many different ones; more of them are regression targets.
MOST_CLASSES_IN_NUMBERS = 20

LARGEST_NUMBER = 3.4e38  # about that of float32, in which networks compute


@dataclass(frozen=True, kw_only=True)
class ColumnReport:
    """One column of a user's table, as `check` shows it."""

    name: str
    kind: ColumnKind
    distinct: int
    """How many different values it has, a missing one not counted."""
    missing: int
    """Rows without a value."""
    example: str
    """Its first value, as the file writes it."""
    role: Role
    becomes: str
    """In words: "a number", "4 categories", "year, month, weekday", "left out: the file's index"."""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """The rows a study may divide, before scaling: never those of a predefined test split."""

    x: np.ndarray
    """Images: shape (rows, height, width, channels), any number dtype. Tables: (rows, features), float64.
    Texts: (rows,), dtype object, each a str."""
    y: np.ndarray
    """Shape (rows,). Classes: int64, from 0 to classes - 1. Regression: float32."""
    classes: int | None
    """None: regression."""
    kind: Kind
    source: str
    """Where the rows come from: a path, or the name of a function."""
    names: tuple[str, ...] = ()
    """Of the classes, in the order of their numbers, where the source has them."""
    predefined_test: bool = False
    """Whether the makers set a test split aside, which is not among these rows."""
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    """What made `x` of the columns of a file; no step where they need none."""
    features: tuple[Feature, ...] = ()
    """What stands in the columns of `x`, for a table of a file."""
    groups: np.ndarray | None = None
    """Shape (rows,), int64: rows of one number lie on one side of every split."""
    times: np.ndarray | None = None
    """Shape (rows,), float64: later rows validate, and the last ones test."""
    validation: np.ndarray | None = None
    """Shape (rows,), bool: the rows that the makers set aside to validate."""
    columns: tuple[ColumnReport, ...] = ()
    """Of the file, in its order: what each holds, and what becomes of it."""
    notes: tuple[str, ...] = ()
    """Sentences for the user on what was left out, taken for something, or looks odd."""

    def taken(self, rows: np.ndarray) -> Dataset:
        """Return these rows alone; `rows` are numbers, or a mask of shape (rows,)."""
        return replace(
            self,
            x=self.x[rows],
            y=self.y[rows],
            groups=None if self.groups is None else self.groups[rows],
            times=None if self.times is None else self.times[rows],
            validation=None if self.validation is None else self.validation[rows],
        )


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Labels as networks want them; the fields are those of Dataset."""

    y: np.ndarray
    classes: int | None
    names: tuple[str, ...] = ()


def make_labels(
    values: np.ndarray | Sequence[str], task: str, where: str, texts: Sequence[str] | None = None
) -> Labels:
    """Tell classes from regression targets, and number the classes in the order of their values.

    `values` are texts or an array of finite numbers, shape (rows,); `task` is "classification", "regression" or "auto":
    then texts, and whole numbers of at most MOST_CLASSES_IN_NUMBERS different values, are classes, and all else is
    regression. `where` names them in sentences. `texts` are numbers as their file writes them: classes that are written
    differently, such as the codes 1 and 01, are different.

    Raises:
        DataError: where they cannot be what the study says.
    """
    import numpy as np

    if len(values) == 0:
        raise DataError(f"{where} has no rows")
    if not isinstance(values, np.ndarray):
        if task == "regression":
            raise DataError(
                f"{where} holds texts such as {written(values[0])}", hint='task = "regression" wants numbers'
            )
        return _classes(np.array(values, dtype=object), where)
    different = np.unique(values)
    whole = bool((different == np.floor(different)).all())
    if task == "classification" or (task == "auto" and whole and len(different) <= MOST_CLASSES_IN_NUMBERS):
        if texts is not None and len(set(texts)) > len(different):
            return _classes(np.array(texts, dtype=object), where)
        return _classes(values, where)
    if len(different) == 1:
        raise DataError(f"{where} is {different[0]:g} in every row, so there is nothing to learn")
    return Labels(y=values.astype(np.float32), classes=None)


def _classes(values: np.ndarray, where: str) -> Labels:
    import numpy as np

    different, numbers = np.unique(values, return_inverse=True)
    if len(different) == 1:
        raise DataError(f"{where} is {written(_name(different[0]))} in every row, so there is nothing to learn")
    if len(different) > max(2, len(values) / 2):
        advice = "" if isinstance(different[0], str) else ', or say task = "regression"'
        raise DataError(
            f"{where} has {len(different):,} different values in {len(values):,} rows, which are no classes: "
            f"name another target{advice}"
        )
    return Labels(y=numbers.astype(np.int64), classes=len(different), names=tuple(_name(value) for value in different))


def _name(value: object) -> str:
    if isinstance(value, str):
        return value
    # 3.0 is how a table's reader keeps the class that its file calls 3.
    number = float(value)  # type: ignore[arg-type]
    return str(int(number)) if number.is_integer() else repr(number)


def smallest_class(y: np.ndarray, names: Sequence[str]) -> tuple[str, int]:
    """Return the name and the number of rows of the class that has fewest."""
    counts = Counter(y.tolist())
    number = min(counts, key=lambda label: (counts[label], label))
    return (names[number] if names else str(number)), counts[number]
