"""Archives of arrays: the shape tells the kind, and no code in them is run."""

import warnings
import zipfile
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


X, Y = np.arange(400.0).reshape(100, 4), np.arange(100) % 4
GREY = np.zeros((100, 9, 7), np.uint8)
MEDICAL = {
    f"{part}_{what}": value for part in ("train", "val", "test") for what, value in (("images", GREY), ("labels", Y))
}


@pytest.mark.parametrize(
    ("arrays", "shape", "predefined", "notes"),
    [
        ({"X": X, "Y": Y}, (100, 4), False, ""),
        ({"X_train": X, "y_train": Y, "X_test": X, "y_test": Y}, (100, 4), True, ""),
        ({"trainX": X, "trainY": Y}, (100, 4), False, '"trainX" is taken for x, "trainY" for y'),
        ({"data": X, "target": Y}, (100, 4), False, '"data" is taken for x, "target" for y'),
        ({"Images": GREY, "labels": Y}, (100, 9, 7, 1), False, '"Images" is taken for x, "labels" for y'),
        ({"arr_0": X, "arr_1": Y}, (100, 4), False, '"arr_0" is taken for x, "arr_1" for y'),
        (MEDICAL, (200, 9, 7, 1), True, '"train_images" is taken for x'),
        ({"x": X, "y": Y, "X_valid": X, "y_valid": Y}, (100, 4), False, 'not used: "X_valid", "y_valid"'),
        ({"x": X, "y": Y, "x_train": X[:50], "y_train": Y[:50]}, (50, 4), False, 'not used: "x", "y"'),
        ({"x": X, "y": Y, "x_test": X}, (100, 4), False, 'not used: "x_test"'),
        ({"x": X, "y": Y, "info": np.array([{}], dtype=object)}, (100, 4), False, 'not used: "info"'),
    ],
)
def test_the_usual_names_are_known_and_told(tmp_path, arrays, shape, predefined, notes):
    np.savez(tmp_path / "a.npz", **arrays)
    rows = dataset_of(tmp_path / "a.npz")
    assert (rows.x.shape, rows.classes, rows.predefined_test) == (shape, 4, predefined)
    assert notes in " ".join(rows.notes)
    assert bool(notes) is bool(rows.notes)


@pytest.mark.parametrize(
    ("shape", "read", "is_moved"),
    [
        ((3, 32, 30), (32, 30, 3), True),
        ((1, 28, 28), (28, 28, 1), True),
        ((4, 9, 9), (9, 9, 4), True),
        ((32, 30, 3), (32, 30, 3), False),
        ((3, 32, 3), (3, 32, 3), False),
        ((1, 1, 2048), (1, 1, 2048), False),
        ((3, 3, 512), (3, 3, 512), False),
        ((28, 28, 5), (28, 28, 5), False),
    ],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_channels_that_come_first_are_moved_and_told(tmp_path, shape, read, is_moved, dtype):
    x = np.random.default_rng(0).integers(0, 255, (8, *shape)).astype(dtype)
    np.savez(tmp_path / "a.npz", x=x, y=np.arange(8) % 2)
    rows = dataset_of(tmp_path / "a.npz")
    assert (rows.x.shape, rows.x.dtype) == ((8, *read), dtype)
    assert (rows.x == (np.moveaxis(x, 1, -1) if is_moved else x)).all()
    assert ["channels first" in note for note in rows.notes] == [True] * is_moved


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.float64])
@pytest.mark.parametrize("classes", [2, 30])
def test_one_hot_labels_become_classes(tmp_path, dtype, classes):
    y = np.arange(90) % classes
    np.savez(tmp_path / "a.npz", x=np.zeros((90, 3)), y=np.eye(classes, dtype=dtype)[y])
    rows = dataset_of(tmp_path / "a.npz")
    assert (rows.classes, rows.y.tolist()) == (classes, y.tolist())
    assert "one 1 a row" in rows.notes[0]
    with pytest.raises(DataError, match="one-hot"):
        dataset_of(tmp_path / "a.npz", task="regression")


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


