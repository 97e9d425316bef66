"""Some classes of a data set, numbered anew."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from objectives.data.classes import select_classes
from objectives.data.dataset import Dataset
from objectives.data.loading import load_search_data
from objectives.data.settings import DataSettings
from objectives.errors import DataError

ROWS = Dataset(
    x=np.arange(6)[:, None],
    y=np.array([0, 1, 2, 3, 1, 3]),
    classes=4,
    kind="table",
    source="made up",
    names=("ant", "bee", "cat", "dog"),
)


def test_the_rows_of_the_chosen_classes_are_numbered_in_their_order():
    found = select_classes(ROWS, [3, "bee"])
    assert found.x[:, 0].tolist() == [1, 3, 4, 5]
    assert found.y.tolist() == [1, 0, 1, 0]
    assert found.y.dtype == np.int64
    assert (found.classes, found.names, found.source) == (2, ("dog", "bee"), "made up")
    assert select_classes(ROWS, None) is ROWS


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ([0, 4], "made up has no class 4; its classes are 0 to 3 or by name: "),
        ([0, "bea"], 'has no class "bea"; its classes are 0 to 3 or by name: bee, '),
        ([1, "bee"], "names a class of made up twice"),
        ([-1, 2], "made up has no class -1"),
    ],
)
def test_a_class_that_there_is_not_is_a_fault(chosen, sentence):
    with pytest.raises(DataError, match=sentence):
        select_classes(ROWS, chosen)


@pytest.mark.parametrize("names", [("1", "2", "3", "4"), ("-1", "0", "1", "20")])
def test_classes_that_are_called_by_numbers_are_chosen_by_these(names):
    rows = replace(ROWS, names=names)
    wanted = [int(names[3]), int(names[1])]
    assert select_classes(rows, wanted).names == (names[3], names[1])
    assert select_classes(rows, [names[3], wanted[1]]).x[:, 0].tolist() == [1, 3, 4, 5]
    with pytest.raises(DataError, match="has no class 7; its classes are"):
        select_classes(rows, [wanted[0], 7])


def test_numbers_have_no_classes_to_choose():
    rows = Dataset(x=ROWS.x, y=ROWS.x[:, 0].astype(np.float32), classes=None, kind="table", source="made up")
    with pytest.raises(DataError, match="no classes; leave it out"):
        select_classes(rows, [0, 1])


@pytest.mark.parametrize("chosen", [[1], [1, 1], [True, 2], [0.5, 1]])
def test_a_study_file_chooses_two_or_more_each_once(chosen):
    with pytest.raises(ValidationError, match="classes"):
        DataSettings(classes=chosen)


def test_a_search_sees_the_chosen_classes_alone():
    found = load_search_data(DataSettings(classes=[5, 6, 9]), 1)[0]
    assert found.classes == 3
    assert set(found.y_train) == set(found.y_validation) == {0, 1, 2}
    assert len(found.y_train) + len(found.y_validation) == pytest.approx(0.8 * (182 + 181 + 180), abs=2)
