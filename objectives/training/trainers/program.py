"""One epoch as one TensorFlow program: Keras's own steps in a loop over rows that lie in memory.

Python is entered a few times an epoch instead of once a batch, and nothing waits for a pipeline of batches. The steps
are those that `fit` runs, of the same operations in the same order, so that weights and logs are equal to the last bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from objectives.training.run import RunState
from objectives.training.trainers.base import Training, forget_models
from objectives.training.trainers.batches import EpochOrder
from objectives.training.trainers.rows import Rows, tensor_of

if TYPE_CHECKING:
    import keras
    import numpy as np
    import tensorflow as tf

    from objectives.training.trainers.rows import Tensors

    Step: TypeAlias = Callable[[tuple[tf.Tensor, ...]], object]

# Between two calls Python hears signals. A call is no longer than that, once its steps are measured.
_CALL_SECONDS = 0.25
_FIRST_STEPS = 16


class Programs:
    """The training step and the validation step of a model, each over many batches at once."""

    def __init__(self, model: keras.Model, rows: Rows) -> None:
        """`rows` show what kind of rows there will be."""
        _build(model, rows.train)
        self.model = model
        self._train = _Program(model.train_step, rows.train)
        self._test = _Program(model.test_step, rows.validation)
        self._predict = _Predictor(model.predict_step, rows.validation[0])

    def load(self, training: Training) -> None:
        """Let this model stand for that of the training; here it is the same."""

    def close(self, training: Training) -> None:
        """The training is over."""
        forget_models()

    def train(self, rows: Tensors, order: np.ndarray, batch_size: int) -> dict[str, float]:
        """Train one epoch in that order of the rows; return the logs."""
        return self._run(self._train, rows, order, batch_size)

    def test(self, rows: Tensors, batch_size: int) -> dict[str, float]:
        """Return the logs of all rows."""
        import numpy as np

        return self._run(self._test, rows, np.arange(len(rows[0])), batch_size)

    def predict(self, x: tf.Tensor, batch_size: int) -> np.ndarray:
        """Return the outputs for these inputs."""
        return self._predict.run(x, batch_size)

    def _run(self, program: _Program, rows: Tensors, order: np.ndarray, batch_size: int) -> dict[str, float]:
        self.model.reset_metrics()
        program.run(rows, order, batch_size)
        # In the order of `fit`, which takes them out of a graph.
        return {name: float(value) for name, value in sorted(self.model.get_metrics_result().items())}


class ProgramTrainer:
    """Trains as Keras's `fit` does on TensorFlow, in programs of many steps."""

    def __init__(self, training: Training, rows: Rows, programs: Programs, seed_of: Callable[[int], int]) -> None:
        """`seed_of(epoch)` decides the order of the rows in an epoch."""
        self._training = training
        self._rows = rows
        self._programs = programs
        self._order = EpochOrder(rows=len(training.data.x_train), seed_of=seed_of)

    def epoch(self, state: RunState) -> dict[str, float]:
        """Train one epoch."""
        self._order.epoch = state.epoch
        batch_size = self._training.batch_size
        self._programs.load(self._training)
        logs = self._programs.train(self._rows.train, self._order(), batch_size)
        validated = self._programs.test(self._rows.validation, batch_size)
        model = self._training.model
        model.optimizer.finalize_variable_values(model.trainable_weights)
        return logs | {f"val_{name}": value for name, value in validated.items()}

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Predict in one program."""
        self._programs.load(self._training)
        return self._programs.predict(tensor_of(x), self._training.batch_size)

    def close(self) -> None:
        """Let go of the programs, unless others use them."""
        self._programs.close(self._training)


class _Program:
    """A step over some of the batches of an order, as one graph."""

    def __init__(self, step: Step, rows: Tensors) -> None:
        import tensorflow as tf

        self._steps_per_call = _FIRST_STEPS
        number = tf.TensorSpec([], tf.int64)
        kinds = tuple(tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype) for tensor in rows)

        @tf.function(input_signature=[kinds, tf.TensorSpec([None], tf.int64), number, number, number], autograph=False)  # type: ignore[untyped-decorator]
        def steps(rows: Tensors, order: tf.Tensor, begin: tf.Tensor, end: tf.Tensor, size: tf.Tensor) -> None:
            def one(index: tf.Tensor) -> tuple[tf.Tensor]:
                chosen = order[index * size : (index + 1) * size]
                batch = tuple(tf.gather(tensor, chosen) for tensor in rows)
                # As one among several replicas, which this is not, Keras's optimizers would sum the gradients over all;
                # TensorFlow keeps a function for each such sum, and with it the graph and all weights, for ever.
                tf.distribute.get_replica_context().merge_call(lambda _: step(batch))
                return (index + 1,)

            tf.while_loop(lambda index: index < end, one, (begin,))

        self._steps = steps

    def run(self, rows: Tensors, order: np.ndarray, batch_size: int) -> None:
        """Run the step on all batches of the order."""
        import tensorflow as tf

        numbers, done = tf.constant(order), 0
        count = -(-len(order) // batch_size)
        while done < count:
            end, began = min(done + self._steps_per_call, count), time.monotonic()
            self._steps(tuple(rows), numbers, done, end, batch_size)
            if time.monotonic() - began < _CALL_SECONDS / 2:
                self._steps_per_call *= 2
            done = end


class _Predictor:
    """The predictions of all rows, as one graph."""

    def __init__(self, step: Callable[[tf.Tensor], tf.Tensor], x: tf.Tensor) -> None:
        import tensorflow as tf

        number = tf.TensorSpec([], tf.int64)
        kind = tf.TensorSpec([None, *x.shape[1:]], x.dtype)

        @tf.function(input_signature=[kind, number, number], autograph=False)  # type: ignore[untyped-decorator]
        def outputs(x: tf.Tensor, count: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
            def one(index: tf.Tensor, found: tf.TensorArray) -> tuple[tf.Tensor, tf.TensorArray]:
                found = found.write(tf.cast(index, tf.int32), step(x[index * size : (index + 1) * size]))
                return index + 1, found

            # Batches of two sizes: not one shape for all.
            empty = tf.TensorArray(tf.float32, size=tf.cast(count, tf.int32), infer_shape=False, element_shape=None)
            return tf.while_loop(lambda index, _: index < count, one, (tf.constant(0, tf.int64), empty))[1].concat()

        self._outputs = outputs

    def run(self, x: tf.Tensor, batch_size: int) -> np.ndarray:
        found: np.ndarray = self._outputs(x, -(-len(x) // batch_size), batch_size).numpy()
        return found


def _build(model: keras.Model, rows: Tensors) -> None:
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
