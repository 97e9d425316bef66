"""Trainings of one structure run in one program, each as `fit` would train it."""

import pytest
from helpers.programs import assert_equal, by_fit, in_program, make

ACTIVATIONS = ("leaky_relu", "elu", "selu", "softplus", "tanh", "sigmoid")
# Trainings that are to share one program.
FAMILIES = {
    "widths": [{"units": 7}, {"units": 40}, {"units": 3}],
    "each its own width": [
        {"widths": "free", "units_1": 5, "units_2": 9},
        {"widths": "free", "units_1": 9, "units_2": 2},
    ],
    "batches": [{"batch_size": 1}, {"batch_size": 12}, {"batch_size": 64}],
    "rates": [{"learning_rate": 0.1}, {"learning_rate": 1e-4}, {"learning_rate": 1e30}, {"learning_rate": 0.1}],
    "dropout": [{"dropout": 0.1}, {"dropout": 0.9, "units": 5}, {"dropout_1": 0.3, "dropout_2": 0.7}],
    "penalties": [{"l1": 0.01, "l2": 0.1}, {"l1": 0.3, "l2": 1e-6, "units": 5}],
    "sgd": [{"optimizer": "sgd", "momentum": 0.1}, {"optimizer": "sgd", "momentum": 0.99}],
    "nesterov": [{"optimizer": "sgd", "momentum": m, "nesterov": True} for m in (0.2, 0.8)],
    "rmsprop": [{"optimizer": "rmsprop", "momentum": m, "rho": r} for m, r in ((0.5, 0.9), (0.9, 0.123))],
    "adam": [{"beta_1": 0.9}, {"beta_1": 0.123, "beta_2": 0.9}],
    "nadam": [{"optimizer": "nadam"}, {"optimizer": "nadam", "beta_1": 0.3, "beta_2": 0.7}],
    "adamax": [{"optimizer": "adamax"}, {"optimizer": "adamax", "beta_1": 0.3, "beta_2": 0.7}],
    "adamw": [{"optimizer": "adamw"}, {"optimizer": "adamw", "beta_1": 0.3, "units": 5}],
    "normalization": [
        {"batch_normalization": True, "normalization_momentum": 0.9},
        {"batch_normalization": True, "normalization_momentum": 0.123, "units": 5},
    ],
    "initializers": [{"initializer": "he_normal"}, {"initializer": "zeros"}],
    "limits": [{"max_norm": 0.5, "clipnorm": 0.1}, {"max_norm": 0.5, "clipnorm": 0.1, "units": 5}],
    "numbers": [{"classes": None}, {"classes": None, "units": 5}],
    "two classes": [{"classes": 2, "dropout": 0.2}, {"classes": 2, "dropout": 0.4}],
    **{
        f"{loss} of {classes or 'numbers'}": [{"classes": classes, "loss": loss, "units": units} for units in (5, 9)]
        for classes, loss in ((2, "focal"), (2, "brier"), (None, "mae"), (None, "huber"))
    },
    **{name: [{"activation": name, "units": units} for units in (5, 9)] for name in ACTIVATIONS},
    "normalized": [{"activation": "tanh", "batch_normalization": True, "units": units} for units in (5, 9)],
}


@pytest.mark.parametrize("family", FAMILIES)
def test_one_program_trains_each_as_fit_would(pool, family):
    for params in FAMILIES[family]:
        assert_equal(in_program(make(**params)), by_fit(make(**params)))
    assert pool() == 1


@pytest.mark.parametrize(
    "params",
    [
        {"layers": 3},
        {"activation": "tanh"},
        {"dropout": 0.1},
        {"l1": 0.1},
        {"batch_normalization": True},
        {"optimizer": "sgd"},
        {"clipnorm": 1.0},
        {"max_norm": 1.0},
        {"classes": 2},
        {"classes": None},
        {"loss": "brier"},
        {"label_smoothing": 0.1},
        {"activation": "leaky_relu", "negative_slope": 0.3},
        {"units": 1},
        {"activation": "maxout"},
    ],
)
def test_what_is_another_program_is_not_in_program(pool, params):
    in_program(make())
    assert_equal(in_program(make(**params)), by_fit(make(**params)))
    assert_equal(in_program(make()), by_fit(make()))
