"""What the mistakes of an objective have in common from trial to trial: what was raised, and in which line."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path

import optuna

from storage.attempts import same_error
from studies.record.stored import StoredStudy
from studies.wording import offered

_OURS = Path(__file__).resolve().parents[2]
_NOT_THE_USERS = (
    *(sysconfig.get_path(key) for key in ("stdlib", "purelib", "platlib")),
    str(Path(optuna.__file__).resolve().parents[1]),  # wherever packages lie that are on the path by other means
    *(str(_OURS / package) for package in ("objectives", "storage", "studies")),
)


def cause(error: BaseException) -> str:
    """The kind of an exception and the line of the user's code that it came from, the same for the same mistake.

    That line is the innermost outside Python and what is installed, else the innermost of all. The message is left
    out: it often has the trial's parameters in it.
    """
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not str(Path(frame.filename).resolve()).startswith(_NOT_THE_USERS)]
    places = [f"{frame.filename}, line {frame.lineno}" for frame in own or frames]
    return " at ".join([type(error).__name__, *places[-1:]])


def same_error_sentence(stored: StoredStudy, worker: str) -> str:
    """What every attempt of the worker's launch has ended with, and what to do now."""
    error = same_error(stored.storage, stored.study_id, worker)
    if error is None:
        return ""  # another launch has let a trial finish since
    number = stored.storage.get_trial_number_from_id(min(error.trials))
    name, place = stored.name, error.last.cause.partition(" at ")[2]
    what = f"{error.last.detail.partition(chr(10))[0]}{f' ({place})' if place else ''}"
    return (
        f"{what} in all {error.count} attempts, and no trial has ever finished "
        f"({offered('show', name, number)} has the whole of it); "
        f"mend that, then {offered('resume', name, flags='--accept-changes')}"
    )
