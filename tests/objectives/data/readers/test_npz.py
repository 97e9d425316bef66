"""Archives of arrays: the shape tells the kind, and no code in them is run."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from helpers.datasets import dataset_of

from objectives.data.loading import load_search_data
from objectives.data.settings import DataSettings
from objectives.errors import DataError


def test_an_archive_with_a_test_part_is_divided_in_two(tmp_path):
    x, y = np.arange(400.0).reshape(100, 4), np.arange(100) % 2
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    np.savez(tmp_path / "b.npz", x_train=x, y_train=y)
    [two] = load_search_data(DataSettings(dataset=str(tmp_path / "a.npz")), seed=7)
    [three] = load_search_data(DataSettings(dataset=str(tmp_path / "b.npz")), seed=7)
    assert (len(two.x_train), len(three.x_train)) == (80, 60)
    with pytest.raises(DataError, match=r"two ratios .* predefined test split"):
        load_search_data(DataSettings(dataset=str(tmp_path / "a.npz"), split=(0.6, 0.2, 0.2)), seed=7)
    with pytest.raises(DataError, match="has a predefined test split, and all"):
        load_search_data(DataSettings(dataset=str(tmp_path / "a.npz"), evaluation="k-fold", split=(0.8, 0.2)), seed=7)


@pytest.mark.parametrize(
    ("x", "y", "kind", "shape", "classes"),
    [
        (np.zeros((8, 5, 4), np.uint8), np.arange(8) % 2, "image", (8, 5, 4, 1), 2),
        (np.zeros((8, 5, 4, 3)), np.arange(8) / 3, "image", (8, 5, 4, 3), None),
        (np.zeros((8, 3), np.int16), (np.arange(8) % 2).reshape(-1, 1), "table", (8, 3), 2),
        (np.array(["a b", "c"] * 4), np.array(["up", "down"] * 4), "text", (8,), 2),
    ],
)
def test_the_shape_of_an_array_tells_its_kind(tmp_path, x, y, kind, shape, classes):
    np.savez(tmp_path / "a.npz", x=x, y=y)
    rows = dataset_of(tmp_path / "a.npz")
    assert (rows.kind, rows.x.shape, rows.classes, rows.y.shape) == (kind, shape, classes, (8,))


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


GOOD_Y = np.arange(4) % 2


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"x": np.zeros((4, 2)), "z": GOOD_Y}, "it holds x, z"),
        ({"x": np.zeros(4), "y": GOOD_Y}, r"x has the shape \(4,\) and holds float64"),
        ({"x": np.zeros((4, 2), complex), "y": GOOD_Y}, "allowed: numbers"),
        ({"x": np.zeros((4, 0)), "y": GOOD_Y}, "at least one"),
        ({"x": np.full((4, 2), 1e200), "y": GOOD_Y}, "x of .* holds 8 numbers too large to learn from"),
        ({"x": np.full((4, 2), np.nan), "y": GOOD_Y}, "x of .* holds 8 values that are no finite numbers"),
        ({"x": np.zeros((4, 2)), "y": np.full(4, np.inf)}, "y of .* holds 4 values"),
        ({"x": np.zeros((4, 2)), "y": np.zeros((4, 2))}, "y must have one value a row"),
        ({"x": np.zeros((4, 2)), "y": np.zeros(4, complex)}, "y holds complex128"),
    ],
)
def test_a_wrong_archive_is_refused_in_a_sentence(tmp_path, arrays, sentence):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError, match=sentence):
        dataset_of(tmp_path / "a.npz")


def test_code_in_an_archive_is_not_run(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array([Trap(tmp_path / "ran")] * 4, dtype=object), y=GOOD_Y)
    with pytest.raises(DataError, match="x holds Python objects") as caught:
        dataset_of(tmp_path / "a.npz")
    assert "pickle" not in str(caught.value)
    assert not (tmp_path / "ran").exists()


def test_a_damaged_archive_is_refused(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", x=np.random.default_rng(0).normal(size=(400, 20)), y=np.arange(400) % 2)
    whole = bytearray((tmp_path / "a.npz").read_bytes())
    whole[5000:5100] = bytes(100)
    (tmp_path / "a.npz").write_bytes(whole)
    with pytest.raises(DataError, match="damaged"):
        dataset_of(tmp_path / "a.npz")


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_numbers_of_any_width_are_read_without_a_warning(tmp_path, dtype):
    np.savez(tmp_path / "a.npz", x=np.ones((4, 2), dtype), y=GOOD_Y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert dataset_of(tmp_path / "a.npz").x.shape == (4, 2)
