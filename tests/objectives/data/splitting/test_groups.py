"""No row of a group is on two sides, and what the groups allow of ratios and proportions is kept."""

import numpy as np
import pytest

from objectives.data.dataset import Dataset
from objectives.data.loading import split_dataset
from objectives.data.settings import DataSettings
from objectives.errors import DataError

DRAWN = np.random.default_rng(0)
TWO = DRAWN.integers(0, 2, 1000)
THREE = DRAWN.choice(3, 1000, p=[0.6, 0.3, 0.1])
TENS = np.arange(1000) // 100
FORTY = np.arange(1000) // 25
NINETY_PERCENT = np.concatenate([np.zeros(900, int), np.repeat(np.arange(1, 11), 10)])
EACH_ITS_OWN = np.arange(1000)
PURE = np.repeat(np.arange(40) % 3, 25)
HALVES = np.arange(1000) % 2
SQUARES = np.sort(DRAWN.integers(0, 12, 1000)) ** 2 - 50

FOLDS = {"evaluation": "k-fold"}
ITERATED = {"evaluation": "iterated-k-fold"}
THREE_OF_FIVE = {"evaluation": "k-fold", "folds": 3, "split": (0.6, 0.4)}


def dataset(labels, groups, *, regression=False):
    return Dataset(
        x=np.arange(len(labels))[:, None],
        y=np.asarray(labels, np.float32 if regression else np.int64),
        classes=None if regression else int(max(labels)) + 1,
        kind="table",
        source="a.csv",
        names=() if regression else tuple("ABCDEFGH"[: int(max(labels)) + 1]),
        groups=np.asarray(groups, np.int64),
    )


def split(rows, seed=1, **settings):
    return split_dataset(rows, DataSettings(dataset="a.csv", target="y", group="g", **settings), seed)


def sizes(parts):
    return [(len(part.train), len(part.validation), len(part.test)) for part in parts]


def assert_sound(rows, parts):
    for part in parts:
        sides = [set(rows.groups[one].tolist()) for one in (part.train, part.validation, part.test)]
        assert sum(map(len, sides)) == len(set.union(*sides)), "a group on two sides"
        assert sorted([*part.train, *part.validation, *part.test]) == list(range(len(rows.y)))
        assert (part.test == parts[0].test).all()
        if rows.classes is not None:
            assert set(rows.y[part.train]) == set(rows.y[part.validation]) == set(rows.y)


@pytest.mark.parametrize(
    ("labels", "groups", "settings", "wanted"),
    [
        (THREE, TENS, {}, (600, 200, 200)),
        (THREE, FORTY, {"split": (0.8, 0.1, 0.1)}, (800, 100, 100)),
        (THREE, EACH_ITS_OWN, {}, (600, 200, 200)),
        (PURE, FORTY, {}, (600, 200, 200)),
        # What the large group leaves is shared by the ratios of the others.
        (TWO, NINETY_PERCENT, {}, (900, 50, 50)),
        (THREE, TENS, THREE_OF_FIVE, (400, 200, 400)),
        (THREE, FORTY, FOLDS, (640, 160, 200)),
        (THREE, FORTY, ITERATED, (640, 160, 200)),
        (THREE, EACH_ITS_OWN, FOLDS, (640, 160, 200)),
        (PURE, FORTY, FOLDS, (640, 160, 200)),
        # Groups of 200 rows and 800 others: a group more or less is 100 rows.
        (THREE, TENS, FOLDS, (700, 100, 200)),
    ],
)
def test_no_group_is_on_two_sides(labels, groups, settings, wanted):
    rows = dataset(labels, groups)
    parts = split(rows, **settings)
    assert_sound(rows, parts)
    largest = np.bincount(groups)[np.bincount(groups) < 500].max()
    for found in sizes(parts):
        assert np.abs(np.array(found) - wanted).max() <= largest


def test_sizes_are_as_near_to_the_ratios_as_groups_allow():
    assert sizes(split(dataset(THREE, TENS))) == [(600, 200, 200)]
    assert sizes(split(dataset(TWO, NINETY_PERCENT))) == [(900, 50, 50)]
    assert sizes(split(dataset(TWO, NINETY_PERCENT), **FOLDS)) == [(80, 900, 20), *[(960, 20, 20)] * 4]


@pytest.mark.parametrize("settings", [{}, FOLDS, ITERATED])
def test_regression_has_groups_too(settings):
    rows = dataset(DRAWN.normal(size=1000), SQUARES, regression=True)
    parts = split(rows, **settings)
    assert_sound(rows, parts)
    # Twelve groups of about 80 rows
    assert all(abs(len(part.test) - 200) <= 40 for part in parts)


