"""What an objective may return and raise: Optuna's idea of a value, and a reason that can always be read."""

import asyncio
import math
import os

import numpy as np
import pytest

from studies.execution.values.returned import first_line, leave_child, values_of, whole_reason


class Scalar:
    """As a tensor of no dimension."""

    def __float__(self):
        return 0.5


class Broken:
    def __float__(self):
        raise RuntimeError("only one element can be converted")

    def __repr__(self):
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("result", "values"),
    [
        (1, [1.0]),
        (math.inf, [math.inf]),
        (-math.inf, [-math.inf]),
        ([0.5], [0.5]),
        ((np.float32(0.5),), [0.5]),
        (np.array(0.5), [0.5]),
        (True, [1.0]),
        (Scalar(), [0.5]),
    ],
)
def test_what_optuna_takes_for_a_value_is_one(result, values):
    assert values_of(result, 1) == (values, None)


@pytest.mark.parametrize(
    ("result", "outcome", "words"),
    [
        (math.nan, "divergence", "the objective returned nan"),
        ([math.nan], "divergence", "the objective returned nan"),
        (None, "bad value", "returned None (NoneType); it must return a number"),
        (10**400, "bad value", "too large for a float"),
        ("0.5", "bad value", "returned '0.5' (str)"),
        (b"1", "bad value", "returned b'1' (bytes)"),
        (1j, "bad value", "returned 1j (complex)"),
        ([1.0, 2.0], "bad value", "returned 2 values, and the study wants 1"),
        ([], "bad value", "returned 0 values"),
        (np.ones(2), "bad value", "(ndarray)"),
        (Broken(), "bad value", "a value of the type Broken; it must"),
    ],
)
def test_what_is_no_value_gets_a_sentence(result, outcome, words):
    values, fault = values_of(result, 1)
    assert values == []
    assert fault is not None
    assert fault[0] == outcome
    assert words in fault[1]


def test_several_directions_take_infinity_too():
    assert values_of((1, -math.inf), 2) == ([1.0, -math.inf], None)


class Mute(Exception):
    def __str__(self):
        raise ValueError("x")

    __repr__ = __str__


class Exits(Exception):
    def __str__(self):
        raise SystemExit


class NoNotes(Exception):
    @property
    def __notes__(self):
        raise ValueError("x")


class Own(BaseException):
    pass


def deep(n=0):
    return deep(n + 1)


def raised(make):
    try:
        make() if not isinstance(make, BaseException) else (_ for _ in ()).throw(make)
    except BaseException as error:  # noqa: BLE001
        return error
    raise AssertionError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (Mute(), "Mute: (its message cannot be read)"),
        (Exits(), "Exits: (its message cannot be read)"),
        (NoNotes("a"), "NoNotes: a"),
        (Own("a"), "Own: a"),
        (asyncio.CancelledError("y"), "CancelledError: y"),
        (GeneratorExit(), "GeneratorExit: "),
        (SystemExit(0), "SystemExit: 0"),
        (RuntimeError("x" * 10_000_000), "RuntimeError: " + "x" * 286),
        (RuntimeError("a\nb"), "RuntimeError: a"),
        (RuntimeError("\x1b[2J\udc80\u202e"), r"RuntimeError: \x1b[2J\udc80\u202e"),
        (ExceptionGroup("two", [Mute(), ValueError("x")]), "ExceptionGroup: two (2 sub-exceptions)"),
        (deep, "RecursionError: maximum recursion depth exceeded"),
        (SyntaxError("bad", ("f.py", 1, 1, "x", 1, 2)), "SyntaxError: bad (f.py, line 1)"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_a_reason_can_be_read_whatever_was_raised(error, line):
    error = raised(error)
    assert first_line(error) == line
    reason = whole_reason(error)
    assert reason.startswith(f"{line}\n\n")
    assert len(reason) < 7_000
    assert "test_returned.py" in reason or len(str(line)) > 200


@pytest.mark.parametrize(
    ("error", "code"), [(None, 0), (RuntimeError(), 1), (SystemExit(3), 3), (SystemExit("bye"), 1), (SystemExit(), 0)]
)
def test_a_forked_child_ends_as_it_would_have(error, code):
    pid = os.fork()
    if pid == 0:
        leave_child(error)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == code
