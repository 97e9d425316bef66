"""What can be wrong with an objective, its data or its training, in sentences."""

from __future__ import annotations


class BackendError(Exception):
    """Keras cannot run on the backend that the study asks for."""


class TrainingError(Exception):
    """The training cannot be judged as the study asks."""


class SerializationError(TypeError):
    """Something in the data is neither plain nor an array."""


class DataError(Exception):
    """The data a study needs cannot be had, or cannot be divided as it asks."""


class ObjectiveError(Exception):
    """The text names no objective, or the objective cannot be loaded."""


class SpaceError(Exception):
    """The space cannot do what it is asked for."""
