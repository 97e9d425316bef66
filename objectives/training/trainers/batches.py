"""The training rows of each epoch, in batches, in an order that the epoch alone decides.

Keras's own shuffling cannot be used for that: with a seed set, its TensorFlow pipeline gives every epoch the same
order (Keras 3.15), and on JAX and torch the order depends on how much was drawn before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import keras
    import numpy as np
    import tensorflow as tf

    Batches: TypeAlias = keras.utils.PyDataset | tf.data.Dataset


@dataclass
class EpochOrder:
    """The order of the rows in the epoch that is set; the same epoch has the same order in every process."""

    rows: int
    seed_of: Callable[[int], int]
    """Epoch -> seed."""
    epoch: int = 0

    def __call__(self) -> np.ndarray:
        """Return every row number once, int64, shape (rows,)."""
        import numpy as np

        return np.random.default_rng(self.seed_of(self.epoch)).permutation(self.rows)


def training_batches(
    x: np.ndarray, y: np.ndarray, batch_size: int, order: EpochOrder, weights: np.ndarray | None = None
) -> Batches:
    """Return what `model.fit(..., shuffle=False)` takes as `x`: rows of x, of y and, if given, of weights.

    `order` is asked as each epoch begins; the last batch of an epoch may be smaller.
    """
    import keras

    # TensorFlow runs a pipeline of its own beside the training; Python's batches cost it 5 to 10 % of an epoch.
    make = tensorflow_batches if keras.config.backend() == "tensorflow" else python_batches
    return make(x, y, batch_size, order, weights)


def validation_batches(x: np.ndarray, y: np.ndarray, batch_size: int) -> Batches:
    """Return what `model.fit` takes as `validation_data`: the rows in their own order, for any number of calls."""
    import keras

    if keras.config.backend() != "tensorflow":
        return python_batches(x, y, batch_size)
    import tensorflow as tf

    whole = len(x) - len(x) % batch_size
    parts = []
    with tf.device("CPU:0"):
        if whole:
            stacked = tuple(array[:whole].reshape(-1, batch_size, *array.shape[1:]) for array in (x, y))
            parts.append(tf.data.Dataset.from_tensor_slices(stacked))
        if whole < len(x):
            parts.append(tf.data.Dataset.from_tensors((x[whole:], y[whole:])))
    batches = parts[0] if len(parts) == 1 else parts[0].concatenate(parts[1])
    return batches.with_options(_as_written())


def python_batches(
    x: np.ndarray, y: np.ndarray, batch_size: int, order: EpochOrder | None = None, weights: np.ndarray | None = None
) -> keras.utils.PyDataset:
    """The batches as a `keras.utils.PyDataset`, which every backend takes; without an order in that of the rows."""
    import keras
    import numpy as np

    arrays = _given(x, y, weights)

    class Rows(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types
        def __init__(self) -> None:
            super().__init__()
            self.rows = np.arange(len(x)) if order is None else order()
            self.epoch = 0 if order is None else order.epoch

        def __len__(self) -> int:
            return -(-len(x) // batch_size)

        def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
            if order is not None and self.epoch != order.epoch:
                self.rows, self.epoch = order(), order.epoch
            rows = self.rows[index * batch_size : (index + 1) * batch_size]
            return tuple(array[rows] for array in arrays)

    return Rows()


def tensorflow_batches(
    x: np.ndarray, y: np.ndarray, batch_size: int, order: EpochOrder, weights: np.ndarray | None = None
) -> tf.data.Dataset:
    """The batches as a `tf.data.Dataset`, laid out as Keras lays out arrays."""
    import tensorflow as tf

    rows, full = len(x), len(x) // batch_size
    with tf.device("CPU:0"):
        tensors = [tf.convert_to_tensor(array) for array in _given(x, y, weights)]

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def ordered(_: tf.Tensor) -> tf.Tensor:
        return tf.ensure_shape(tf.numpy_function(order, [], tf.int64), [rows])

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def divided(numbers: tf.Tensor) -> tf.data.Dataset:
        # Whole batches by one reshape: far fewer elements than rows, joined again, would be.
        whole = tf.data.Dataset.from_tensor_slices(tf.reshape(numbers[: full * batch_size], [full, batch_size]))
        rest = tf.data.Dataset.from_tensors(numbers[full * batch_size :])
        return whole.concatenate(rest) if rows % batch_size else whole

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def gathered(numbers: tf.Tensor) -> tuple[tf.Tensor, ...]:
        return tuple(tf.gather(tensor, numbers) for tensor in tensors)

    return (
        tf.data.Dataset.range(1)
        .map(ordered)
        .flat_map(divided)
        .map(gathered, num_parallel_calls=tf.data.AUTOTUNE)
        .apply(tf.data.experimental.assert_cardinality(-(-rows // batch_size)))
        .with_options(_as_written())
        .prefetch(tf.data.AUTOTUNE)
    )


def _as_written() -> tf.data.Options:
    import tensorflow as tf

    options = tf.data.Options()
    # Optimizing the pipeline would serialize the rows.
    options.experimental_optimization.apply_default_optimizations = False
    return options


def _given(x: np.ndarray, y: np.ndarray, weights: np.ndarray | None) -> list[np.ndarray]:
    return [x, y] if weights is None else [x, y, weights]
