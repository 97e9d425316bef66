"""Tables in files that say of each column what it holds: Parquet, Feather, JSON lines."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from objectives.data.dataset import Dataset
from objectives.data.options import ReadOptions
from objectives.data.readers.memory import refuse_too_large
from objectives.data.readers.text_files import read_text
from objectives.data.tables.assembling import dataset_of_table
from objectives.data.tables.table import Table, Unreadable
from objectives.errors import DataError
from objectives.preprocessing.cells import Cells
from objectives.preprocessing.columns import as_floats, texts_of_numbers
from objectives.preprocessing.spelling import LARGEST_EXACT

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


def read_parquet(path: Path, options: ReadOptions) -> Dataset:
    """Read a Parquet file. Raises DataError."""
    return _read(path, options, "Parquet", _parquet)


def read_feather(path: Path, options: ReadOptions) -> Dataset:
    """Read a Feather file (Arrow's own format). Raises DataError."""
    return _read(path, options, "Feather", _feather)


def read_json_lines(path: Path, options: ReadOptions) -> Dataset:
    """Read a file of one JSON object a line. Raises DataError."""
    return _read(path, options, "JSON lines", lambda path: _json_lines(path, options))


def _read(path: Path, options: ReadOptions, name: str, read: Callable[[Path], pa.Table]) -> Dataset:
    """Read a table of Arrow.

    Raises:
        DataError: where the file cannot be read so.
        MemoryError: there is too little memory.
    """
    import pyarrow as pa

    if not path.is_file():
        raise DataError(f"no file {path}")
    try:
        table = read(path)
    except pa.ArrowMemoryError as error:
        raise MemoryError from error
    except (OSError, OverflowError, ValueError, pa.ArrowException) as error:
        # pyarrow counts the rows of JSON lines from 0.
        why = re.sub(r"in row (\d+)$", lambda found: f"in row {int(found[1]) + 1:,}", str(error))
        raise DataError(f"{path} cannot be read as {name}: {why}") from error
    if len(set(table.column_names)) < len(table.column_names):
        raise DataError(f"{path} has two columns of one name")
    index, categories = _said_by_pandas(table)
    columns = {one: _column(table.column(one).combine_chunks(), one in categories) for one in table.column_names}
    return dataset_of_table(Table(columns=columns, rows=table.num_rows, index=index), options, path)


def _parquet(path: Path) -> pa.Table:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        # A page may say once what stands in millions of rows.
        cells = file.metadata.num_rows * file.metadata.num_columns
        refuse_too_large(path, 16 * cells, f"{cells:,} cells", "give a smaller file")
        return file.read(use_threads=False)


def _feather(path: Path) -> pa.Table:
    from pyarrow import feather

    refuse_too_large(path, 3 * path.stat().st_size, "its cells", "give a smaller file")
    return feather.read_table(path, use_threads=False)


def _json_lines(path: Path, options: ReadOptions) -> pa.Table:
    from pyarrow import json as arrow_json

    content = read_text(path, options).text.encode()
    read_options = arrow_json.ReadOptions(use_threads=False, block_size=len(content) + 1)
    return arrow_json.read_json(io.BytesIO(content), read_options=read_options)


def _said_by_pandas(table: pa.Table) -> tuple[tuple[str, ...], set[str]]:
    """The columns that pandas wrote as the index of the table, and those that were categories to it."""
    metadata = (table.schema.metadata or {}).get(b"pandas")
    try:
        said = json.loads(metadata) if metadata else {}
        index = tuple(name for name in said.get("index_columns", []) if isinstance(name, str))
        categories = {one.get("field_name") for one in said.get("columns", []) if one["pandas_type"] == "categorical"}
    except (ValueError, KeyError, TypeError, AttributeError):  # written by something else
        return (), set()
    return index, categories


def _column(column: pa.Array, is_category: bool) -> Cells | np.ndarray | Unreadable:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column, is_category = column.dictionary_decode(), True
    kind = column.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        moments: np.ndarray = pc.cast(column, pa.timestamp("ms"), safe=False).to_numpy(zero_copy_only=False)
        return moments
    if _is_text(kind) or (pa.types.is_integer(kind) and (is_category or _beyond(column))):
        return Cells(pc.cast(column, pa.large_string()), typed=True)
    if pa.types.is_boolean(kind):  # as files of text hold them
        return Cells(
            pc.if_else(column, *(pa.scalar(name, pa.large_string()) for name in ("True", "False"))), typed=True
        )
    if pa.types.is_null(kind):
        return as_floats(pa.nulls(len(column), pa.float64()))
    if any(test(kind) for test in (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)):
        numbers = as_floats(pc.cast(column, pa.float64(), safe=False))
        return texts_of_numbers(numbers) if is_category else numbers
    return Unreadable(str(kind))


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _beyond(column: pa.Array) -> bool:
    """Whether whole numbers are too large to be told apart as float64."""
    import pyarrow.compute as pc

    bounds = pc.min_max(column).as_py()
    return bounds["min"] is not None and max(abs(bounds["min"]), abs(bounds["max"])) >= LARGEST_EXACT
