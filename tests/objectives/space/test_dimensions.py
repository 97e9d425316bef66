import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from objectives.space.dimensions import Choices, Dimension, Range


class Table(BaseModel):
    space: dict[str, Dimension]


def read(dimension):
    return Table(space={"p": dimension}).space["p"]


def faults(dimension):
    """[(key below space.p, message)] of what is refused."""
    with pytest.raises(ValidationError) as caught:
        read(dimension)
    return [(".".join(map(str, error["loc"][2:])), error["msg"]) for error in caught.value.errors()]


FAULTS = [
    ({"low": 3, "high": 1}, [("low", "less than high, which is 1")]),
    ({"low": 3, "high": 3}, [("low", "or a scalar to fix the parameter")]),
    ({"low": 0, "high": 1.0, "log": True}, [("low", "with log = true: more than 0")]),
    ({"low": 1.0, "high": 2.0, "log": True, "step": 0.5}, [("step", "not allowed with log = true")]),
    ({"low": 0, "high": 9, "step": 0}, [("step", "more than 0")]),
    ({"low": 0, "high": 9, "step": -1}, [("step", "more than 0")]),
    ({"low": 0, "high": 9, "step": 10}, [("step", "at most the range from 0 to 9")]),
    ({"low": 0.0, "high": 1e30, "step": 1e-9}, [("step", "at most 2**53 steps")]),
    ({"low": -1.7e308, "high": 1.7e308}, [("high", "distance from low")]),
    ({"low": float("nan"), "high": 1.0}, [("low", "finite")]),
    ({"low": 0.0, "high": float("inf")}, [("high", "finite")]),
    ({"low": 0, "high": 10**400}, [("high", "2**53")]),
    ({"low": "1", "high": True}, [("low", "a number"), ("high", "a number")]),
    ({"low": 0}, [("high", "required")]),
    ({"low": 0, "hihg": 9}, [("hihg", 'no such key; allowed: low, high, log, step, when; did you mean "high"?')]),
    ({"choices": [1], "whem": {}}, [("whem", 'did you mean "when"?')]),
    ({"lwo": 0, "hi": 9}, [("", 'allowed: { low, high } or { choices }; did you mean "low"?')]),
    ({}, [("", "allowed: { low, high } or { choices }")]),
    ({"low": 0, "high": 9, "choices": [1]}, [("", "and not both (found choices and high)")]),
    ({"low": 0, "high": 9, "log": "yes"}, [("log", "boolean")]),
    ({"low": 0, "high": 9, "when": "adam"}, [("when", "dictionary")]),
    ({"low": 0, "high": 9, "when": {"a": [[1]]}}, [("when.a", "a number, a text, true or false")]),
    ({"choices": []}, [("choices", "at least one value")]),
    ({"choices": "adam"}, [("choices", "a list of values")]),
    ({"choices": [1, 2, 1]}, [("choices", "each value once, and 1 equals an earlier one")]),
    ({"choices": [1, True]}, [("choices", "true equals an earlier one")]),
    ({"choices": [float("nan")]}, [("choices", "finite")]),
    ({"choices": [[1]]}, [("choices", "a number, a text, true or false")]),
    ([1, 2], [("", "{ choices = [...] }")]),
    (None, [("", "a number, a text, true or false")]),
    (float("inf"), [("", "finite")]),
    # Several faults are told at once.
    ({"low": 5, "high": -1, "log": True, "step": 0}, [("low", "less"), ("step", "log"), ("step", "more than 0")]),
]


@pytest.mark.parametrize(("dimension", "expected"), FAULTS, ids=lambda value: str(value)[:60])
def test_every_fault_has_one_sentence(dimension, expected):
    found = faults(dimension)
    assert [key for key, _ in found] == [key for key, _ in expected]
    for (_, message), (_, part) in zip(found, expected, strict=True):
        assert part in message


def test_integers_make_an_integer_range_and_one_float_makes_it_a_range_of_numbers():
    assert read({"low": 1, "high": 4}).is_integer
    assert read({"low": 1, "high": 9, "step": 2}).is_integer
    assert not read({"low": 1.0, "high": 4}).is_integer
    assert not read({"low": 1, "high": 4, "step": 0.5}).is_integer


def test_steps_are_counted_in_decimals():
    tenths = read({"low": 0.0, "high": 0.3, "step": 0.1})
    assert [tenths.value(i) for i in range(tenths.count)] == [0.0, 0.1, 0.2, 0.3]
    assert repr(read({"low": 0, "high": 10, "step": 3}).top) == "9"
    assert repr(read({"low": 0, "high": 10.0, "step": 3}).top) == "9.0"


@pytest.mark.filterwarnings("error")
def test_what_is_stored_is_what_toml_would_say():
    written = {"low": 0.0, "high": 1.0, "log": False, "when": {"optimizer": ["sgd"]}}
    table = Table(space={"a": written, "b": {"choices": [True, 1.5, "x"]}, "c": 3})
    stored = {"a": written, "b": {"choices": [True, 1.5, "x"]}, "c": 3}
    assert table.model_dump(mode="json") == table.model_dump() == {"space": stored}


def test_a_scalar_keeps_its_type():
    assert [type(read(value)) for value in (1, 1.0, True, "1")] == [int, float, bool, str]


number = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False, width=32)
scalar = st.booleans() | st.text(max_size=5) | number
conditions = st.none() | st.dictionaries(st.text(max_size=3), st.lists(scalar, max_size=3), max_size=2)


@st.composite
def tables(draw):
    when = draw(conditions)
    if draw(st.booleans()):
        choices = draw(st.lists(scalar, min_size=1, max_size=4).filter(distinct))
        return Choices(choices=choices, when=when)
    low, high = sorted(draw(st.lists(number, min_size=2, max_size=2, unique=True)))
    log = low > 0 and draw(st.booleans())
    step = None if log else draw(st.sampled_from([None, (high - low) / 2]))
    return Range(low=low, high=high, log=log, step=step, when=when)


def distinct(values):
    return all(value not in values[:place] for place, value in enumerate(values))


@given(scalar | tables())
def test_a_dimension_survives_being_stored_as_json(dimension):
    table = Table(space={"p": dimension})
    for again in (
        Table.model_validate(table.model_dump(mode="json")),
        Table.model_validate_json(table.model_dump_json()),
    ):
        assert again == table
        assert repr(again) == repr(table)
