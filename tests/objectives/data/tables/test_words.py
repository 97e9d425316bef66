"""Texts beside other columns: the words that become features, the same later, and what is refused."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.datasets import dataset_of, write_table

from objectives.data.loading import load_search_data
from objectives.data.settings import DataSettings
from objectives.errors import DataError
from objectives.preprocessing.pipeline import Preprocessing
from objectives.preprocessing.words import MOST_WORDS

ROWS = 60
PLACES, ENDS = ("hill", "sea", "sea"), ("Dog, dog!", "日本", "日本", "日本")
TITLES = [f"The {PLACES[row % 3]} of year{row} {ENDS[row % 4]}" for row in range(ROWS)]
TABLE = {"title": TITLES, "price": [float(row) for row in range(ROWS)], "y": [0, 1] * (ROWS // 2)}


def written(path, columns):
    """The columns in the format of the path's name."""
    if path.suffix == ".parquet":
        pq.write_table(pa.table(columns), path)
    elif path.suffix == ".jsonl":
        rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        write_table(path, columns)
    return path


@pytest.fixture(params=["a.csv", "a.jsonl", "a.parquet"])
def path(request, tmp_path):
    return written(tmp_path / request.param, TABLE)


def test_frequent_words_become_features_beside_the_columns(path):
    rows = dataset_of(path, target="y", words=["title"])
    # In no other row: year0 and so on. In more than half of the rows: the, of, sea, 日, 本.
    assert [feature.name for feature in rows.features] == ["title: dog", "title: hill", "price"]
    assert rows.x[:4].tolist() == [[1, 1, 0], [0, 0, 1], [0, 0, 2], [0, 1, 3]]
    (report,) = (one for one in rows.columns if one.name == "title")
    assert (report.kind, report.becomes) == ("text", "its 2 most frequent words")


def test_rows_that_come_later_get_the_same_features(path):
    made = load_search_data(DataSettings(dataset=str(path), target="y", words=["title"]), seed=1)[0]
    assert set(np.unique(made.x_train[:, :2])) == {0, 1}  # words are not scaled
    again = Preprocessing.from_json(made.preprocessing.to_json())
    later = {"title": ["a HILL", "", None, "new words", "dog hill"], "price": [1.0, 2.0, 3.0, 4.0, 5.0]}
    assert again.transform(later)[:, :2].tolist() == [[0, 1], [0, 0], [0, 0], [0, 0], [1, 1]]


def test_a_row_without_a_text_has_no_word(tmp_path):
    titles = ["" if row % 10 == 0 else title for row, title in enumerate(TITLES)]
    path = write_table(tmp_path / "a.csv", {**TABLE, "title": titles})
    rows = dataset_of(path, target="y", words=["title"])
    assert (rows.x[::10, :-1] == 0).all()
    assert len(dataset_of(path, target="y", words=["title"], missing="drop").y) == ROWS - 6
    with pytest.raises(DataError, match='6 of 60 rows have no value in the column "title"'):
        dataset_of(path, target="y", words=["title"], missing="refuse")


def test_there_are_not_more_features_than_said(tmp_path):
    titles = [" ".join(f"{(row + step) % ROWS}{end}" for step in range(8) for end in "abcdef") for row in range(ROWS)]
    rows = dataset_of(write_table(tmp_path / "a.csv", {**TABLE, "title": titles}), target="y", words=["title"])
    assert rows.x.shape == (ROWS, MOST_WORDS + 1)


def test_texts_of_several_words_are_refused_with_the_key_that_reads_them(path):
    with pytest.raises(DataError, match=r'"title" has a different text in every row: words = \["title"\] makes'):
        dataset_of(path, target="y")


def test_names_are_not_taken_for_texts(tmp_path):
    names = [f"n{row}" for row in range(ROWS)]
    with pytest.raises(DataError) as raised:
        dataset_of(write_table(tmp_path / "a.csv", {**TABLE, "title": names}), target="y")
    assert "words" not in str(raised.value)


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ([float(row) for row in range(ROWS)], "holds numbers such as 0, and no words: take the column out of words"),
        ([f"n{row}" for row in range(ROWS)], "has no word that two rows share, and half of the rows lack"),
        (["same words"] * ROWS, "has no word that two rows share, and half of the rows lack"),
    ],
)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_columns_without_such_words_are_refused(tmp_path, suffix, cells, sentence):
    path = written(tmp_path / f"a.{suffix}", {**TABLE, "title": cells})
    with pytest.raises(DataError, match=sentence):
        dataset_of(path, target="y", words=["title"])
