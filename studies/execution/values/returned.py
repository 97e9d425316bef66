"""How an objective's call ended: its values, or why there are none. What is the user's may give or raise anything."""

from __future__ import annotations

import contextlib
import math
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

from objectives.wording import printable
from storage.attempts import Outcome

_TRACEBACK_CHARACTERS = 6_000  # kept with the trial; the log has all of it
_MESSAGE_CHARACTERS = 300


def values_of(result: Any, wanted: int) -> tuple[list[float], tuple[Outcome, str] | None]:
    """The result as one float a direction, or what is wrong with it. Infinity is a value, as Optuna has it."""
    row = list(result) if isinstance(result, Sequence) and not isinstance(result, str | bytes) else [result]
    if len(row) != wanted:
        given = f"{len(row)} value{'s' if len(row) != 1 else ''}"
        return [], ("bad value", f"the objective returned {given}, and the study wants {wanted}")
    values = []
    for item in row:
        try:
            number = None if isinstance(item, str | bytes) else float(item)
        except OverflowError:
            return [], ("bad value", "the objective returned an integer that is too large for a float")
        except Exception:  # noqa: BLE001  of the item's own code
            number = None
        if number is None:
            return [], ("bad value", f"the objective returned {_shown(item)}; it must return a number")
        values.append(number)
    for value in values:
        if math.isnan(value):
            return [], ("divergence", f"the objective returned {value}")
    return values, None


def _shown(item: Any) -> str:
    kind = type(item).__name__
    try:
        text = repr(item)
    except Exception:  # noqa: BLE001  of the item's own code
        return f"a value of the type {kind}"
    return f"{printable(text[:_MESSAGE_CHARACTERS])} ({kind})"


def first_line(error: BaseException) -> str:
    """What was raised, in one line."""
    try:
        message = str(error)
    except BaseException:  # noqa: BLE001  of the exception's own code
        message = "(its message cannot be read)"
    line = f"{type(error).__name__}: {message[:_MESSAGE_CHARACTERS]}".partition("\n")[0]
    return printable(line[:_MESSAGE_CHARACTERS])


def whole_reason(error: BaseException) -> str:
    """The line, and the end of the traceback."""
    try:
        text = "".join(traceback.format_exception(error))
    except BaseException:  # noqa: BLE001  of the exception's own code
        text = "".join(traceback.format_tb(error.__traceback__))
    return f"{first_line(error)}\n\n{text[-_TRACEBACK_CHARACTERS:]}"


def leave_child(raised: BaseException | None) -> NoReturn:
    """End a process that the objective forked and that has come back out of it, as it would have ended itself."""
    code = 0 if raised is None else 1
    if isinstance(raised, SystemExit):
        code = raised.code if isinstance(raised.code, int) else int(raised.code is not None)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code & 0xFF)
