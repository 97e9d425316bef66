"""The output layer and the loss of each task: two classes, several classes, or a number.

Two classes end in one sigmoid (the probability of class 1), several in a softmax, a number in a linear unit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from objectives.errors import DataError
from objectives.space.parameters import Parameter, Params

if TYPE_CHECKING:
    import keras

    from objectives.data.arrays import SearchData

    LossFunction: TypeAlias = Callable[[keras.KerasTensor, keras.KerasTensor], keras.KerasTensor]
    Loss: TypeAlias = str | keras.losses.Loss | LossFunction


_OF_CLASSES = ("crossentropy", "focal", "brier")
_OF_NUMBERS = ("mse", "mae", "huber", "log_cosh")

PARAMETERS: Mapping[str, Parameter] = {
    "loss": Parameter(
        kind=str,
        default="auto",
        choices=("auto", *_OF_CLASSES, *_OF_NUMBERS),
        help="the training loss; `auto` is crossentropy for classification and mse for regression. crossentropy, focal "
        "and brier (squared error of the probabilities) need classes, the others a regression target",
    ),
    "label_smoothing": Parameter(
        kind=float,
        default=0.0,
        low=0.0,
        high=0.9,
        help="fraction of the label that is spread over all classes; classification only",
        active_when={"loss": ("auto", "crossentropy", "focal")},
    ),
    "focal_gamma": Parameter(
        kind=float,
        default=2.0,
        low=0.0,
        help="how strongly rows that are predicted well are weighted down; 0: crossentropy",
        active_when={"loss": ("focal",)},
    ),
    "huber_delta": Parameter(
        kind=float, default=1.0, low=1e-9, help="error up to which huber is quadratic", active_when={"loss": ("huber",)}
    ),
}


def output_layer(params: Params, data: SearchData, **options: object) -> keras.Layer:
    """Return the last layer, a `keras.layers.Dense` with `options`: (rows, 1), or (rows, classes) for three or more.

    `params` may have an `initializer` (see layers.py) that its caller passes in `options`.
    """
    import keras

    units, activation = (1, "linear") if data.classes is None else (1, "sigmoid")
    if data.classes is not None and data.classes > 2:
        units, activation = data.classes, "softmax"
    return keras.layers.Dense(units, activation=activation, **options)


def metrics(data: SearchData) -> list[str | keras.metrics.Metric]:
    """Return what Keras logs beside the loss: "accuracy", or "mae" in the unit of the source."""
    import keras

    if data.classes is not None:
        return ["accuracy"]
    deviation = 1.0 if data.target is None else data.target.deviation

    def mae(wanted: keras.KerasTensor, found: keras.KerasTensor) -> keras.KerasTensor:
        return keras.losses.mean_absolute_error(wanted, found) * deviation

    return [keras.metrics.MeanMetricWrapper(mae, name="mae")]


def check(params: Params, data: SearchData) -> None:
    """Refuse a loss that does not fit the task.

    Raises:
        DataError: for a loss, or a smoothing of labels, that is for the other task.
    """
    name, classes = params["loss"], data.classes
    if classes is not None and name in _OF_NUMBERS:
        raise DataError(f'space.loss = "{name}" is for numbers, and {data.source} has {classes} classes')
    if classes is None and name in _OF_CLASSES:
        raise DataError(f'space.loss = "{name}" is for classes, and {data.source} has a regression target')
    if classes is None and name == "auto" and params["label_smoothing"] > 0:
        raise DataError(f"space.label_smoothing is for classes, and {data.source} has a regression target")


def make_loss(params: Params, data: SearchData) -> Loss:
    """Return what `model.compile` takes as `loss`, for labels of shape (rows,) of a task that it fits."""
    name, classes = params["loss"], data.classes
    if classes is None:
        return _of_numbers("mse" if name == "auto" else name, params)
    return (_of_two if classes == 2 else _of_several)("crossentropy" if name == "auto" else name, params, classes)


def _of_numbers(name: str, params: Params) -> Loss:
    import keras

    makers: Mapping[str, Callable[[], Loss]] = {
        "mse": lambda: keras.losses.MeanSquaredError(),
        "mae": lambda: keras.losses.MeanAbsoluteError(),
        "huber": lambda: keras.losses.Huber(delta=params["huber_delta"]),
        "log_cosh": lambda: keras.losses.LogCosh(),
    }
    return makers[name]()


def _of_two(name: str, params: Params, classes: int) -> Loss:
    import keras

    makers: Mapping[str, Callable[[], Loss]] = {
        "crossentropy": lambda: keras.losses.BinaryCrossentropy(label_smoothing=params["label_smoothing"]),
        "focal": lambda: keras.losses.BinaryFocalCrossentropy(
            gamma=params["focal_gamma"], label_smoothing=params["label_smoothing"]
        ),
        "brier": lambda: keras.losses.MeanSquaredError(),
    }
    return makers[name]()


def _of_several(name: str, params: Params, classes: int) -> Loss:
    import keras

    if name == "crossentropy" and params["label_smoothing"] == 0:
        return "sparse_categorical_crossentropy"
    if name == "brier":
        # Summed over the classes, as Brier did; Keras's mean would shrink with their number.
        return _one_hot(lambda y, p: keras.ops.sum(keras.ops.square(y - p), axis=-1), classes, name)
    smoothing = params["label_smoothing"]
    if name == "crossentropy":
        smoothed = keras.losses.categorical_crossentropy
        return _one_hot(lambda y, p: smoothed(y, p, label_smoothing=smoothing), classes, name)
    gamma, focal = params["focal_gamma"], keras.losses.categorical_focal_crossentropy
    # Keras's alpha weighs all classes alike, so that it would only shrink the learning rate.
    return _one_hot(lambda y, p: focal(y, p, alpha=1.0, gamma=gamma, label_smoothing=smoothing), classes, name)


def _one_hot(of_rows: LossFunction, classes: int, name: str) -> LossFunction:
    """A loss on class numbers from one on a column a class, which is what Keras has."""
    import keras

    def loss(labels: keras.KerasTensor, predicted: keras.KerasTensor) -> keras.KerasTensor:
        numbers = keras.ops.cast(keras.ops.reshape(labels, (-1,)), "int32")
        return of_rows(keras.ops.one_hot(numbers, classes, dtype=predicted.dtype), predicted)

    loss.__name__ = name
    return loss
