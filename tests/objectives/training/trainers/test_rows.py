"""Arrays become tensors once, and no longer than somebody holds them."""

import gc

import numpy as np

from objectives.training.trainers import rows
from objectives.training.trainers.rows import tensor_of


def test_an_array_and_its_views_have_one_tensor_each():
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    first = tensor_of(array.reshape(2, 12))
    assert tensor_of(array.reshape(2, 12)) is first  # another view, as each trial makes one
    assert first.numpy().tolist() == array.reshape(2, 12).tolist()
    assert tensor_of(array).shape == (2, 3, 4)
    assert tensor_of(array[:, :2]).numpy().tolist() == array[:, :2].tolist()
    assert tensor_of(array.copy()) is not tensor_of(array)


def test_a_tensor_ends_with_its_array():
    before = len(rows._made)
    fold = np.ones((5, 5), np.float32)
    tensor_of(fold)
    tensor_of(fold.reshape(25))
    assert len(rows._made) == before + 2
    del fold
    gc.collect()
    assert len(rows._made) == before
