"""A user's table as a data set: columns become features, one column the target, or one column the texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from objectives.data.dataset import ColumnReport, Dataset
from objectives.data.options import ReadOptions
from objectives.data.tables.features import FeatureColumn, feature_of
from objectives.data.tables.interpreting import Interpreted, interpret
from objectives.data.tables.labels import labels_of
from objectives.data.tables.oddities import alike, is_index, note_of
from objectives.data.tables.roles import roles_of
from objectives.data.tables.rows import gaps_of, whole_rows
from objectives.data.tables.table import Table
from objectives.errors import DataError
from objectives.preprocessing.columns import TableReader, seconds_of_texts
from objectives.preprocessing.pipeline import Preprocessing
from objectives.wording import written

if TYPE_CHECKING:
    import numpy as np

_LEFT_OUT = "left out: the index of the file"


def dataset_of_table(table: Table, options: ReadOptions, path: Path) -> Dataset:
    """Make a Dataset of a table.

    The categories of all rows are told apart, so that all splits have the same features. What has no value is NaN, and
    is filled for each split.

    Raises:
        DataError: with all that is wrong, where columns do not hold what their roles ask for.
    """  # noqa: DOC501  `_also` makes a DataError
    roles = roles_of(tuple(table.columns), options, path)
    seen = {name: interpret(name, table, options) for name in table.columns}
    missing = {name: int(gaps_of(one, options).sum()) for name, one in seen.items()}
    kept, notes = whole_rows(table, seen, roles, options, path)
    index = [name for name in roles.features if is_index(seen[name], table, options)]
    if len(kept) < table.rows:
        seen = {name: column.taken(kept) for name, column in seen.items()}
    features = [seen[name] for name in roles.features if name not in index]
    try:
        found = labels_of(seen[roles.target], options, path)
    except DataError as fault:
        raise _also(fault, features, roles.target, options, path) from None
    columns = _features(features, roles.target, options, path)
    notes += [f"column {written(name)} is the index of the file, and is left out" for name in index]
    if said := alike(roles.target, found.names, "classes"):
        notes.append(said)
    notes += [note for one in columns if (note := note_of(one, found))]
    reader = TableReader(tuple(one.reader for one in columns))
    becomes = {one.seen.name: one.becomes for one in columns} | dict.fromkeys(index, _LEFT_OUT)
    becomes[roles.target] = "a number" if found.classes is None else f"{found.classes} classes"
    return Dataset(
        x=_texts(seen, options, path) if options.text is not None else _matrix(columns, len(kept)),
        y=found.y,
        classes=found.classes,
        kind="table" if options.text is None else "text",
        source=str(path),
        names=found.names,
        preprocessing=Preprocessing((reader,)) if columns else Preprocessing(),
        features=reader.features,
        groups=_groups(seen, options),
        times=_times(seen, options, path),
        columns=tuple(
            ColumnReport(
                name=name,
                kind="text" if name == options.text else one.kind,
                distinct=one.distinct,
                missing=missing[name],
                example=one.example,
                role="ignored" if name in index else roles.special.get(name, "feature"),
                becomes=becomes.get(name, ""),
            )
            for name, one in seen.items()
        ),
        notes=(*table.notes, *notes),
    )


def _features(seen: Sequence[Interpreted], target: str, options: ReadOptions, path: Path) -> list[FeatureColumn]:
    """What is learned from the columns.

    Raises:
        DataError: with all columns that cannot be learned from.
    """  # noqa: DOC501  `_refusal` makes a DataError
    columns, faults = [], []
    for one in seen:
        try:
            columns.append(feature_of(one, options))
        except DataError as error:
            faults.append((one.name, error))
    if faults:
        raise _refusal(faults, options, path)
    if not columns and options.text is None:
        raise DataError(f"{path} has no column beside the target {written(target)} to learn from")
    return columns


def _also(fault: DataError, seen: Sequence[Interpreted], target: str, options: ReadOptions, path: Path) -> DataError:
    """What is wrong with the target, and what is wrong with the features as well."""
    try:
        _features(seen, target, options, path)
    except DataError as more:
        return DataError(f"{fault}\n{more}")
    return fault


def _refusal(faults: Sequence[tuple[str, DataError]], options: ReadOptions, path: Path) -> DataError:
    """All faults in one, and the line that leaves these columns out."""
    ignore = f"ignore = [{', '.join(map(written, (*options.ignore, *(name for name, _ in faults))))}]"
    said = [
        f"column {written(name)} {fault.message}{f': {fault.hint}' if fault.hint else ''}" for name, fault in faults
    ]
    if len(said) == 1:
        word = ", or " if faults[0][1].hint else ": "
        return DataError(f"{path}: {said[0]}{word}leave the column out with {ignore}")
    lines = "".join(f"\n  {one}" for one in said)
    return DataError(
        f"{path} has {len(said)} columns that cannot be learned from:{lines}\n  leave them out with {ignore}"
    )


def _matrix(columns: Sequence[FeatureColumn], rows: int) -> np.ndarray:
    import numpy as np

    features = [values for one in columns for values in one.values]
    x = np.empty((rows, len(features)), np.float64)
    for place, values in enumerate(features):
        x[:, place] = values
    return x


def _texts(seen: Mapping[str, Interpreted], options: ReadOptions, path: Path) -> np.ndarray:
    assert options.text is not None, "asked for where there is one"
    raw = seen[options.text].raw
    if raw is None or seen[options.text].numbers is not None:
        raise DataError(f"data.text = {written(options.text)}: the column holds numbers, no texts, in {path}")
    return raw.texts()


def _groups(seen: Mapping[str, Interpreted], options: ReadOptions) -> np.ndarray | None:
    import numpy as np

    if options.group is None:
        return None
    one = seen[options.group]
    if one.numbers is not None:
        codes: np.ndarray = np.unique(one.numbers, return_inverse=True)[1]
    else:
        assert one.texts is not None, "texts, where there are no numbers"
        codes = one.texts.dictionary_encode().indices.to_numpy()
    return codes.astype(np.int64)


def _times(seen: Mapping[str, Interpreted], options: ReadOptions, path: Path) -> np.ndarray | None:
    """The numbers, or moments, by which rows are ordered.

    Raises:
        DataError: where the column holds neither.
    """
    if options.time is None:
        return None
    one = seen[options.time]
    if one.numbers is not None:
        return one.numbers
    try:
        return seconds_of_texts(one.texts)
    except DataError as error:
        raise DataError(f"data.time of {path}: column {written(one.name)} {error.message}", hint=error.hint) from None
