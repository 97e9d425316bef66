"""One epoch as one TensorFlow program: Keras's own steps in a loop over rows that lie in memory.

Python is entered a few times an epoch instead of once a batch, and nothing waits for a pipeline of batches. The steps
are those that `fit` runs, of the same operations in the same order, so that weights and logs are equal to the last bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from objectives.training.run import RunState
from objectives.training.trainers.batches import EpochOrder

if TYPE_CHECKING:
    import keras
    import numpy as np
    import tensorflow as tf

    from objectives.training.trainers.base import Training

    Step: TypeAlias = Callable[[tuple[tf.Tensor, ...]], object]

# Between two calls Python hears signals. A call is no longer than that, once its steps are measured.
_CALL_SECONDS = 0.25
_FIRST_STEPS = 16


class ProgramTrainer:
    """Trains as Keras's `fit` does on TensorFlow, in programs of many steps."""

    def __init__(self, training: Training, seed_of: Callable[[int], int]) -> None:
        """`seed_of(epoch)` decides the order of the rows in an epoch."""
        data, model = training.data, training.model
        self._model = model
        self._batch_size = training.batch_size
        self._order = EpochOrder(rows=len(data.x_train), seed_of=seed_of)
        weights = () if training.sample_weight is None else (training.sample_weight,)
        rows = _tensors(data.x_train, data.y_train, *weights)
        validation = _tensors(data.x_validation, data.y_validation)
        self._validation_rows = len(data.x_validation)
        _build(model, rows)
        self._train = _Program(model.train_step, rows)
        self._test = _Program(model.test_step, validation)

    def epoch(self, state: RunState) -> dict[str, float]:
        """Train one epoch."""
        import numpy as np

        self._order.epoch = state.epoch
        logs = self._run(self._train, self._order())
        validated = self._run(self._test, np.arange(self._validation_rows))
        self._model.optimizer.finalize_variable_values(self._model.trainable_weights)
        return logs | {f"val_{name}": value for name, value in validated.items()}

    def _run(self, program: _Program, order: np.ndarray) -> dict[str, float]:
        self._model.reset_metrics()
        program.run(order, self._batch_size)
        # In the order of `fit`, which takes them out of a graph.
        return {name: float(value) for name, value in sorted(self._model.get_metrics_result().items())}


class _Program:
    """A step over some of the batches of an order, as one graph."""

    def __init__(self, step: Step, rows: tuple[tf.Tensor, ...]) -> None:
        import tensorflow as tf

        self._steps_per_call = _FIRST_STEPS
        number = tf.TensorSpec([], tf.int64)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.int64), number, number, number], autograph=False)  # type: ignore[untyped-decorator]
        def steps(order: tf.Tensor, begin: tf.Tensor, end: tf.Tensor, size: tf.Tensor) -> None:
            def one(index: tf.Tensor) -> tuple[tf.Tensor]:
                chosen = order[index * size : (index + 1) * size]
                batch = tuple(tf.gather(tensor, chosen) for tensor in rows)
                # As one among several replicas, which this is not, Keras's optimizers would sum the gradients over all;
                # TensorFlow keeps a function for each such sum, and with it the graph and all weights, for ever.
                tf.distribute.get_replica_context().merge_call(lambda _: step(batch))
                return (index + 1,)

            tf.while_loop(lambda index: index < end, one, (begin,))

        self._steps = steps

    def run(self, order: np.ndarray, batch_size: int) -> None:
        """Run the step on all batches of the order."""
        import tensorflow as tf

        numbers, done = tf.constant(order), 0
        count = -(-len(order) // batch_size)
        while done < count:
            end, began = min(done + self._steps_per_call, count), time.monotonic()
            self._steps(numbers, done, end, batch_size)
            if time.monotonic() - began < _CALL_SECONDS / 2:
                self._steps_per_call *= 2
            done = end


def _tensors(*arrays: np.ndarray) -> tuple[tf.Tensor, ...]:
    import tensorflow as tf

    with tf.device("CPU:0"):
        return tuple(tf.convert_to_tensor(array) for array in arrays)


def _build(model: keras.Model, rows: tuple[tf.Tensor, ...]) -> None:
    """Make the variables that Keras would make at the first batch: a graph with a loop cannot."""
    model.optimizer.build(model.trainable_variables)
    # Some layers draw random numbers even where they do nothing, such as Keras's RandomHue.
    before = [(variable, variable.numpy()) for variable in model.non_trainable_variables]
    x, y, *weights = (tensor[:1] for tensor in rows)
    output = model(x, training=False)
    model.compute_loss(x, y, output, *weights, training=False)
    model.compute_metrics(x, y, output, *weights)
    model.reset_metrics()
    for variable, value in before:
        variable.assign(value)
