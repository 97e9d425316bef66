"""What can be wrong with a study, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from objectives.errors import ObjectivesError
from objectives.wording import printable
from storage import StorageError


class StudyError(Exception):
    """The root of what can be wrong with a study.

    ``message`` says which one and why, in a sentence or more; ``hint`` what to do next, "" where there is nothing.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class StudyNotFound(StudyError):
    """There is no study of that name in that storage."""


class StudyGone(StudyError):
    """The study was there, and was deleted or renamed while it was in use."""


class SamplerError(StudyError):
    """The study's sampler has raised, which no trial is to blame for."""


class SourceChanged(StudyError):
    """The objective or the data of a study are no longer those that its trials were made with."""


class ChoiceError(StudyError, TypeError):
    """An objective suggests a choice that a database cannot keep, so that no other worker could find it again."""


class AttributeValueError(StudyError, TypeError):
    """An objective sets a user attribute that a database cannot keep."""


class DeviceError(StudyError):
    """The devices asked for are not there, or too few for the workers asked for."""


class RerunError(StudyError):
    """The trial could not be trained again."""


class OutsideSpace(StudyError):
    """An objective suggests what the `[space]` of its study does not declare."""


class StudyFileError(StudyError):
    """A study that cannot be run as written: every fault found, a line each."""

    def __init__(self, source: str, faults: Sequence[tuple[str, str]]) -> None:
        self.source = source
        self.faults = list(faults)
        place = printable(source)
        lines = [f"{place}: {printable(key)}: {text}" if key else f"{place}: {text}" for key, text in self.faults]
        super().__init__("\n".join(lines))
        self.args = (source, self.faults)  # which a copy is made from


STUDYHALL_ERRORS = (StudyError, ObjectivesError, StorageError)
"""The roots of the three packages, which know nothing of each other: catch these to catch every error of ours."""