@pytest.mark.parametrize("groups", [EACH_ITS_OWN, FORTY], ids=["own", "forty"])
@pytest.mark.parametrize("settings", [{}, FOLDS])
def test_classes_are_in_proportion_where_groups_are_small(settings, groups):
    rows = dataset(THREE, groups)
    whole = np.bincount(THREE) / 1000
    for part in split(rows, **settings):
        for one in (part.train, part.validation, part.test):
            assert np.abs(np.bincount(THREE[one]) / len(one) - whole).max() < 0.05


@pytest.mark.parametrize("settings", [{}, FOLDS, ITERATED])
def test_the_seed_alone_decides(settings):
    rows = dataset(THREE, FORTY)
    one, again, other = (split(rows, seed, **settings) for seed in (1, 1, 2))
    for place, part in enumerate(one):
        assert (part.validation == again[place].validation).all()
        assert (part.test == again[place].test).all()
        assert set(part.test) != set(other[place].test)


def test_each_repeat_has_other_folds():
    parts = split(dataset(THREE, FORTY), **ITERATED)
    folds = [tuple(part.validation) for part in parts]
    assert len(set(folds)) == 10
    for repeat in (parts[:5], parts[5:]):
        together = np.concatenate([part.validation for part in repeat])
        assert sorted([*together, *parts[0].test]) == list(range(1000))


def test_every_split_has_a_class_of_as_many_groups_as_splits():
    # Given a class that only 3 of 30 groups have, a row each
    labels = np.concatenate([TWO, [2, 2, 2]])
    rows = dataset(labels, np.concatenate([np.arange(1000) // 34, [3, 14, 25]]))
    for seed in range(20):
        [part] = split(rows, seed)
        assert [int((labels[one] == 2).sum()) for one in (part.train, part.validation, part.test)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("labels", "groups", "settings", "sentence"),
    [
        (TWO, HALVES, {}, "data.group has 2 different values, too few for train, validation and test splits"),
        (TWO, HALVES * 0, FOLDS, "data.group has 1 different value, too few for 5 folds and a test split"),
        (
            THREE,
            np.arange(1000) % 3,
            FOLDS,
            "data.folds = 5 of a.csv: data.group has 3 different values, too few for 5 folds and a test split, so "
            "allowed: at most 2 folds",
        ),
        # Each class is one group
        (
            THREE,
            THREE,
            {},
            f'the rows of class "A", {(THREE == 0).sum()} in all, have 1 different value of data.group, too few for '
            'train, validation and test splits; data.classes leaves classes out, data.rare_classes = "other" joins',
        ),
        (
            np.arange(1000) // 25 % 8,
            FORTY,
            FOLDS,
            'the rows of class "A", 125 in all, have 5 different values of data.group, too few for 5 folds and a test '
            "split, so allowed: at most 4 folds",
        ),
        # Three rows are enough, but not where two of them are of one group.
        (
            [0, 1, 0, 2, 1, 2, 0, 1, 2, 3, 3, 3],
            [0, 0, 1, 1, 2, 2, 3, 4, 5, 0, 0, 1],
            {},
            'the rows of class "D", 3 in all, have 2 different values of data.group',
        ),
    ],
)
def test_too_few_groups_are_refused_with_counts(labels, groups, settings, sentence):
    with pytest.raises(DataError) as caught:
        split(dataset(labels, groups), **settings)
    assert sentence in str(caught.value)


def test_classes_that_no_division_gives_to_every_split_are_named():
    # Given four groups for three splits, so that two groups alone have both of two classes that each need three
    labels = [0, 1, 0, 1, 0, 2, 1, 2, 2]
    groups = [0, 0, 1, 1, 2, 2, 3, 3, 0]
    with pytest.raises(DataError, match=r'no way was found to divide the 4 values .* rows of class "[ABC]"; fewer'):
        split(dataset(labels, groups))


def test_many_groups_are_divided_evenly():
    # One group after the other, as scikit-learn's StratifiedGroupKFold goes, is 10 seconds for a fifth of these.
    labels = DRAWN.choice(3, 200_000, p=[0.6, 0.3, 0.1])
    rows = dataset(labels, np.arange(200_000) // 2)
    parts = split(rows, **FOLDS)
    assert_sound(rows, parts)
    assert all(abs(len(part.validation) - 32_000) < 100 for part in parts)
