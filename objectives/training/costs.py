"""What a trained model costs: its parameters, and the operations of one prediction."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from objectives.errors import TrainingError

if TYPE_CHECKING:
    import keras


def model_costs(model: keras.Model, wanted: Iterable[str]) -> dict[str, float]:
    """Return those of `parameters` and `flops` that are wanted. Raises TrainingError where they cannot be counted."""
    return {name: float(count(model)) for name, count in _COUNTS.items() if name in set(wanted)}


def flops(model: keras.Model) -> int:
    """Return the floating-point operations of one prediction: those of matrix products and convolutions.

    A multiplication and an addition are two operations. Biases, activations, normalisation, pooling and look-ups are
    left out: a few percent, which TensorFlow's own profiler counts (and which counts one step of a recurrent layer
    instead of all; it exists on no other backend). Raises TrainingError for a layer with weights that is not known
    here, and for a model that is neither sequential nor functional.
    """
    return sum(_of_layer(layer) for layer in model.layers)


def _of_layer(layer: keras.Layer) -> int:
    if hasattr(layer, "layers"):
        return flops(layer)
    name = type(layer).__name__
    rule = next((_RULES[kind.__name__] for kind in type(layer).__mro__ if kind.__name__ in _RULES), None)
    if rule is not None:
        return rule(layer)
    if any(len(weight.shape) > 1 for weight in layer.weights):
        raise TrainingError(f"flops cannot be counted: nobody knows what the layer {layer.name!r} ({name}) does")
    return 0


def _shape(layer: keras.Layer, side: str) -> tuple[int, ...]:
    try:
        shape = getattr(layer, side).shape[1:]
    except (AttributeError, ValueError):
        raise TrainingError(
            f"flops cannot be counted: the layer {layer.name!r} stands at no single place of its model"
        ) from None
    if None in shape:
        raise TrainingError(f"flops cannot be counted: the layer {layer.name!r} takes inputs of any length")
    return tuple(shape)


def _places(layer: keras.Layer, side: str = "output") -> int:
    """At how many places a kernel is applied: all axes but that of the channels."""
    shape = _shape(layer, side)
    if getattr(layer, "data_format", "channels_last") == "channels_first":
        return math.prod(shape[1:])
    return math.prod(shape[:-1])


def _size(kernel: keras.Variable) -> int:
    return math.prod(map(int, kernel.shape))


def _of_kernel(layer: keras.Layer) -> int:
    return 2 * _size(layer.kernel) * _places(layer)


def _of_transposed(layer: keras.Layer) -> int:
    return 2 * _size(layer.kernel) * _places(layer, "input")


def _of_separable(layer: keras.Layer) -> int:
    return 2 * (_size(layer.depthwise_kernel) + _size(layer.pointwise_kernel)) * _places(layer)


def _of_recurrent(layer: keras.Layer) -> int:
    cells = [layer.cell] if hasattr(layer, "cell") else [layer.forward_layer.cell, layer.backward_layer.cell]
    kernels = sum(_size(cell.kernel) + _size(cell.recurrent_kernel) for cell in cells)
    return 2 * kernels * _shape(layer, "input")[0]


_RULES: Mapping[str, Callable[[keras.Layer], int]] = {
    **dict.fromkeys(("Dense", "Conv1D", "Conv2D", "Conv3D"), _of_kernel),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), _of_kernel),
    **dict.fromkeys(("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"), _of_transposed),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), _of_separable),
    **dict.fromkeys(("GRU", "LSTM", "SimpleRNN", "Bidirectional"), _of_recurrent),
    "Embedding": lambda layer: 0,
}

_COUNTS: Mapping[str, Callable[[keras.Model], int]] = {
    "parameters": lambda model: int(model.count_params()),
    "flops": flops,
}
