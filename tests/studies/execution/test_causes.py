"""The same mistake is known again from trial to trial, and told from another."""

import functools
import json
from pathlib import Path

import pytest

from studies.execution.causes import cause


def wrong_name(x):
    return x + undefined_name  # noqa: F821


def bad_value(x):
    raise ValueError(f"x is {x}")


def in_a_library(x):
    return json.loads(f"{x},")


def other_line(x):
    return json.loads(f"{x};")


def indirectly(x):
    return functools.reduce(lambda one, other: wrong_name(other), [1, x])


def said(function, x):
    try:
        function(x)
    except Exception as error:  # noqa: BLE001  whatever it is
        return cause(error)
    raise AssertionError


@pytest.mark.parametrize("function", [wrong_name, bad_value, in_a_library, other_line])
def test_it_is_the_same_whatever_the_parameters(function):
    assert said(function, 1.5) == said(function, 2.5)
    assert f"{Path(__file__)}, line " in said(function, 1.5)  # also where a library has raised


def test_another_line_or_another_kind_is_another():
    causes = {said(function, 1.5) for function in (wrong_name, bad_value, in_a_library, other_line)}
    assert len(causes) == 4
    assert said(indirectly, 1.5) == said(wrong_name, 1.5)


def test_it_is_said_without_a_traceback_as_well():
    assert cause(ValueError("x")) == "ValueError"
