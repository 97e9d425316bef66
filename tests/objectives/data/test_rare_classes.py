"""Classes of too few rows are left out or joined, and that is told; every split has a row of the others."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from objectives.data.classes import settle_rare_classes
from objectives.data.dataset import Dataset
from objectives.data.loading import load_dataset, load_search_data
from objectives.data.settings import DataSettings
from objectives.data.splitting.indices import fold_rows, split_rows
from objectives.errors import DataError

PARTS = 3


def dataset(**counts):
    """As many rows of each class as said, in the order of a file that is sorted by nothing."""
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), list(counts.values())))
    return Dataset(
        x=np.arange(len(labels))[:, None],
        y=labels,
        classes=len(counts),
        kind="table",
        source="a.csv",
        names=tuple(counts),
    )


def counted(rows):
    return dict(zip(rows.names, np.bincount(rows.y, minlength=rows.classes).tolist(), strict=True))


LEFT_OUT = "too few for every split: its row is left out (data.rare_classes)"
ALONE = "too few for every split, and there is no other to join it with: its row is left out (data.rare_classes)"


@pytest.mark.parametrize(
    ("counts", "treatment", "wanted", "notes"),
    [
        ({"A": 50, "B": 1, "C": 40}, "drop", {"A": 50, "C": 40}, [f'class "B" has 1 row, {LEFT_OUT}']),
        ({"A": 50, "B": 3, "C": 40}, "drop", {"A": 50, "B": 3, "C": 40}, []),
        (
            {"A": 2, "B": 50, "C": 1, "D": 40},
            "drop",
            {"B": 50, "D": 40},
            [
                'class "A" has 2 rows and class "C" has 1 row, too few for every split: '
                "their 3 rows are left out (data.rare_classes)"
            ],
        ),
        (
            {"A": 50, "B": 50, **dict.fromkeys("CDEFG", 2)},
            "drop",
            {"A": 50, "B": 50},
            [
                'class "C" has 2 rows, class "D" has 2 rows, class "E" has 2 rows and 2 more have as few, too few for '
                "every split: their 10 rows are left out (data.rare_classes)"
            ],
        ),
        ({"A": 50, "B": 3, "C": 40}, "refuse", {"A": 50, "B": 3, "C": 40}, []),
        # More than a fifth is no rare case.
        ({"A": 8, "B": 8, "C": 2, "D": 2, "E": 2}, "drop", {"A": 8, "B": 8, "C": 2, "D": 2, "E": 2}, []),
        (
            {"A": 2, "B": 50, "C": 1, "D": 40},
            "other",
            {"B": 50, "D": 40, "other": 3},
            [
                'class "A" has 2 rows and class "C" has 1 row, too few for every split: '
                'their 3 rows are of class "other" (data.rare_classes)'
            ],
        ),
        ({"A": 50, "B": 1, "C": 40}, "other", {"A": 50, "C": 40}, [f'class "B" has 1 row, {ALONE}']),
        (
            {"A": 50, "B": 1, "C": 40, "D": 1},
            "other",
            {"A": 50, "C": 40},
            [
                'class "B" has 1 row and class "D" has 1 row, too few for every split: '
                'their 2 rows are of class "other" (data.rare_classes)',
                'class "other" has 2 rows, too few for every split, even as one: its 2 rows are left out '
                "(data.rare_classes)",
            ],
        ),
        (
            {"A": 50, "B": 1, "other": 40},
            "other",
            {"A": 50, "other": 41},
            ['class "B" has 1 row, too few for every split: its 1 row is of class "other" (data.rare_classes)'],
        ),
    ],
)
def test_rare_classes_are_left_out_or_joined_and_told(counts, treatment, wanted, notes):
    rows = replace(dataset(**counts), notes=("of the file",))
    found = settle_rare_classes(rows, treatment, PARTS)
    assert counted(found) == wanted
    assert found.notes == ("of the file", *notes)
    assert len(found.x) == len(found.y) == sum(wanted.values())
    # A row keeps its class, unless that was joined.
    for number, label in zip(found.x[:, 0], found.y, strict=True):
        assert found.names[label] in (rows.names[rows.y[number]], "other")


@pytest.mark.parametrize(
    ("counts", "treatment", "sentence"),
    [
        ({"A": 50, "B": 1}, "drop", 'class "B" has 1 row, too few for every split, and then class "A" is the only one'),
        ({"A": 2, "B": 1}, "other", "and all classes would be one; fewer splits"),
    ],
)
def test_one_class_alone_is_refused(counts, treatment, sentence):
    with pytest.raises(DataError) as caught:
        settle_rare_classes(dataset(**counts), treatment, PARTS)
    assert sentence in str(caught.value)


def test_classes_without_names_are_called_by_their_old_numbers():
    rows = replace(dataset(A=50, B=1, C=40), names=())
    found = settle_rare_classes(rows, "drop", PARTS)
    assert (found.names, found.classes) == (("0", "2"), 2)
    assert found.notes == (f"class 1 has 1 row, {LEFT_OUT}",)


def test_a_class_of_no_row_keeps_its_number():
    rows = replace(dataset(A=50, C=40), classes=3, names=("A", "C", "nobody"))
    assert settle_rare_classes(rows, "drop", PARTS) is rows


def test_groups_and_times_stay_with_their_rows():
    rows = dataset(A=50, B=1, C=40)
    rows = replace(rows, groups=rows.x[:, 0] * 2, times=rows.x[:, 0] / 2)
    found = settle_rare_classes(rows, "drop", PARTS)
    assert (found.groups == found.x[:, 0] * 2).all()
    assert (found.times == found.x[:, 0] / 2).all()


def test_classes_of_few_groups_are_joined_but_never_left_out():
    rows = dataset(A=50, B=20, C=20, D=1)
    groups = np.where(rows.y == 0, np.arange(91) % 7, rows.y)
    rows = replace(rows, groups=groups)
    assert counted(settle_rare_classes(rows, "drop", PARTS)) == {"A": 50, "B": 20, "C": 20}
    assert counted(settle_rare_classes(rows, "other", PARTS)) == {"A": 50, "other": 41}


def test_regression_has_no_rare_classes():
    rows = replace(dataset(A=50, B=1), classes=None, names=())
    assert settle_rare_classes(rows, "drop", PARTS) is rows
    with pytest.raises(DataError, match=r'data\.rare_classes = "other": a\.csv has a regression target and no classes'):
        settle_rare_classes(rows, "other", PARTS)
    with pytest.raises(ValidationError, match='does nothing with task = "regression"'):
        DataSettings(dataset="a.csv", target="y", task="regression", rare_classes="other")


@pytest.fixture
def birds(tmp_path):
    """300 rows, one of them of a class of its own."""
    labels = ["B", *["None", "Minor", "Medium"] * 100][:300]
    (tmp_path / "a.csv").write_text("x,y\n" + "".join(f"{row * 0.37},{label}\n" for row, label in enumerate(labels)))
    return {"dataset": str(tmp_path / "a.csv"), "target": "y"}


@pytest.mark.parametrize("evaluation", ["hold-out", "k-fold", "iterated-k-fold"])
def test_a_class_of_one_row_stops_no_study(birds, evaluation):
    settings = DataSettings(**birds, evaluation=evaluation)
    splits = load_search_data(settings, seed=7)
    assert splits[0].classes == 3
    assert set(splits[0].y_train) == set(splits[0].y_validation) == {0, 1, 2}
    assert splits.rows_read == 300
    assert len(load_dataset(settings).y) == 299
    assert load_dataset(settings).notes[-1] == f'class "B" has 1 row, {LEFT_OUT}'


def test_a_class_of_one_row_is_refused_where_the_study_says_so(birds):
    with pytest.raises(
        DataError, match=r'class "B" has 1 row, too few for every split; data\.rare_classes = "drop" leaves'
    ):
        load_search_data(DataSettings(**birds, rare_classes="refuse"), seed=7)


def test_more_than_a_fifth_of_rare_rows_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n" + "".join(f"{row},{label}\n" for row, label in enumerate("AABBBCCCC")))
    settings = DataSettings(dataset=str(tmp_path / "a.csv"), target="y")
    with pytest.raises(
        DataError, match=r'has 2 rows, and each of 3 splits needs one \(the smallest class is "A" with 2 '
    ):
        load_search_data(settings, seed=7)
    rows = dataset(A=8, B=8, C=2, D=2, E=2)
    with pytest.raises(DataError, match='class "C" has 2 rows, class "D" has 2 rows and class "E" has 2 rows, too few'):
        settle_rare_classes(replace(rows, times=rows.x[:, 0] / 2), "drop", PARTS)


@pytest.mark.parametrize("rare", [3, 4, 5])
@pytest.mark.parametrize("ratios", [(0.6, 0.2, 0.2), (0.8, 0.1, 0.1), (0.34, 0.33, 0.33), (0.2, 0.2, 0.6)])
def test_each_part_has_a_row_of_a_class_of_three(ratios, rare):
    labels = np.repeat([0, 1, 2], [60, 40 - rare, rare])
    for seed in range(30):
        parts = split_rows(labels, ratios, seed)
        sides = (parts.train, parts.validation, parts.test)
        assert [len(side) for side in sides] == pytest.approx([100 * ratio for ratio in ratios], abs=0.5)
        assert sorted(np.concatenate(sides)) == list(range(100))
        assert all(set(labels[side]) == {0, 1, 2} for side in sides)


@pytest.mark.parametrize("rare", [6, 7, 8])
def test_each_fold_and_the_test_split_have_a_row_of_a_class_of_six(rare):
    labels = np.repeat([0, 1, 2], [60, 40 - rare, rare])
    for seed in range(30):
        for part in fold_rows(labels, 0.2, 5, 1, seed):
            assert len(part.test) == 20
            assert all(set(labels[side]) == {0, 1, 2} for side in (part.train, part.validation, part.test))