GOOD_Y = np.arange(4) % 2


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"x": np.zeros((4, 2)), "z": GOOD_Y}, 'it holds "x", "z"'),
        ({f"k{i}": GOOD_Y for i in range(30)}, '"k19" and 18 more'),
        ({"x": np.zeros((4, 2)), "X": np.zeros((4, 2)), "y": GOOD_Y}, "may each be the inputs; call one of them x"),
        ({"x": np.zeros((4, 2)), "y": GOOD_Y, "target": GOOD_Y}, "may each be the labels; call one of them y"),
        ({"arr_0": GOOD_Y, "arr_1": np.zeros((4, 2))}, "arr_1 .*must have one value a row"),
        ({"x": np.zeros((9, 9, 3, 4)), "y": GOOD_Y}, r"the rows must come first: numpy.moveaxis\(x, -1, 0\)"),
        ({"x": np.zeros((5, 2)), "y": GOOD_Y}, "both must have as many rows"),
        ({"x": np.zeros((4, 2)), "y": np.ones((4, 2))}, "or be one-hot"),
        ({"x": np.zeros((4, 2)), "y": np.full((4, 2), 0.5)}, "or be one-hot"),
        ({"x": np.zeros(4), "y": GOOD_Y}, r"x has the shape \(4,\) and holds float64"),
        ({"x": np.zeros((4, 2), complex), "y": GOOD_Y}, "allowed: numbers"),
        ({"x": np.zeros((4, 0)), "y": GOOD_Y}, "at least one"),
        ({"x": np.full((4, 2), 1e200), "y": GOOD_Y}, "x of .* holds 8 numbers too large to learn from"),
        ({"x": np.full((4, 2), np.nan), "y": GOOD_Y}, "x of .* holds 8 values that are no .*data.missing fills"),
        ({"x": np.full((4, 2, 2), np.nan), "y": GOOD_Y}, "x of .* holds 16 values .*remove them$"),
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


def written_by_python_2(array):
    """The array as NumPy wrote it there, with long numbers in its header."""
    shape = "".join(f"{length}L, " for length in array.shape)
    header = f"{{'descr': '{array.dtype.str}', 'fortran_order': False, 'shape': ({shape}), }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\0" + len(header).to_bytes(2, "little") + header.encode() + array.tobytes()


def test_an_archive_of_python_2_is_read_without_a_warning(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", written_by_python_2(np.ones((4, 2))))
        archive.writestr("y.npy", written_by_python_2(GOOD_Y))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert dataset_of(tmp_path / "a.npz").x.tolist() == [[1, 1]] * 4


def test_a_validation_part_of_the_makers_validates(tmp_path):
    x, y = np.arange(60.0).reshape(30, 2), np.arange(30) % 2
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y, x_val=x[:9] + 100, y_val=1 - y[:9], x_test=x, y_test=y)
    settings = DataSettings(dataset=str(tmp_path / "a.npz"), scaling="none")
    [data] = load_search_data(settings, 1)
    assert (data.x_train == x).all()
    assert (data.x_validation == x[:9] + 100).all()
    assert (data.y_validation == 1 - y[:9]).all()
    with pytest.raises(DataError, match="has a validation part of its own; leave it out"):
        load_search_data(settings.model_copy(update={"split": (0.8, 0.2)}), 1)


def test_folds_use_a_validation_part_like_all_other_rows(tmp_path):
    x, y = np.arange(60.0).reshape(30, 2), np.arange(30) % 2
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y, x_val=x[:10] + 100, y_val=y[:10])
    settings = DataSettings(dataset=str(tmp_path / "a.npz"), scaling="none", evaluation="k-fold")
    seen = np.concatenate([data.x_validation[:, 0] for data in load_search_data(settings, 1)])
    assert (len(seen), len(set(seen))) == (32, 32)
    assert (seen >= 100).any()


def test_a_validation_part_of_another_shape_is_refused(tmp_path):
    x, y = np.arange(60.0).reshape(30, 2), np.arange(30) % 2
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y, x_val=x[:, :1], y_val=y)
    with pytest.raises(DataError, match=r"x_val has the shape \(30, 1\)"):
        load_search_data(DataSettings(dataset=str(tmp_path / "a.npz")), 1)
