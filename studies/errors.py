"""What can be wrong with a study, in sentences."""

from __future__ import annotations

from collections.abc import Sequence


class DeviceError(Exception):
    """The devices asked for are not there, or too few for the workers asked for."""


class RerunError(Exception):
    """The trial could not be trained again."""


class StudyError(Exception):
    """A study that cannot be used as asked; the message says which one, why, and what to do next."""


class StudyNotFound(StudyError):
    """There is no study of that name in that storage."""


class StudyFileError(Exception):
    """A study that cannot be run as written: every fault found, a line each."""

    def __init__(self, source: str, faults: Sequence[tuple[str, str]]) -> None:
        self.source = source
        self.faults = list(faults)
        super().__init__("\n".join(f"{source}: {key}: {sentence}" if key else f"{source}: {sentence}"
                                   for key, sentence in self.faults))  # fmt: skip
