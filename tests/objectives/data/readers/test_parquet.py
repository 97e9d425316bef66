"""Parquet files are read like CSV files."""

from datetime import date
from decimal import Decimal

import pytest
from helpers.datasets import TITANIC, dataset_of, write_table

from objectives.errors import DataError


def test_a_parquet_file_is_read_like_a_csv_file(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    table = pa.table({**TITANIC, "class": pa.array(TITANIC["class"]).dictionary_encode()})
    pq.write_table(table, tmp_path / "a.parquet")
    rows = dataset_of(tmp_path / "a.parquet", target="survived")
    same = dataset_of(write_table(tmp_path / "a.csv", TITANIC), target="survived")
    assert (rows.x == same.x).all()
    assert (rows.y == same.y).all()
    texts = dataset_of(tmp_path / "a.parquet", target="survived", text="class")
    assert texts.x[:2].tolist() == ["first", "second"]


def test_the_types_of_a_parquet_file_become_numbers(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    columns = {
        "bool": [True, False, True, False],
        "small": pa.array([1, 2, 3, 4], pa.int8()),
        "decimal": pa.array([Decimal("0.5")] * 4),
        "numbers in a dictionary": pa.array([7, 8, 7, 8]).dictionary_encode(),
        "y": [False, True, True, False],
    }
    (tmp_path / "year=2024").mkdir()
    pq.write_table(pa.table(columns), tmp_path / "year=2024" / "a.parquet")
    rows = dataset_of(tmp_path / "year=2024" / "a.parquet", target="y")
    assert rows.x.tolist() == [[1, 1, 0.5, 7], [0, 2, 0.5, 8], [1, 3, 0.5, 7], [0, 4, 0.5, 8]]
    assert rows.y.tolist() == [0, 1, 1, 0]


def parquet(columns):
    def write(path):
        pa = pytest.importorskip("pyarrow")
        import pyarrow.parquet as pq

        pq.write_table(pa.table(columns), path)

    return write


DAYS = [date(2024, 1, 1 + day) for day in range(4)]


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"d": DAYS, "y": [0, 1, 0, 1]}, 'column "d" holds dates or times'),
        ({"x": [1.0, None, 3.0, None], "y": [0, 1, 0, 1]}, 'column "x" has no value in 2 of 4 rows'),
        ({"x": ["a", None, "a", "b"], "y": [0, 1, 0, 1]}, 'column "x" has no value in 1 of 4 rows'),
        ({"x": [[1], [2], [3], [4]], "y": [0, 1, 0, 1]}, 'column "x" holds list'),
        ({"a": [1, 2, 3, 4], "b": [0, 1, 0, 1]}, 'data.target = "y": .* no such column; its columns are "a", "b"'),
    ],
    ids=["dates", "numbers missing", "texts missing", "lists", "no such column"],
)
def test_a_wrong_parquet_file_is_refused_in_a_sentence(tmp_path, columns, sentence):
    parquet(columns)(tmp_path / "a.parquet")
    with pytest.raises(DataError, match=sentence):
        dataset_of(tmp_path / "a.parquet", target="y")


def test_what_is_no_parquet_file_is_refused(tmp_path):
    pytest.importorskip("pyarrow")
    (tmp_path / "a.parquet").write_text("x,y\n1,2\n")
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        dataset_of(tmp_path / "a.parquet", target="y")
