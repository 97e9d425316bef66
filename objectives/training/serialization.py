"""Plain data with arrays in it as bytes, and back. The bytes hold no code, so reading them runs none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from objectives.errors import SerializationError

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_ARRAY = "\0array"
_LENGTH_BYTES = 8


def pack(data: Any) -> bytes:
    """Return None, bools, numbers, texts, arrays, and lists and dicts (with texts as keys) of these, as bytes.

    Values come back equal to the last bit, NaN and NumPy's own scalars too. Raises NotPlain for anything else.
    """
    arrays: list[Array] = []
    text = json.dumps(_plain(data, arrays)).encode()
    return b"".join([len(text).to_bytes(_LENGTH_BYTES, "little"), text, *(array.tobytes() for array in arrays)])


def unpack(packed: bytes) -> Any:
    """Return what was packed; arrays are read-only."""
    start = _LENGTH_BYTES + int.from_bytes(packed[:_LENGTH_BYTES], "little")
    return _Reader(packed, start).restored(json.loads(packed[_LENGTH_BYTES:start]))


def _plain(item: Any, arrays: list[Array]) -> Any:
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
    raise SerializationError(f"{type(item).__name__} cannot be packed")


class _Reader:
    """Cuts the arrays from the bytes in the order in which they were packed."""

    def __init__(self, packed: bytes, start: int) -> None:
        self.packed, self.next = packed, start

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
        array: Array = np.frombuffer(self.packed, dtype, count, self.next).reshape(shape)
        self.next += array.nbytes
        return array if kind == "array" else array[()]
