"""Cells without a value: which rows stay, what fills the gaps of the others, and what is said of it."""

import numpy as np
import pytest
from helpers.datasets import dataset_of, write_table

from objectives.data.loading import load_search_data
from objectives.data.settings import DataSettings
from objectives.errors import DataError

ROWS = 40
Y = {"y": [0, 1] * (ROWS // 2)}


def test_rows_without_a_label_are_left_out_with_a_word(tmp_path):
    rows = dataset_of(write_table(tmp_path / "a.csv", {"a": range(4), "y": [0, "", 1, "NA"]}), target="y")
    assert (rows.x.tolist(), rows.y.tolist()) == ([[0], [2]], [0, 1])
    assert rows.notes == ('2 of 4 rows have no value in the column "y", and are left out',)


def gaps(tmp_path, **settings):
    columns = {
        "size": [1.0, "", 3.0, 5.0] * 10,
        "colour": ["red", "blue", "", "red"] * 10,
        "whole": range(ROWS),
        "y": [0, 0, 1, 1] * 10,
    }
    return DataSettings(dataset=str(write_table(tmp_path / "a.csv", columns)), target="y", scaling="none", **settings)


@pytest.mark.parametrize("missing", ["mean", "indicator", "most_frequent"])
def test_gaps_are_filled_by_the_training_split(tmp_path, missing):
    [data] = load_search_data(gaps(tmp_path, missing=missing), seed=1)
    rows = np.vstack([data.x_train, data.x_validation])
    own = missing != "most_frequent"
    # size, colour blue, red and missing, whole, size missing
    whole = rows[:, 3 + own].astype(int) % 4
    known = data.x_train[data.x_train[:, 3 + own].astype(int) % 4 != 1, 0]
    values, counts = np.unique(known, return_counts=True)
    fill = values[counts.argmax()] if missing == "most_frequent" else known.mean()
    assert rows[whole == 1, 0] == pytest.approx(fill)
    assert rows[whole == 2, 0] == pytest.approx(3)
    assert {tuple(row) for row in rows[whole == 2, 1 : 3 + own]} == {(0, 0, 1) if own else (0, 1)}
    assert {tuple(row) for row in rows[whole == 1, 1 : 3 + own]} == {(1, 0, 0)[: 2 + own]}
    assert rows.shape[1] == 4 + own + (missing == "indicator")
    if missing == "indicator":
        assert (rows[:, -1] == (whole == 1)).all()


def test_the_most_frequent_value_fills_numbers_as_well(tmp_path):
    columns = {"a": [2, 2, 2, 9, ""] * 10, "y": [0, 1] * 25}
    path = write_table(tmp_path / "a.csv", columns)
    settings = DataSettings(dataset=str(path), target="y", scaling="none", missing="most_frequent")
    [data] = load_search_data(settings, seed=1)
    assert set(data.x_train[:, 0]) == {2, 9}
    assert (data.x_train[:, 0] == 2).mean() > 0.7


def test_rows_with_gaps_are_dropped_where_a_study_says_so(tmp_path):
    settings = gaps(tmp_path, missing="drop")
    splits = load_search_data(settings, seed=1)
    assert splits.dataset.notes[0] == "20 of 40 rows have no value in one or more columns, and are left out"
    assert len(splits[0].x_train) + len(splits[0].x_validation) == 16  # and a test split of 4


def test_a_column_without_any_value_is_told_and_harmless(tmp_path):
    path = write_table(tmp_path / "a.csv", {"none": [""] * ROWS, "a": [1, 2] * 20, **Y})
    splits = load_search_data(DataSettings(dataset=str(path), target="y"), seed=1)
    assert 'column "none" has no value in any row' in splits.dataset.notes[0]
    assert np.isfinite(splits[0].x_train).all()


@pytest.mark.parametrize(
    ("missing", "number", "category"),
    [
        ("mean", "a number, the mean where missing", "2 categories and missing"),
        ("indicator", "a number, the mean where missing, and an indicator", "2 categories and missing"),
        ("most_frequent", "a number, the most frequent where missing", "2 categories, the most frequent where missing"),
        ("drop", "a number", "1 category"),
    ],
)
def test_what_fills_gaps_is_told(tmp_path, missing, number, category):
    splits = load_search_data(gaps(tmp_path, missing=missing), seed=1)
    assert [one.becomes for one in splits.dataset.columns] == [number, category, "a number", "2 classes"]


def test_words_for_a_missing_value_are_texts_like_others_where_texts_are_learned_from(tmp_path):
    texts = ["NA", "so it is", "", "not so"] * 10
    rows = dataset_of(write_table(tmp_path / "a.csv", {"said": texts, "y": [0, 1] * 20}), target="y", text="said")
    assert len(rows.x) == 30
    assert [(one.name, one.missing) for one in rows.columns] == [("said", 10), ("y", 0)]


def test_all_columns_with_gaps_are_refused_at_once(tmp_path):
    path = write_table(tmp_path / "a.csv", {"a": ["", *range(39)], "b": ["x", "", *["z", "x"] * 19], **Y})
    with pytest.raises(DataError, match=r'"a" \(first line 2\), 1 of 40 rows has no value in the column "b" \(first'):
        dataset_of(path, target="y", missing="refuse")
