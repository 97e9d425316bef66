"""The training rows of each epoch, in batches, in an order that the epoch alone decides.

Keras's own shuffling cannot be used for that: with a seed set, its TensorFlow pipeline gives every epoch the same
order (Keras 3.15), and on JAX and torch the order depends on how much was drawn before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@dataclass
class EpochOrder:
    """The order of the rows in the epoch that is set; the same epoch has the same order in every process."""

    rows: int
    seed_of: Callable[[int], int]
    """Epoch -> seed."""
    epoch: int = 0

    def __call__(self) -> Array:
        """Return every row number once, int64, shape (rows,)."""
        import numpy as np

        return np.random.default_rng(self.seed_of(self.epoch)).permutation(self.rows)


def training_batches(x: Array, y: Array, batch_size: int, order: EpochOrder, weights: Array | None = None) -> Any:
    """Return what `model.fit(..., shuffle=False)` takes as `x`: rows of x, of y and, if given, of weights.

    `order` is asked as each epoch begins; the last batch of an epoch may be smaller.
    """
    import keras

    # TensorFlow runs a pipeline of its own beside the training; Python's batches cost it 5 to 10 % of an epoch.
    make = tensorflow_batches if keras.config.backend() == "tensorflow" else python_batches
    return make(x, y, batch_size, order, weights)


def python_batches(x: Array, y: Array, batch_size: int, order: EpochOrder, weights: Array | None = None) -> Any:
    """The batches as a `keras.utils.PyDataset`, which every backend takes."""
    import keras

    arrays = _given(x, y, weights)

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types
        def __init__(self) -> None:
            super().__init__()
            self.rows, self.epoch = order(), order.epoch

        def __len__(self) -> int:
            return -(-len(x) // batch_size)

        def __getitem__(self, index: int) -> tuple[Array, ...]:
            if self.epoch != order.epoch:
                self.rows, self.epoch = order(), order.epoch
            rows = self.rows[index * batch_size : (index + 1) * batch_size]
            return tuple(array[rows] for array in arrays)

    return Batches()


def tensorflow_batches(x: Array, y: Array, batch_size: int, order: EpochOrder, weights: Array | None = None) -> Any:
    """The batches as a `tf.data.Dataset`, laid out as Keras lays out arrays."""
    import tensorflow as tf

    rows, full = len(x), len(x) // batch_size
    with tf.device("CPU:0"):
        tensors = [tf.convert_to_tensor(array) for array in _given(x, y, weights)]

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def ordered(_: Any) -> Any:
        return tf.ensure_shape(tf.numpy_function(order, [], tf.int64), [rows])

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def divided(numbers: Any) -> Any:
        # Whole batches by one reshape: far fewer elements than rows, joined again, would be.
        whole = tf.data.Dataset.from_tensor_slices(tf.reshape(numbers[: full * batch_size], [full, batch_size]))
        rest = tf.data.Dataset.from_tensors(numbers[full * batch_size :])
        return whole.concatenate(rest) if rows % batch_size else whole

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def gathered(numbers: Any) -> Any:
        return tuple(tf.gather(tensor, numbers) for tensor in tensors)

    options = tf.data.Options()
    # The pipeline is written as it should run; optimizing it would serialize the rows.
    options.experimental_optimization.apply_default_optimizations = False
    return (
        tf.data.Dataset.range(1)
        .map(ordered)
        .flat_map(divided)
        .map(gathered, num_parallel_calls=tf.data.AUTOTUNE)
        .apply(tf.data.experimental.assert_cardinality(-(-rows // batch_size)))
        .with_options(options)
        .prefetch(tf.data.AUTOTUNE)
    )


def _given(x: Array, y: Array, weights: Array | None) -> list[Array]:
    return [x, y] if weights is None else [x, y, weights]
