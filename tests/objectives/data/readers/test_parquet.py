"""Parquet files are read like CSV files."""

import json
from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.datasets import TITANIC, dataset_of, write_table

from objectives.errors import DataError


def test_a_parquet_file_is_read_like_a_csv_file(tmp_path):
    table = pa.table({**TITANIC, "class": pa.array(TITANIC["class"]).dictionary_encode()})
    pq.write_table(table, tmp_path / "a.parquet")
    rows = dataset_of(tmp_path / "a.parquet", target="survived")
    same = dataset_of(write_table(tmp_path / "a.csv", TITANIC), target="survived")
    assert (rows.x == same.x).all()
    assert (rows.y == same.y).all()
    texts = dataset_of(tmp_path / "a.parquet", target="survived", text="class")
    assert texts.x[:2].tolist() == ["first", "second"]


def test_the_types_of_a_parquet_file_become_numbers(tmp_path):
    columns = {
        "bool": [True, False, True, False],
        "small": pa.array([1, 2, 3, 4], pa.int8()),
        "decimal": pa.array([Decimal("0.5")] * 4),
        "whole": pa.array([7, 8, 7, 8]),
        "y": [False, True, True, False],
    }
    (tmp_path / "year=2024").mkdir()
    pq.write_table(pa.table(columns), tmp_path / "year=2024" / "a.parquet")
    rows = dataset_of(tmp_path / "year=2024" / "a.parquet", target="y")
    assert rows.x.tolist() == [[1, 1, 0.5, 7], [0, 2, 0.5, 8], [1, 3, 0.5, 7], [0, 4, 0.5, 8]]
    assert rows.features[0].categories == ("False", "True")
    assert rows.names == ("False", "True")
    assert rows.y.tolist() == [0, 1, 1, 0]


def test_what_a_parquet_file_calls_missing_is_missing_and_nothing_else(tmp_path):
    columns = {"x": [1.0, None, float("nan"), 2.0], "country": ["NA", None, "DE", "NA"], "y": [0, 1, 0, 1]}
    parquet(columns)(tmp_path / "a.parquet")
    rows = dataset_of(tmp_path / "a.parquet", target="y")
    assert rows.features[1].categories == ("DE", "NA")
    assert np.array_equal(rows.x, [[1, 1], [np.nan, np.nan], [np.nan, 0], [2, 1]], equal_nan=True)
    assert [(one.name, one.missing) for one in rows.columns] == [("x", 2), ("country", 1), ("y", 0)]


def test_the_index_that_pandas_wrote_is_left_out_with_a_word(tmp_path):
    table = pa.table({"x": [1.0, 2.0, 2.0, 4.0], "y": [0, 1, 0, 1], "row": [3, 1, 4, 2]})
    said = json.dumps({"index_columns": ["row"], "columns": [], "pandas_version": "2.0"})
    pq.write_table(table.replace_schema_metadata({"pandas": said}), tmp_path / "a.parquet")
    rows = dataset_of(tmp_path / "a.parquet", target="y")
    assert rows.x.tolist() == [[1], [2], [2], [4]]
    assert rows.notes == ('column "row" is the index of the file, and is left out',)
    assert dataset_of(tmp_path / "a.parquet", target="y", numbers=["row"]).x.shape == (4, 2)


@pytest.mark.parametrize("values", [[7, 8, 7, 8], [0.5, 2.0, 0.5, 2.0], ["7", "8", "7", "8"], [True, False] * 2])
def test_what_was_a_category_to_pandas_is_one(tmp_path, values):
    said = {"index_columns": [], "columns": [{"field_name": "x", "pandas_type": "categorical"}]}
    table = pa.table({"x": values, "y": [0, 1, 0, 1]}).replace_schema_metadata({"pandas": json.dumps(said)})
    pq.write_table(table, tmp_path / "a.parquet")
    [feature] = dataset_of(tmp_path / "a.parquet", target="y").features
    assert len(feature.categories) == 2


def parquet(columns):
    def write(path):
        pq.write_table(pa.table(columns), path)

    return write


DAYS = [date(2024, 1, 1 + day) for day in range(4)]


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"d": DAYS, "y": [0, 1, 0, 1]}, 'column "d" holds dates or times'),
        ({"x": [[1], [2], [3], [4]], "y": [0, 1, 0, 1]}, 'column "x" holds list'),
        ({"a": [1, 2, 3, 4], "b": [0, 1, 0, 1]}, 'data.target = "y": .* no such column; its columns are "a", "b"'),
    ],
    ids=["dates", "lists", "no such column"],
)
def test_a_wrong_parquet_file_is_refused_in_a_sentence(tmp_path, columns, sentence):
    parquet(columns)(tmp_path / "a.parquet")
    with pytest.raises(DataError, match=sentence):
        dataset_of(tmp_path / "a.parquet", target="y")


def test_what_is_no_parquet_file_is_refused(tmp_path):
    (tmp_path / "a.parquet").write_text("x,y\n1,2\n")
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        dataset_of(tmp_path / "a.parquet", target="y")
