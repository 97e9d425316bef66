"""What can be wrong with an objective, its data or its training, in sentences."""

from __future__ import annotations


class ObjectivesError(Exception):
    """The root of what can be wrong with an objective, its data or its training.

    ``message`` says which one and why, in a sentence or more; ``hint`` what to do next, "" where there is nothing.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class BackendError(ObjectivesError):
    """Keras cannot run on the backend that the study asks for."""


class TrainingError(ObjectivesError):
    """The training cannot be judged as the study asks."""


class SerializationError(ObjectivesError, TypeError):
    """Something in the data is neither plain nor an array."""


class DataError(ObjectivesError):
    """The data a study needs cannot be had, or cannot be split as it asks."""


class OutOfMemory(DataError):
    """There is too little memory for the data of a study, which another machine may well have."""


class ObjectiveError(ObjectivesError):
    """The text names no objective, or the objective cannot be loaded."""


class SpaceError(ObjectivesError):
    """The space cannot do what it is asked for."""
