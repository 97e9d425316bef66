"""The test functions have the minima that their docstrings name, and no lower ones."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize

from objectives import functions

MINIMA = {
    "quadratic": (0.0, [(0, 0)]),
    "beale": (0.0, [(3, 0.5)]),
    "rosenbrock": (0.0, [(1, 1)]),
    "himmelblau": (0.0, [(3, 2), (-2.805118, 3.131313), (-3.779310, -3.283186), (3.584428, -1.848127)]),
    "rastrigin": (0.0, [(0, 0)]),
    "ackley": (0.0, [(0, 0)]),
    "branin": (0.397887, [(-math.pi, 12.275), (math.pi, 2.275), (3 * math.pi, 2.475)]),
}


def test_every_function_of_the_catalogue_is_here():
    assert list(MINIMA) == list(functions.FUNCTIONS)


@pytest.mark.parametrize("name", MINIMA)
def test_a_function_is_lowest_where_it_says(name):
    function, (lowest, points) = getattr(functions, name), MINIMA[name]
    for x, y in points:
        assert function(x, y) == pytest.approx(lowest, abs=1e-5)
    # From every corner of a coarse net downhill: nothing lower, and each of the minima is met.
    space = functions.FUNCTIONS[name].space
    limits = [(space[axis]["low"], space[axis]["high"]) for axis in "xy"]
    net = [np.linspace(low, high, 9) for low, high in limits]
    ends = [minimize(lambda p: function(*p), (x, y), bounds=limits) for x in net[0] for y in net[1]]
    assert min(end.fun for end in ends) == pytest.approx(lowest, abs=1e-4)
    for point in points:
        assert any(math.dist(point, end.x) < 0.01 for end in ends), point
