"""Values as the JSON columns of Optuna's tables hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def as_json(value: Any) -> Any:
    """The value as JSON can hold it: lists for arrays and tuples, Python's numbers for those of numpy and the like.

    Raises:
        TypeError: something in it is of no such kind; the message names its type.
    """
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {_key(key): as_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(each) for each in value]
    # numpy, torch, jax and pandas call it the one, TensorFlow and Keras the other.
    for name in ("tolist", "numpy"):
        convert = getattr(value, name, None)
        if callable(convert) and not isinstance(value, type):
            return as_json(convert())
    raise TypeError(type(value).__name__)


def _key(key: Any) -> Any:
    key = as_json(key)
    if isinstance(key, list | dict):
        raise TypeError(f"{type(key).__name__} as a key")
    return key
