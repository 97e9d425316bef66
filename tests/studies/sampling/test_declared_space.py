"""What an objective suggests is held against the space that its study declares."""

import pytest
from optuna.distributions import CategoricalDistribution as C
from optuna.distributions import FloatDistribution as F
from optuna.distributions import IntDistribution as I

from studies.errors import OutsideSpace
from studies.sampling.declared_space import DeclaredSpace
from studies.spec.study import StudySpec


def space(line, value=None, **more):
    spec = StudySpec(name="s", objective="a.py:f", space={"x": line, **more})
    return DeclaredSpace(spec.space, {} if value is None else {"x": value})


ALIKE = [
    ({"low": 0, "high": 9}, I(0, 9), 3),
    ({"low": 0, "high": 9, "step": 2}, I(0, 8, step=2), 8),
    ({"low": 1, "high": 64, "log": True}, I(1, 64, log=True), 16),
    ({"low": 0.0, "high": 1.0}, F(0, 1), 0.25),
    ({"low": 0.0, "high": 1}, F(0.0, 1.0), 1.0),
    ({"low": 0.1, "high": 0.7, "step": 0.2}, F(0.1, 0.7, step=0.2), 0.5),
    ({"low": 1e-5, "high": 1e-1, "log": True}, F(1e-5, 0.1, log=True), 1e-3),
    ({"choices": ["sgd", "adam"]}, C(("adam", "sgd")), "sgd"),
    ({"choices": [2, 2.5, True, "a"]}, C((2, 2.5, True, "a")), True),
    ({"choices": [8, 16]}, C((8.0, 16.0)), 16),
    (3, I(0, 9), 3),
    (3, F(0, 9), 3),
    (0.5, F(0.0, 1.0, step=0.25), 0.5),
    ("adam", C(("sgd", "adam")), "adam"),
    (16, C((16, 32)), 16),
    (True, C((True, False)), True),
]


@pytest.mark.parametrize(("line", "wanted", "value"), ALIKE)
def test_what_is_declared_so_has_its_value_of_the_type_that_is_asked_for(line, wanted, value):
    declared = space(line, value)
    assert declared.unasked == ["x"]
    found = declared.value("x", wanted)
    assert found == value
    if isinstance(wanted, F):
        assert isinstance(found, float)
    if isinstance(wanted, C):
        assert any(found is choice for choice in wanted.choices)
    assert declared.unasked == []


OTHERWISE = [
    ({"low": 0, "high": 9}, F(0, 9), "numbers 0.0 .. 9.0, and [space] has integers 0 .. 9"),
    ({"low": 0.0, "high": 9.0}, I(0, 9), "integers 0 .. 9, and [space] has numbers 0.0 .. 9.0"),
    ({"low": 0, "high": 9}, I(0, 8), "integers 0 .. 8, and"),
    ({"low": 0, "high": 9}, I(1, 9), "integers 1 .. 9, and"),
    ({"low": 1, "high": 9}, I(1, 9, log=True), "integers 1 .. 9 on a logarithmic scale, and"),
    ({"low": 0, "high": 9}, I(0, 9, step=3), "integers 0 .. 9 in steps of 3, and"),
    ({"low": 0.0, "high": 1.0, "step": 0.5}, F(0, 1), "and [space] has numbers 0.0 .. 1.0 in steps of 0.5"),
    ({"low": 0, "high": 9}, C((0, 9)), "the choices 0, 9, and [space] has integers 0 .. 9"),
    ({"choices": ["a", "b"]}, C(("a", "c")), 'the choices "a", "c", and [space] has the choices "a", "b"'),
    ({"choices": ["a", "b"]}, C(("a", "b", None)), "the choices"),
    ({"choices": [0, 1]}, C((False, True)), "the choices false, true, and [space] has the choices 0, 1"),
    ({"choices": [1, 2]}, I(1, 2), "integers 1 .. 2, and [space] has the choices 1, 2"),
    (12, I(0, 9), "integers 0 .. 9, and [space] has 12 alone"),
    (3, F(0.0, 4.0, step=2.0), "and [space] has 3 alone"),
    (2.0, I(0, 9), "and [space] has 2.0 alone"),
    ("rmsprop", C(("sgd", "adam")), 'and [space] has "rmsprop" alone'),
]


@pytest.mark.parametrize(("line", "wanted", "sentence"), OTHERWISE)
def test_anything_else_is_refused_with_both_sides_and_what_to_write(line, wanted, sentence):
    declared = space(line, 1)
    with pytest.raises(OutsideSpace) as caught:
        declared.value("x", wanted)
    assert sentence in caught.value.message
    assert "in [space] x = { " in caught.value.hint
    assert declared.refusal is caught.value


def test_a_name_that_is_not_there_is_refused_with_the_nearest_that_is():
    with pytest.raises(
        OutsideSpace, match=r"suggests xx \(integers 0 .. 1\), .*it has x; did you mean \"x\""
    ) as caught:
        space({"low": 0, "high": 1}, 0).value("xx", I(0, 1))
    assert "add xx = { low = 0, high = 1 }" in caught.value.hint


def test_what_a_condition_leaves_out_of_this_trial_is_refused():
    declared = space({"choices": ["sgd", "adam"]}, "adam", m={"low": 0.0, "high": 1.0, "when": {"x": ["sgd"]}})
    declared.value("x", C(("sgd", "adam")))
    with pytest.raises(OutsideSpace, match=r'm, which .space. has only when x = "sgd"'):
        declared.value("m", F(0.0, 1.0))
    assert declared.unasked == []
