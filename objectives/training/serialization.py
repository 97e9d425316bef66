"""Plain data with arrays in it as bytes, and back. The bytes hold no code, so reading them runs none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from objectives.errors import SerializationError

if TYPE_CHECKING:
    import numpy as np

_ARRAY = "\0array"
_LENGTH_BYTES = 8


def to_bytes(data: Any) -> bytes:
    """Return None, bools, numbers, texts, arrays, and lists and dicts (with texts as keys) of these, as bytes.

    Values come back equal to the last bit, NaN and NumPy's own scalars too.

    Raises:
        SerializationError: for anything else.
    """
    arrays: list[np.ndarray] = []
    text = json.dumps(_plain(data, arrays)).encode()
    return b"".join([len(text).to_bytes(_LENGTH_BYTES, "little"), text, *(array.tobytes() for array in arrays)])


def from_bytes(content: bytes) -> Any:
    """Return the data that `to_bytes` made the bytes of; arrays are read-only."""
    start = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "little")
    return _Reader(content, start).restored(json.loads(content[_LENGTH_BYTES:start]))


def _plain(item: Any, arrays: list[np.ndarray]) -> Any:
    import numpy as np

    match item:
        # NumPy's scalars before Python's: its float64 is a float, and would come back as one.
        case np.ndarray() | np.generic() if item.dtype != object:
            array = np.asarray(item)
            arrays.append(array)
            kind = "array" if isinstance(item, np.ndarray) else "scalar"
            return {_ARRAY: [kind, array.dtype.name, list(array.shape)]}
        case None | bool() | int() | float() | str():
            return item
        case list():
            return [_plain(entry, arrays) for entry in item]
        case dict() if all(isinstance(key, str) for key in item) and _ARRAY not in item:
            return {key: _plain(entry, arrays) for key, entry in item.items()}
    raise SerializationError(f"{type(item).__name__} cannot be serialized")


class _Reader:
    """Cuts the arrays from the bytes in the order in which they were written."""

    def __init__(self, content: bytes, start: int) -> None:
        self.content, self.next = content, start

    def restored(self, item: Any) -> Any:
        if isinstance(item, list):
            return [self.restored(entry) for entry in item]
        if not isinstance(item, dict):
            return item
        if _ARRAY not in item:
            return {key: self.restored(entry) for key, entry in item.items()}
        import numpy as np

        kind, name, shape = item[_ARRAY]
        dtype, count = np.dtype(name), int(np.prod(shape))
        array: np.ndarray = np.frombuffer(self.content, dtype, count, self.next).reshape(shape)
        self.next += array.nbytes
        return array if kind == "array" else array[()]
