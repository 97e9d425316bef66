"""What a training reads, where TensorFlow's programs find it: in memory, made tensors once for all trials."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf

    from objectives.training.trainers.base import Training

    Tensors: TypeAlias = Sequence[tf.Tensor]

# A split has four arrays and weights; labels and weights may be made anew for each trial.
_MOST_ARRAYS = 8


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


# Where an array lies, its shape, strides and type -> the array, which therefore stays where it is, and its tensor.
_made: OrderedDict[tuple[object, ...], tuple[np.ndarray, tf.Tensor]] = OrderedDict()


def tensor_of(array: np.ndarray) -> tf.Tensor:
    """Return the array as a tensor; TensorFlow copies it, so that of one that was seen before the copy is taken."""
    import tensorflow as tf

    key = (array.ctypes.data, array.shape, array.strides, array.dtype.str)
    if key not in _made:
        with tf.device("CPU:0"):
            _made[key] = array, tf.convert_to_tensor(array)
    _made.move_to_end(key)
    while len(_made) > _MOST_ARRAYS:
        _made.popitem(last=False)
    return _made[key][1]


def _tensors(*arrays: np.ndarray) -> Tensors:
    return tuple(map(tensor_of, arrays))
