import math

import ml_dtypes
import numpy as np
import pytest

from objectives.errors import SerializationError
from objectives.training.serialization import from_bytes, to_bytes


def test_data_come_back_from_bytes():
    data = {
        "plain": [None, True, 3, 0.1, "text", {"nested": []}],
        "numbers": np.arange(6, dtype=np.float32).reshape(2, 3),
        "none": np.zeros((0, 4), dtype=np.int64),
        "scalar": np.float32(0.1),
        "double": np.float64(0.1),
        "transposed": np.arange(6).reshape(2, 3).T,
    }
    back = from_bytes(to_bytes(data))
    assert list(back) == list(data)
    for name in data:
        np.testing.assert_array_equal(back[name], data[name])
        assert type(back[name]) is type(data[name])
        assert getattr(back[name], "dtype", None) == getattr(data[name], "dtype", None)
    assert math.isnan(from_bytes(to_bytes([math.nan]))[0])


def test_half_precision_of_every_kind_comes_back():
    halves = np.arange(4, dtype=ml_dtypes.bfloat16)
    assert from_bytes(to_bytes(halves)).tobytes() == halves.tobytes()
    assert from_bytes(to_bytes(halves)).dtype == halves.dtype


@pytest.mark.parametrize("item", [print, {1: 2}, (1,), {"\0array": 1}, np.array([print]), object()])
def test_what_is_not_plain_is_refused(item):
    with pytest.raises(SerializationError):
        to_bytes([item])
