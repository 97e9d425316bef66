"""What is later judges what was learned earlier."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.model_selection import TimeSeriesSplit

from objectives.data.dataset import Dataset
from objectives.data.loading import load_search_data, split_dataset
from objectives.data.settings import DataSettings
from objectives.data.splitting.times import class_notes
from objectives.errors import DataError

DRAWN = np.random.default_rng(0)
TWO = DRAWN.integers(0, 2, 1000)
UNSORTED = DRAWN.permutation(1000) * 0.5 - 100
SORTED = np.arange(1000) // 700
FOLDS = {"evaluation": "k-fold"}
COLUMNS = {"dataset": "a.csv", "target": "y", "time": "t"}


def dataset(labels, times, *, classes=2):
    return Dataset(
        x=np.arange(len(labels))[:, None],
        y=np.asarray(labels, np.float32 if classes is None else np.int64),
        classes=classes,
        kind="table",
        source="a.csv",
        names=() if classes is None else tuple("ABCDEFGH"[:classes]),
        times=np.asarray(times, float),
    )


def split(rows, seed=1, **settings):
    return split_dataset(rows, DataSettings(**COLUMNS, **settings), seed)


def sizes(parts):
    return [(len(part.train), len(part.validation), len(part.test)) for part in parts]


@pytest.mark.parametrize(
    ("times", "settings", "wanted"),
    [
        (UNSORTED, {}, [(600, 200, 200)]),
        (np.arange(1000), {"split": (0.8, 0.1, 0.1)}, [(800, 100, 100)]),
        # Thirty days of 33 rows, the last of 43: a day stays on one side.
        (np.minimum(np.arange(1000) // 33, 29), {}, [(594, 198, 208)]),
        # Three days are three splits, whatever their sizes.
        (np.repeat([3, 1, 2], [100, 800, 100]), {}, [(800, 100, 100)]),
        (np.repeat([1, 2, 3], [100, 800, 100]), {}, [(100, 800, 100)]),
        (UNSORTED, FOLDS, [(135 + 133 * fold, 133, 200) for fold in range(5)]),
        (np.minimum(np.arange(1000) // 33, 29), FOLDS, [(132 * (fold + 1), 132, 208) for fold in range(5)]),
        # As many days as there have to be: one before the folds, one each, one for the test.
        (np.arange(1000) % 7, FOLDS, [(143 * (fold + 1), 143, 142) for fold in range(5)]),
    ],
)
def test_the_latest_rows_test_and_later_ones_validate(times, settings, wanted):
    rows = dataset(TWO, times)
    parts = split(rows, **settings)
    assert sizes(parts) == wanted
    for part in parts:
        assert rows.times[part.train].max() < rows.times[part.validation].min()
        assert rows.times[part.validation].max() < rows.times[part.test].min()
        assert (part.test == parts[0].test).all()
    assert len(parts[-1].train) + len(parts[-1].validation) + len(parts[-1].test) == 1000


def test_no_seed_plays_a_part():
    rows = dataset(TWO, UNSORTED)
    for settings in ({}, FOLDS):
        for one, other in zip(split(rows, 1, **settings), split(rows, 2, **settings), strict=True):
            assert (one.train == other.train).all()


@pytest.mark.parametrize("folds", [2, 5, 9])
def test_folds_are_those_of_scikit_learn_where_all_times_differ(folds):
    rows = dataset(TWO[:101], np.arange(101))
    found = split(rows, folds=folds, split=(0.75, 0.25), **FOLDS)
    wanted = TimeSeriesSplit(folds).split(np.arange(76))
    for part, (train, validation) in zip(found, wanted, strict=True):
        assert (part.train.tolist(), part.validation.tolist()) == (train.tolist(), validation.tolist())
        assert part.test.tolist() == list(range(76, 101))


def test_regression_is_split_by_time_too():
    [part] = split(dataset(np.arange(100) / 7, np.arange(100)[::-1], classes=None))
    assert (part.train.min(), part.validation.min(), part.test.min()) == (40, 20, 0)


@pytest.mark.parametrize(
    ("labels", "times", "settings", "sentence"),
    [
        (TWO, np.zeros(1000), {}, "data.split = [0.6, 0.2, 0.2] of a.csv: data.time has 1 different value, too few"),
        (TWO, np.arange(1000) % 2, {}, "data.time has 2 different values, too few for train, validation and test spl"),
        (
            TWO,
            np.arange(1000) % 6,
            FOLDS,
            "data.folds = 5 of a.csv: data.time has 6 different values, too few for 5 folds and a test split, and for "
            "rows before the first fold, so allowed: at most 4 folds",
        ),
        (
            SORTED,
            np.arange(1000),
            FOLDS,
            'the training split of fold 1, the earliest rows by data.time, has class "A" al',
        ),
        (SORTED, np.arange(1000), {}, 'the training split, the earliest rows by data.time, has class "A" alone'),
    ],
)
def test_what_time_does_not_allow_is_refused(labels, times, settings, sentence):
    with pytest.raises(DataError) as caught:
        split(dataset(labels, times), **settings)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("labels", "settings", "notes"),
    [
        (TWO, {}, []),
        (
            np.where(np.arange(1000) < 850, TWO, 2),
            {},
            [
                'class "C" has no row in the training split (data.time): nothing is learned of it there',
                'class "C" has no row in the validation split (data.time): it is not judged there',
            ],
        ),
        (
            np.where(np.arange(1000) < 20, 2, TWO),
            FOLDS,
            ['class "C" has no row in the validation splits of 5 of 5 folds (data.time): it is not judged there'],
        ),
        (
            np.where((np.arange(1000) > 400) & (np.arange(1000) < 410), 2, TWO),
            FOLDS,
            [
                'class "C" has no row in the training splits of 3 of 5 folds (data.time): '
                "nothing is learned of it there",
                'class "C" has no row in the validation splits of 4 of 5 folds (data.time): it is not judged there',
            ],
        ),
    ],
)
def test_classes_that_a_split_lacks_are_told(labels, settings, notes):
    rows = dataset(labels, np.arange(1000), classes=int(max(labels)) + 1)
    assert list(class_notes(rows, split(rows, **settings))) == notes
    assert list(class_notes(replace(rows, times=None), split(rows, **settings))) == []


def test_a_search_has_the_notes_of_its_splits(monkeypatch):
    rows = dataset(np.where(np.arange(1000) < 850, TWO, 2), np.arange(1000), classes=3)
    monkeypatch.setattr("objectives.data.loading.read_file", lambda *_: replace(rows, notes=("of the file",)))
    splits = load_search_data(DataSettings(**COLUMNS), seed=7)
    assert [note[:11] for note in splits._dataset.notes] == ["of the file", 'class "C" h', 'class "C" h']


@pytest.mark.parametrize(
    ("values", "key", "sentence"),
    [
        ({"group": "g"}, "time", "not allowed with group: rows are split by one of them"),
        ({"evaluation": "iterated-k-fold"}, "evaluation", "not allowed with time: .* each repeat would be the same"),
    ],
)
def test_settings_that_have_no_meaning_together_are_refused(values, key, sentence):
    with pytest.raises(ValidationError, match=sentence) as caught:
        DataSettings(**COLUMNS, **values)
    assert caught.value.errors()[0]["loc"] == (key,)


def test_the_splits_are_described():
    assert DataSettings(**COLUMNS).described == 'a.csv, hold-out by time "t"'
    by_group = DataSettings(dataset="a.csv", target="y", group="who", evaluation="k-fold")
    assert by_group.described == 'a.csv, 5 folds by group "who"'
