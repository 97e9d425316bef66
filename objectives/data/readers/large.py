"""Large files of rows and cells, by pyarrow: the same cells as `delimited` reads, or None."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from objectives.data.options import ReadOptions
from objectives.preprocessing.cells import Cells
from objectives.preprocessing.columns import as_floats
from objectives.preprocessing.spelling import LARGEST_EXACT, MISSING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_PIECE = 2**18
_NO_VALUE = sorted({form for text in MISSING for form in (text, text.upper(), text.title())} | {"NaN", "N/a"})


@dataclass(frozen=True, kw_only=True, eq=False)
class LargeFile:
    """The cells of a file."""

    names: list[str] | None
    """Those of the first line, without blanks around them; None where the study says that it is a row."""
    columns: list[Cells | np.ndarray]
    by_line: bool
    """Whether each line is a row."""


def read_large(text: str, sign: str, options: ReadOptions) -> LargeFile | None:
    """Return the cells; None where lines have different numbers of them, or one alone, and where quotes are unclear.

    A column of numbers, written as Python writes them, is read as numbers at once, unless its texts count: codes with
    noughts before them, numbers that float64 cannot hold, and all columns of which the study says more.
    """
    import pyarrow as pa

    end = text.find("\n")
    head = text[:end]
    if end < 0 or '"' in head.replace(f'"{sign}"', sign).strip('"') or (sign == "\t" and '"' in text):
        return None
    names = [cell.strip() for cell in head.strip('"').split(f'"{sign}"' if head.startswith('"') else sign)]
    if len(names) < 2 or (head.startswith('"') and sign in "".join(names)):
        return None
    body = text.encode() if options.header is False else text[end + 1 :].encode()
    every = set(range(len(names)))
    table = None
    if options.header is not False and options.spelling("").usual:
        with suppress(pa.ArrowInvalid):  # a kind of cells that comes late in the file, or uneven lines
            table = _of_kinds(body, sign, names, options)
    if table is None:
        try:
            table = dict(enumerate(_parsed(body, sign, every).columns))
        except (pa.ArrowException, UnicodeError):
            return None
    if len(table) != len(names):
        return None
    return LargeFile(
        names=None if options.header is False else names,
        columns=[_column(table.pop(place).combine_chunks()) for place in sorted(every)],
        by_line='"' not in text and "\n\n" not in text,
    )


def _of_kinds(body: bytes, sign: str, names: Sequence[str], options: ReadOptions) -> dict[int, pa.ChunkedArray]:
    """Columns of numbers as numbers, all others as texts, by their places."""
    import pyarrow as pa

    told = {options.text, options.group, options.time}
    told |= {*options.categories, *options.dates, *options.numbers, *options.words}
    as_texts = {place for place, name in enumerate(names) if name in told}
    columns = dict(enumerate(_parsed(body, sign, as_texts).columns))
    has_codes = _has_codes(body, sign)
    again = set()
    for place, column in columns.items():
        whole = pa.types.is_integer(column.type)
        # Labels that are written differently are different.
        may_be_labels = names[place : place + 1] == [options.target] and (whole or _is_whole(column))
        if not (_is_text(column) or _is_number(column)) or (whole and has_codes) or may_be_labels:
            again.add(place)
    if again:
        # What is no number is a text, whatever else it looks like.
        texts = _parsed(body, sign, again, [f"f{place}" for place in sorted(again)])
        columns |= dict(zip(sorted(again), texts.columns, strict=True))
    return columns


def _parsed(body: bytes, sign: str, as_texts: set[int], only: list[str] | None = None) -> pa.Table:
    import pyarrow as pa
    from pyarrow import csv

    return csv.read_csv(
        io.BytesIO(body),
        # One thread: a worker has as many as its study says. One block, where a quoted cell may hold line ends.
        read_options=csv.ReadOptions(
            autogenerate_column_names=True,
            use_threads=False,
            block_size=len(body) + 1 if b'"' in body else 2**24,
        ),
        parse_options=csv.ParseOptions(delimiter=sign, quote_char='"', newlines_in_values=b'"' in body),
        convert_options=csv.ConvertOptions(
            column_types={f"f{place}": pa.large_string() for place in as_texts},
            include_columns=only or [],
            null_values=_NO_VALUE,
            strings_can_be_null=False,
            true_values=[],
            false_values=[],
        ),
    )


def _has_codes(body: bytes, sign: str) -> bool:
    """Whether a cell may be a code: a nought and another digit, or the x of 0x1F, which pyarrow reads as a number.

    Quotes, blanks and a plus or minus may stand before them. pyarrow takes blanks around numbers away.
    """
    if not _may_have_codes(body, sign):
        return False
    # One search for each sign before a cell: it is then found by its first byte, which is many times as fast.
    code = rb'[\s"]*[-+]?0[0-9xX]'
    starts = [rb"\n", re.escape(sign).encode()]
    return re.match(code, body) is not None or any(re.search(start + code, body) for start in starts)


def _may_have_codes(body: bytes, sign: str) -> bool:
    """Whether anything looks like a code, of what stands before it only one sign seen: ten times as fast."""
    import numpy as np

    before, after = np.zeros((2, 256), bool)
    before[list(f'{sign}\n\r\t "+-'.encode())] = True
    after[list(b"0123456789xX")] = True
    if body[:1] == b"0":
        return True
    for begin in range(0, len(body), _PIECE):  # as much as a core keeps near
        signs = np.frombuffer(body, np.uint8, min(_PIECE + 2, len(body) - begin), begin)
        places = np.flatnonzero(signs[1:-1] == ord("0"))
        if (before[signs[places]] & after[signs[places + 2]]).any():
            return True
    return False


def _is_text(column: pa.ChunkedArray) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(column.type) or pa.types.is_large_string(column.type))


def _is_number(column: pa.ChunkedArray) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
        return False
    bounds = pc.min_max(column).as_py()
    # Whole numbers beyond int64 are read as float64.
    return bounds["min"] is None or max(abs(bounds["min"]), abs(bounds["max"])) < LARGEST_EXACT


def _is_whole(column: pa.ChunkedArray) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    return bool(pa.types.is_floating(column.type) and pc.all(pc.equal(column, pc.floor(column))).as_py())


def _column(array: pa.Array) -> Cells | np.ndarray:
    import pyarrow as pa
    import pyarrow.compute as pc

    return Cells(pc.cast(array, pa.large_string())) if _is_text(array) else as_floats(array)
