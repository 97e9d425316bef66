"""What a training reads, where TensorFlow's programs find it: in memory, made tensors once for all trials."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf

    from objectives.training.trainers.base import Training

    Tensors: TypeAlias = Sequence[tf.Tensor]


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """The rows of a training: inputs, labels, and weights of the training rows if there are any."""

    train: Tensors
    validation: Tensors

    @classmethod
    def of(cls, training: Training) -> Rows:
        """Return the rows of a training."""
        data = training.data
        weights = () if training.sample_weight is None else (training.sample_weight,)
        return cls(
            train=_tensors(data.x_train, data.y_train, *weights),
            validation=_tensors(data.x_validation, data.y_validation),
        )


# Whose memory it is, and where in it an array lies -> its tensor, for as long as somebody holds that memory.
_made: dict[tuple[object, ...], tuple[tf.Tensor, weakref.ref[np.ndarray]]] = {}


def tensor_of(array: np.ndarray) -> tf.Tensor:
    """Return the array as a tensor; TensorFlow copies it, so that one seen before has the same tensor again."""
    import numpy as np
    import tensorflow as tf

    owner = array
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    key = (id(owner), array.ctypes.data, array.shape, array.strides, array.dtype.str)
    if key not in _made:
        with tf.device("CPU:0"):
            tensor = tf.convert_to_tensor(array)
        _made[key] = tensor, weakref.ref(owner, lambda _: _made.pop(key, None))
    return _made[key][0]


def _tensors(*arrays: np.ndarray) -> Tensors:
    return tuple(map(tensor_of, arrays))
