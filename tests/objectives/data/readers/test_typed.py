"""Feather, JSON lines and spreadsheets are read like Parquet."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from helpers.datasets import dataset_of
from openpyxl import Workbook
from pyarrow import feather

from objectives.errors import DataError

COLUMNS = {
    "size": [1.5, None, 3.0, 4.0],
    "colour": ["red", "NA", None, "red"],
    "y": [0, 1, 0, 1],
}


def write_feather(path):
    feather.write_feather(pa.table(COLUMNS), path)


def write_json_lines(path):
    path.write_text(
        '{"size": 1.5, "colour": "red", "y": 0}\n{"size": null, "colour": "NA", "y": 1}\n'
        '{"size": 3, "y": 0}\n{"size": 4.0, "colour": "red", "y": 1}\n'
    )


def write_xlsx(path):
    book = Workbook()
    for row in [list(COLUMNS), *zip(*COLUMNS.values(), strict=True)]:
        book.active.append(list(row))
    book.create_sheet("more")
    book.save(path)


@pytest.mark.parametrize(
    ("name", "write", "gaps"),
    [
        ("a.feather", write_feather, [("size", 1), ("colour", 1), ("y", 0)]),
        ("a.jsonl", write_json_lines, [("size", 1), ("colour", 1), ("y", 0)]),
        ("a.xlsx", write_xlsx, [("size", 1), ("colour", 2), ("y", 0)]),  # whose texts have no type
    ],
)
def test_each_format_gives_the_same_table(tmp_path, name, write, gaps):
    write(tmp_path / name)
    rows = dataset_of(tmp_path / name, target="y")
    assert [(one.name, one.missing) for one in rows.columns] == gaps
    assert rows.x[[0, 2, 3], 0].tolist() == [1.5, 3, 4]
    assert rows.classes == 2
    if name == "a.xlsx":
        assert rows.notes == ('of a.xlsx the sheet "Sheet" is read, and 1 more is not',)


def test_dates_of_a_spreadsheet_are_dates(tmp_path):
    book = Workbook()
    book.active.append(["day", "a", "y"])
    for row in range(20):
        book.active.append([dt.datetime(2024, 1 + row % 12, 3), row % 3, row % 2])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(DataError, match='column "day" holds dates or times'):
        dataset_of(tmp_path / "a.xlsx", target="y")
    rows = dataset_of(tmp_path / "a.xlsx", target="y", dates=["day"])
    assert [one.name for one in rows.features] == ["day month", "day weekday", "a"]


@pytest.mark.parametrize("name", ["a.feather", "a.jsonl", "a.xlsx"])
def test_what_is_none_of_them_is_refused_in_a_sentence(tmp_path, name):
    (tmp_path / name).write_bytes(b"\x00\x01 nothing of the kind {")
    with pytest.raises(DataError, match=r"cannot be read as|is not in UTF-8"):
        dataset_of(tmp_path / name, target="y")


def write_rows(path, rows, change=lambda sheet: None):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    change(book.active)
    book.save(path)


def test_cells_with_a_colour_alone_are_no_columns(tmp_path):
    rows = [["a", "y"], *[[row % 3, row % 2] for row in range(20)]]
    write_rows(tmp_path / "a.xlsx", rows, lambda sheet: setattr(sheet.cell(5, 4), "number_format", "0%"))
    assert [one.name for one in dataset_of(tmp_path / "a.xlsx", target="y").columns] == ["a", "y"]


@pytest.mark.parametrize(("above", "within", "place"), [(0, 0, "line 4"), (2, 0, "line 6"), (0, 1, "row 3")])
def test_a_row_of_a_sheet_is_named_by_its_number(tmp_path, above, within, place):
    cells = [["a", "y"], [1, 0], [2, 1], ["many", 0], *[[None, None]] * within, *[[row, row % 2] for row in range(9)]]
    write_rows(tmp_path / "a.xlsx", [*[[None, None]] * above, *cells])
    with pytest.raises(DataError, match=f'first "many" in {place}:'):
        dataset_of(tmp_path / "a.xlsx", target="y")


def test_a_row_of_json_lines_is_counted_from_one(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"a": 1, "y": 0}\n{"a": 2, "y": 1}\n{"a": "x", "y": 0}\n')
    with pytest.raises(DataError, match=r"from number to string in row 3$"):
        dataset_of(tmp_path / "a.jsonl", target="y")


def test_truths_are_the_same_categories_in_every_format(tmp_path):
    columns = {"sunny": [True, False, None, True] * 5, "y": [False, True] * 10}
    table = pa.table(columns)
    feather.write_feather(table, tmp_path / "a.feather")
    (tmp_path / "a.csv").write_text("sunny,y\n" + "True,False\nFalse,True\n,False\nTrue,True\n" * 5)
    book = Workbook()
    for row in [list(columns), *zip(*columns.values(), strict=True)]:
        book.active.append(list(row))
    book.save(tmp_path / "a.xlsx")
    found = [dataset_of(tmp_path / name, target="y") for name in ("a.csv", "a.feather", "a.xlsx")]
    assert [rows.names for rows in found] == [("False", "True")] * 3
    assert [rows.features for rows in found] == [found[0].features] * 3
    assert all(np.array_equal(rows.x, found[0].x, equal_nan=True) for rows in found)
