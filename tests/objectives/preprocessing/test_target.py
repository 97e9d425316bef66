"""Numbers are learned in standard deviations of the training split, and told in their own unit."""

import numpy as np
import pytest
from helpers.networks import SHAPES, rows
from sklearn import metrics

from objectives.data.arrays import SearchData
from objectives.models.network import make_training
from objectives.preprocessing.target import TargetScaler
from objectives.registry import HYPERMODELS
from objectives.training import backend


def test_a_training_split_has_mean_0_and_deviation_1_and_nothing_is_lost():
    y = np.array([10_000, 12_000, 9_000, 17_500], np.float32)
    scaler = TargetScaler.fit(y)
    scaled = scaler.transform(y)
    assert (scaled.dtype, scaled.mean(), scaled.std()) == (np.float32, pytest.approx(0, abs=1e-6), pytest.approx(1))
    assert scaler.undo(scaled) == pytest.approx(y, rel=1e-6)


def test_numbers_that_are_all_equal_are_only_shifted():
    scaler = TargetScaler.fit(np.full(4, 3.0, np.float32))
    assert (scaler.mean, scaler.deviation) == (3.0, 1.0)


def test_large_numbers_that_differ_little_keep_their_differences():
    scaler = TargetScaler.fit(np.array([1e6, 1e6 + 1], np.float32))
    assert scaler.transform(np.array([1e6, 1e6 + 1])).tolist() == [-1.0, 1.0]


def in_unit(data, unit, zero):
    """The same data with a target in another unit."""
    return SearchData(
        **{**vars(data), "y_train": data.y_train * unit + zero, "y_validation": data.y_validation * unit + zero}
    )


# The parameters of transfer name a file; its output layer is that of the others.
@pytest.mark.parametrize("name", [name for name in HYPERMODELS if name != "transfer"])
@pytest.mark.parametrize(("unit", "zero"), [(1024.0, 8192.0), (2.0**-10, 0.0)])
def test_no_model_sees_the_unit_of_its_target_and_mae_is_in_it(name, unit, zero):
    backend.prepare("tensorflow")
    import keras

    logs = []
    for data in (plain := rows(SHAPES[name], None), in_unit(plain, unit, zero)):
        keras.utils.set_random_seed(1)
        made = make_training(HYPERMODELS[name], HYPERMODELS[name].defaults, data, epochs=1)
        made.model.fit(made.data.x_train, made.data.y_train, batch_size=4, shuffle=False, verbose=0)
        logs.append(made.model.evaluate(made.data.x_validation, made.data.y_validation, verbose=0, return_dict=True))
        found = made.data.target.undo(made.model.predict(made.data.x_validation, verbose=0)[:, 0])
        assert logs[-1]["mae"] == pytest.approx(metrics.mean_absolute_error(data.y_validation, found), rel=1e-4)
    assert logs[1]["loss"] == pytest.approx(logs[0]["loss"], rel=1e-2)
    assert logs[1]["mae"] == pytest.approx(logs[0]["mae"] * unit, rel=1e-2)


def test_classes_stay_as_they_are():
    data = rows(SHAPES["mlp"], 3)
    assert data.with_standard_target() is data
