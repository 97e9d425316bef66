"""Numbers and shapes of a Keras model that are inputs of its program, not constants in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


class Adjustable(float):
    """A number to Python, such as a rate or a momentum, and a variable wherever TensorFlow makes a tensor of it.

    What Keras computes of it in Python before, which is 1 - number and 1 / (1 - number), follows it in Python's
    precision, so that the tensors are those that the number itself would give.
    """

    dtype = "float32"  # Keras asks operands for it

    def __init__(self, value: float) -> None:
        import tensorflow as tf

        self._derived: dict[tuple[str, float], tuple[Callable[[float], float], Adjustable]] = {}
        # A graph that is being traced has no variables of its own.
        with tf.init_scope():
            self._variable = tf.Variable(value, dtype=tf.float32, trainable=False)

    def set(self, value: float) -> None:
        """Let the program go on with another number."""
        self._variable.assign(value)
        for of, derived in self._derived.values():
            derived.set(of(value))

    def __tf_tensor__(self, dtype: tf.DType | None = None, name: str | None = None) -> tf.Tensor:
        return self._variable.read_value()

    def __rsub__(self, other: float) -> float:
        return self._of("-", other, lambda value: other - value)

    def __rtruediv__(self, other: float) -> float:
        return self._of("/", other, lambda value: other / value)

    def _of(self, sign: str, other: float, of: Callable[[float], float]) -> Adjustable:
        if (sign, other) not in self._derived:
            self._derived[sign, other] = of, Adjustable(of(float(self)))
        return self._derived[sign, other][1]


@cache
def dense_class() -> type[keras.layers.Dense]:
    """Return Keras's Dense for weights of any shape: it adds its bias as Keras does where it knows the shape.

    Otherwise TensorFlow would not fuse the same operations, and sum in another order.
    """
    import keras
    import tensorflow as tf

    class Dense(keras.layers.Dense):  # type: ignore[misc]  # Keras has no types
        def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
            found = keras.ops.matmul(inputs, self.kernel)
            if self.bias is not None:
                found = tf.nn.bias_add(found, self.bias.value)
            return found if self.activation is None else self.activation(found)

    return Dense


class Lent:
    """The variables of a model as long as those of another stand in for them."""

    def __init__(self, theirs: Sequence[keras.Variable], ours: Sequence[keras.Variable]) -> None:
        """Give `ours` the values of `theirs`, and from then on `theirs` what is written to `ours`, and the reverse."""
        self._kept = []
        for their, our in zip(theirs, ours, strict=True):
            our.value.assign(their.value)
            self._kept.append((their, their.value))
            their._value = our.value

    def give_back(self) -> None:
        """Let `theirs` stand for themselves again, with the values that they have now; empty the loose of `ours`."""
        import tensorflow as tf

        for their, own in self._kept:
            lent = their.value
            own.assign(lent)
            their._value = own
            if None in lent.shape:
                lent.assign(tf.zeros([length or 0 for length in lent.shape], lent.dtype))


def loosen(variable: keras.Variable, *, last: int | None = None) -> None:
    """Let the variable of TensorFlow in it take values of any shape with as many axes, the last as long as said.

    A state of a random layer, and a number alone, have one shape.

    Keras has no public way: `Variable.assign` wants the shape that the variable was made with.
    """
    import tensorflow as tf

    if variable.ndim == 0 or variable.dtype != "float32":
        return
    shape = tf.TensorShape([*[None] * (variable.ndim - 1), last])
    variable._value = tf.Variable(variable.value, shape=shape, trainable=variable.trainable)
