"""Gradient and direct optimisers on Beale's function from given starts: SciPy's `minimize` and Keras's optimisers."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import minimize

from objectives.functions import beale

LIMIT = 4.5
Point = tuple[float, float]


def gradient(x: float, y: float) -> np.ndarray:
    """Return the gradient of Beale's function, shape (2,)."""
    total = np.zeros(2)
    for power, constant in enumerate((1.5, 2.25, 2.625), 1):
        term = constant - x + x * y**power
        total += 2 * term * np.array([y**power - 1, x * power * y ** (power - 1)])
    return total


@dataclass
class Descent:
    """One run from one start: every evaluation of the function, in order."""

    points: list[Point] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    gradients: int = 0
    gradients_at: list[int] = field(default_factory=list)
    """How many gradients had been asked for at each evaluation of the function."""

    def evaluate(self, point: Sequence[float]) -> float:
        """Return the function at `point`, and note it."""
        x, y = float(point[0]), float(point[1])
        self.points.append((x, y))
        self.values.append(beale(x, y))
        self.gradients_at.append(self.gradients)
        return self.values[-1]

    def slope(self, point: Sequence[float]) -> np.ndarray:
        """Return the gradient at `point`, and count it."""
        self.gradients += 1
        return gradient(float(point[0]), float(point[1]))

    def first_below(self, threshold: float) -> int | None:
        """The index of the first evaluation below the threshold; None when there is none."""
        return next((index for index, value in enumerate(self.values) if value < threshold), None)

    @property
    def best(self) -> float:
        """The lowest value seen."""
        return min((value for value in self.values if not math.isnan(value)), default=math.inf)

    @property
    def distance(self) -> float:
        """From the best point seen to the minimum at (3, 0.5)."""
        x, y = self.points[self.values.index(self.best)]
        return math.hypot(x - 3, y - 0.5)


# Method of scipy.optimize.minimize -> whether it asks for the gradient; all of them keep to the bounds.
SCIPY_METHODS = {
    "L-BFGS-B": True,
    "TNC": True,
    "SLSQP": True,
    "trust-constr": True,
    "Nelder-Mead": False,
    "Powell": False,
    "COBYQA": False,
}


def scipy_descent(method: str, start: Point) -> Descent:
    """Run one of SCIPY_METHODS inside the square with its own stopping rules, and the exact gradient where it asks."""
    descent = Descent()
    slope = {"jac": descent.slope} if SCIPY_METHODS[method] else {}
    # Where a method is stopped by its own limit it says so in its result; what counts here are the values.
    minimize(descent.evaluate, start, method=method, bounds=[(-LIMIT, LIMIT)] * 2, **slope)
    return descent


KERAS_OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "SGD": ("SGD", {}),
    "SGD, momentum 0.9": ("SGD", {"momentum": 0.9}),
    "RMSprop": ("RMSprop", {}),
    "Adam": ("Adam", {}),
    "Nadam": ("Nadam", {}),
    "Adamax": ("Adamax", {}),
}
LEARNING_RATES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)


def keras_descents(name: str, learning_rate: float, starts: Sequence[Point], steps: int) -> list[Descent]:
    """Run one of KERAS_OPTIMIZERS from every start at once, for `steps` gradients each, without bounds.

    The starts are the rows of one variable of doubles, shape (starts, 2). These optimisers treat each number by
    itself, so the rows do not feel each other. A gradient counts as one evaluation of the function too.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras
    import tensorflow as tf

    kind, options = KERAS_OPTIMIZERS[name]
    optimizer = getattr(keras.optimizers, kind)(learning_rate=learning_rate, **options)
    place = keras.Variable(np.array(starts), dtype="float64", trainable=True, name="place")
    optimizer.build([place])

    @tf.function
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            x, y = place.value[:, 0], place.value[:, 1]
            terms = [c - x + x * y**power for power, c in enumerate((1.5, 2.25, 2.625), 1)]
            total = tf.reduce_sum([term * term for term in terms])
        optimizer.apply([tape.gradient(total, place.value)], [place])
        return tf.identity(place.value)

    path = np.stack([np.array(starts), *(step().numpy() for _ in range(steps))])
    return [_walked(path[:, row]) for row in range(len(starts))]


def best_learning_rate(name: str, start: Point, steps: int) -> float:
    """The rate of LEARNING_RATES that is lowest so many steps from `start`."""
    ends = {rate: keras_descents(name, rate, [start], steps)[0].values[-1] for rate in LEARNING_RATES}
    return min(ends, key=lambda rate: math.inf if math.isnan(ends[rate]) else ends[rate])


def _walked(path: np.ndarray) -> Descent:
    with np.errstate(over="ignore", invalid="ignore"):
        values = [beale(x, y) for x, y in path]
    points = [(float(x), float(y)) for x, y in path]
    return Descent(points, [float(value) for value in values], len(path) - 1, list(range(len(path))))
