"""What was fitted to a training split makes the same numbers of the same rows, after a way through JSON as well."""

import csv
import json

import numpy as np
import pytest
from helpers.paths import DATA

from objectives.data.loading import load_dataset, load_search_data, split_dataset
from objectives.data.settings import DataSettings
from objectives.errors import DataError
from objectives.models import mlp, text
from objectives.preprocessing.columns import ColumnReader, TableReader
from objectives.preprocessing.pipeline import Preprocessing

SMS = DATA / "sms_spam.tsv"
HEAD = ("size", "colour", "price", "kind")
MIXED = [
    (f"{row * 0.37:.3f}", ("red", "green ", "blue")[row % 3], str(1e9 + row), "ab"[row % 2 if row < 50 else 0])
    for row in range(60)
]


@pytest.fixture
def mixed(tmp_path):
    path = tmp_path / "mixed.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEAD, *MIXED])
    return path


def kept(preprocessing):
    return Preprocessing.from_json(json.loads(json.dumps(preprocessing.to_json())))


def assert_same(found, wanted):
    assert found.dtype == wanted.dtype
    assert np.array_equal(found, wanted)


@pytest.mark.parametrize("scaling", ["auto", "min-max", "standard", "none"])
@pytest.mark.parametrize("dataset", ["digits", "wine", "breast_cancer", "diabetes"])
def test_raw_rows_become_the_validation_part(dataset, scaling):
    settings = DataSettings(dataset=dataset, scaling=scaling, evaluation="k-fold", folds=3)
    whole = load_dataset(settings)
    for part, data in zip(split_dataset(whole, settings, seed=7), load_search_data(settings, seed=7), strict=True):
        assert_same(kept(data.preprocessing).transform(whole.x[part.validation]), data.x_validation)
        assert_same(kept(data.preprocessing).transform(whole.x[part.train]), data.x_train)


def test_cells_of_a_table_become_the_validation_part(mixed):
    settings = DataSettings(dataset=str(mixed), target="kind")
    [part] = split_dataset(load_dataset(settings), settings, seed=7)
    [data] = load_search_data(settings, seed=7)
    cells = {name: [MIXED[row][place] for row in part.validation] for place, name in enumerate(HEAD)}
    assert data.x_validation.shape == (12, 1 + 3 + 1)
    assert_same(kept(data.preprocessing).transform(cells), data.x_validation)


def test_flattened_images_become_the_validation_part():
    whole, settings = load_dataset(DataSettings()), DataSettings()
    [part] = split_dataset(whole, settings, seed=7)
    [data] = load_search_data(settings, seed=7)
    prepared = mlp.flatten({}, data)
    assert_same(kept(prepared.preprocessing).transform(whole.x[part.validation]), prepared.x_validation)


@pytest.mark.skipif(not SMS.is_file(), reason=f"no {SMS}")
def test_texts_become_the_validation_part():
    settings = DataSettings(dataset=str(SMS))
    whole = load_dataset(settings)
    [part] = split_dataset(whole, settings, seed=7)
    [data] = load_search_data(settings, seed=7)
    prepared = text.prepare(text.SEQUENCE.defaults, data)
    assert prepared.x_validation.shape == (1115, 50)
    assert_same(kept(prepared.preprocessing).transform(whole.x[part.validation]), prepared.x_validation)


READER = TableReader(
    (
        ColumnReader(name="colour", kind="category", categories=("blue", "red")),
        ColumnReader(name="size", kind="number"),
    )
)


def test_columns_are_read_as_those_of_the_file_were():
    table = {"colour": [" red", "pink", "NA", "blue"], "size": ["4", "5e0", "?", " .5"]}
    found = Preprocessing.from_json(json.loads(json.dumps(Preprocessing((READER,)).to_json()))).transform(table)
    assert np.array_equal(found, [[1, 4], [-1, 5], [np.nan, np.nan], [0, 0.5]], equal_nan=True)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"color": ["red"], "size": ["1"]}, 'there is no column "colour"; did you mean "color"'),
        ({"colour": ["red"], "size": ["large"]}, 'column "size" must hold numbers'),
    ],
    ids=["no such column", "a word"],
)
def test_rows_that_do_not_fit_are_refused_in_a_sentence(table, sentence):
    with pytest.raises(DataError, match=sentence):
        Preprocessing((READER,)).transform(table)


def test_a_step_of_another_version_is_refused():
    with pytest.raises(DataError, match='a step "whitening"; known are "columns"'):
        Preprocessing.from_json([{"step": "whitening"}])
