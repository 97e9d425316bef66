"""What an objective may set and suggest: what a database keeps of it, and what it is given back."""

import collections
import enum
import json
import math
import types

import numpy as np
import pytest

from studies.errors import AttributeValueError, ChoiceError
from studies.execution.values.kept import OwnChoices, stored_attribute


class Act(enum.StrEnum):
    RELU = "relu"


class Tensor:
    """As TensorFlow's: an array by `numpy()`, and no `tolist`."""

    def numpy(self):
        return np.float32(0.5)


Pair = collections.namedtuple("Pair", "a b")
circle: list = []
circle.append(circle)

KEPT = {
    "a number": (1.5, 1.5),
    "a number of numpy's": (np.float32(0.5), 0.5),
    "a truth of numpy's": (np.bool_(True), True),
    "an array": (np.arange(3), [0, 1, 2]),
    "an array of no dimension": (np.array(2), 2),
    "arrays inside": ({"a": [np.ones((1, 2)), (np.int64(3),)]}, {"a": [[[1.0, 1.0]], [3]]}),
    "keys of numpy's": ({np.int64(3): np.int64(4)}, {"3": 4}),
    "a named tuple": (Pair(np.int8(1), 2), [1, 2]),
    "a tensor": (Tensor(), 0.5),
    "a text of another type": (np.str_("a"), "a"),
    "nothing": (None, None),
}


@pytest.mark.parametrize(("value", "kept"), KEPT.values(), ids=KEPT)
def test_an_attribute_is_kept_as_json_has_it(value, kept):
    found = json.loads(json.dumps(stored_attribute("a", value)))
    assert found == kept
    assert type(found) is type(kept)


def test_what_json_can_hold_is_not_touched():
    value = {"nan": math.nan, "text": "\udc80", "deep": [[{}]]}
    assert stored_attribute("a", value) is value


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (object(), "'best' is of the type object, which"),
        ({"model": object()}, "of the type dict, with object in it, which"),
        ([{1, 2}], "of the type list, with set in it"),
        (np.array([1j]), "of the type ndarray, with complex in it"),
        ({(1, 2): 3}, "with list as a key in it"),
        (circle, "with a circle in it"),
        (np.float32, "of the type type"),
    ],
)
def test_what_json_cannot_hold_is_told_by_key_and_type(value, words):
    with pytest.raises(AttributeValueError, match=words):
        stored_attribute("best", value)


def last(name, stored):
    return stored[-1]


SAME = [
    [(16, 16), (32,)],
    [[1, 2], [3]],
    [((1, (2, 3)), None), "none", None],
    [{"a": (1, 2)}, {"a": (3,)}],
    [np.int64(3), np.float32(0.5)],
    [np.array([1, 2]), np.array([3, 4])],
    [Act.RELU],
    [True, False],
    [0, None, "0", 0.5],
    [1.0, math.nan],
]


@pytest.mark.parametrize("choices", SAME, ids=str)
def test_the_objective_gets_its_own_object_and_optuna_what_json_gives_back(choices):
    given = []

    def ask(name, stored):
        given.extend(stored)
        return json.loads(json.dumps(stored))[-1]  # as another process finds it

    own = OwnChoices()
    assert own.suggest(ask, "x", choices) is choices[-1]
    assert own.chosen["x"] is choices[-1]
    assert json.dumps(given) == json.dumps(json.loads(json.dumps(given)))


def test_of_two_choices_that_are_equal_the_first_is_given_as_optuna_notes_it():
    assert OwnChoices().suggest(last, "x", [1, True, 1.0]) is not True


def test_an_array_of_choices_will_do():
    assert OwnChoices().suggest(last, "x", np.array([1, 2])) == 2


@pytest.mark.parametrize(
    "choice", [dict, len, lambda x: x, object(), types.SimpleNamespace(), {1, 2}, 1j, b"a", circle]
)
def test_a_choice_that_no_database_keeps_is_refused_with_the_way_out(choice):
    with pytest.raises(ChoiceError, match=r"'layer' has the choice .*, of the type ") as raised:
        OwnChoices().suggest(last, "layer", ["a", choice])
    assert 'TABLE[trial.suggest_categorical("layer", list(TABLE))]' in raised.value.hint
