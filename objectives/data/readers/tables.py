"""A user's table (CSV, TSV, Parquet): columns become features, one column the target, or one column the texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from objectives.data.dataset import Dataset, make_labels
from objectives.data.readers.columns import date_fault, features_of, is_number, leave_out, values_of
from objectives.data.readers.delimited import Lines, read_cells
from objectives.data.readers.memory import refuse_too_large
from objectives.data.readers.options import ReadOptions
from objectives.errors import DataError
from objectives.preprocessing.columns import TableEncoder
from objectives.preprocessing.pipeline import Preprocessing
from objectives.wording import did_you_mean, listing, written

if TYPE_CHECKING:
    import numpy as np

    from objectives.preprocessing.columns import Column


_MOST_LISTED = 20


def read_delimited(path: Path, options: ReadOptions) -> Dataset:
    """Read a CSV or TSV file whose first line names the columns, or two columns of labels and texts without names.

    Raises DataError.
    """
    lines = read_cells(path)
    if options.target is None and options.text is None:
        return _labelled_texts(lines, path, options)
    columns = _by_name(lines, path)
    return dataset_of_table(list(columns), columns.__getitem__, options, path)


def read_parquet(path: Path, options: ReadOptions) -> Dataset:
    """Read a Parquet file.

    Raises:
        DataError: where the file cannot be read so, and where pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise DataError(
            f"{path} needs pyarrow, which is not installed",
            hint="install the extra tables: `.venv/bin/pip install '.[tables]'` in the folder of studyhall",
        ) from None
    if not path.is_file():
        raise DataError(f"no file {path}")
    try:
        with pq.ParquetFile(path) as file:
            # A page may say once what stands in millions of rows.
            cells = file.metadata.num_rows * file.metadata.num_columns
            refuse_too_large(path, 16 * cells, f"{cells:,} cells", "give a smaller file")
            table = file.read()
    except (OSError, OverflowError, ValueError, MemoryError, pa.ArrowException) as error:
        raise DataError(f"{path} cannot be read as Parquet: {error}") from error
    if len(set(table.column_names)) < len(table.column_names):
        raise DataError(f"{path} has two columns of one name")
    return dataset_of_table(table.column_names, lambda name: _from_arrow(table.column(name), name, path), options, path)


def _from_arrow(column: Any, name: str, path: Path) -> Column:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_temporal(kind):
        raise date_fault(name, path)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return ["" if value is None else value for value in column.to_pylist()]
    if (
        pa.types.is_boolean(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
    ):
        numbers: np.ndarray = pc.cast(column, pa.float64(), safe=False).to_numpy()
        return numbers
    raise DataError(
        f"{path}: column {written(name)} holds {kind}", hint=f"allowed: numbers and texts ({leave_out(name)})"
    )


def dataset_of_table(
    known: Sequence[str], column: Callable[[str], Column], options: ReadOptions, path: Path
) -> Dataset:
    """Make a Dataset of the columns that `known` names; only those that are used are asked for.

    Text columns are one-hot encoded, a feature for each text that occurs anywhere in the file, so that all splits
    have the same features; those that a training split lacks are nought in its split (see Scaler.fit).

    Raises:
        DataError: where a column is missing or does not hold what its role asks for.
    """
    import numpy as np

    for key, name in (("target", options.target), ("text", options.text), *(("ignore", n) for n in options.ignore)):
        if name is not None and name not in known:
            raise DataError(
                f"data.{key} = {written(name)}: {path} has no such column",
                hint=f"its columns are {_listed(known)}{did_you_mean(name, known)}",
            )
    target = options.target or _only_other(known, options, path)
    cells = column(target)
    as_written = None if isinstance(cells, np.ndarray) else [cell.strip() for cell in cells]
    y = values_of(cells, target, path)
    found = make_labels(y, options.task, f"{path}: the target {written(target)}", as_written)
    if options.text is not None:
        texts = column(options.text)
        if isinstance(texts, np.ndarray) or all(map(is_number, texts)):
            raise DataError(f"data.text = {written(options.text)}: the column holds numbers, no texts, in {path}")
        if empty := sum(not text.strip() for text in texts):
            raise DataError(
                f"{path}: column {written(options.text)} is empty in {empty:,} of {len(texts):,} rows: remove them"
            )
        x: np.ndarray = np.array(texts, dtype=object)
        preprocessing = Preprocessing()
    else:
        names = [name for name in known if name != target and name not in options.ignore]
        if not names:
            raise DataError(f"{path} has no column beside the target {written(target)} to learn from")
        table = {name: features_of(column(name), name, path) for name in names}
        encoder = TableEncoder.fit(table)
        x, preprocessing = encoder.transform(table), Preprocessing((encoder,))
    return Dataset(
        x=x,
        y=found.y,
        classes=found.classes,
        kind="table" if options.text is None else "text",
        source=str(path),
        names=found.names,
        preprocessing=preprocessing,
    )


def _only_other(known: Sequence[str], options: ReadOptions, path: Path) -> str:
    others = [name for name in known if name != options.text]
    if len(others) == 1 and options.text is not None:
        return others[0]
    raise DataError(f"data.target is missing: which column of {path} is to be predicted? It has {_listed(known)}")


def _by_name(lines: Lines, path: Path) -> dict[str, Column]:
    names = [name.strip() for name in lines[0]]
    if repeated := [name for name, count in Counter(names).items() if count > 1]:
        raise DataError(f"{path}: the first line must name the columns, and {written(repeated[0])} stands there twice")
    columns: list[tuple[str, ...]] = list(zip(*lines[1:], strict=True)) or [()] * len(names)
    return dict(zip(names, columns, strict=True))


def _labelled_texts(lines: Lines, path: Path, options: ReadOptions) -> Dataset:
    """Labels and texts in two columns; which is which, and whether the first line names them, is read off.

    Raises:
        DataError: where the columns are no such two.
    """
    columns = list(zip(*lines, strict=True))
    body = [column[1:] for column in columns]
    different = [len(set(column)) for column in body]
    label = different.index(min(different))
    if len(columns) != 2 or different[label] > len(lines) / 2 or not _of_several_words(body[1 - label]):
        raise DataError(
            f"data.target is missing: {path} has the columns {_listed(lines[0])}",
            hint="name the one to be predicted in data.target, and one of texts, if there is one, in data.text",
        )
    # A first line whose label occurs nowhere else is the header; otherwise its class of one could not be split.
    named = columns[label][0] not in body[label]
    names = [cell.strip() for cell in lines[0]] if named else [("text", "label")[place == label] for place in (0, 1)]
    if names[0] == names[1]:
        raise DataError(f"{path}: both columns are called {written(names[0])}")
    table = dict(zip(names, body if named else columns, strict=True))
    chosen = replace(options, target=names[label], text=names[1 - label])
    return dataset_of_table(names, table.__getitem__, chosen, path)


def _of_several_words(cells: Sequence[str]) -> bool:
    return sum(" " in cell.strip() for cell in cells) >= len(cells) / 2


def _listed(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _MOST_LISTED:,} more" if len(names) > _MOST_LISTED else ""
    return listing(names[:_MOST_LISTED]) + rest
