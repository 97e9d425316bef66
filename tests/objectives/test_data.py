import os
from pathlib import Path

import numpy as np
import pytest

from objectives.data import DataFault, load_search_data, scale, split_rows
from objectives.datasets import DATASETS
from objectives.settings import DataSettings

BESIDE = Path(__file__).parents[2].parent / "shared" / "data"


@pytest.fixture
def mnist_folder(monkeypatch):
    folder = Path(os.environ.get("STUDYHALL_DATA", BESIDE))
    if not (folder / "mnist.npz").is_file():
        pytest.skip(f"no mnist.npz in {folder}: set STUDYHALL_DATA to a folder that holds it")
    monkeypatch.setenv("STUDYHALL_DATA", str(folder))
    return folder


def rows_in(x):
    return {row.tobytes() for row in np.ascontiguousarray(x)}


def test_digits_are_divided_in_three_and_the_test_part_is_nowhere():
    data = load_search_data(DataSettings(), seed=7)
    assert (data.x_train.shape, data.x_validation.shape) == ((1079, 64), (359, 64))
    assert (data.x_train.dtype, data.y_train.dtype) == (np.float32, np.int64)
    assert (data.classes, data.origin) == (10, "sklearn.datasets.load_digits")
    whole = DATASETS["digits"].load()
    parts = split_rows(whole.y, (0.6, 0.2, 0.2), seed=7)
    # Digits has no two equal rows, so that a row tells which part it is of.
    assert len(rows_in(whole.x)) == 1797
    test = rows_in(whole.x[parts.test].astype(np.float32) / 16)
    assert len(test) == 359
    for name, held in vars(data).items():
        if isinstance(held, np.ndarray):
            assert held.base is None, f"{name} is a view of something larger"
            assert len(held) in (1079, 359)
    assert not test & (rows_in(data.x_train) | rows_in(data.x_validation))
    assert set(vars(data)) == {"x_train", "y_train", "x_validation", "y_validation", "classes", "origin"}


def test_mnist_is_divided_in_two_and_keeps_out_of_the_official_test_part(mnist_folder):
    data = load_search_data(DataSettings(dataset="mnist", split=(0.9, 0.1)), seed=7)
    assert (data.x_train.shape, data.x_validation.shape) == ((54_000, 784), (6_000, 784))
    assert (float(data.x_train.min()), float(data.x_train.max())) == (0.0, 1.0)
    assert data.origin == str(mnist_folder / "mnist.npz")
    with np.load(mnist_folder / "mnist.npz") as archive:
        test = rows_in(archive["x_test"][:500].reshape(500, 784).astype(np.float32) / 255)
    assert not test & (rows_in(data.x_train) | rows_in(data.x_validation))


def test_the_seed_alone_decides_the_division():
    labels = np.arange(300) % 3
    one, again, other = (split_rows(labels, (0.6, 0.2, 0.2), seed) for seed in (1, 1, 2))
    for part in ("train", "validation", "test"):
        assert (getattr(one, part) == getattr(again, part)).all()
        assert set(getattr(one, part)) != set(getattr(other, part))


def test_the_parts_hold_every_row_once_and_every_class_in_proportion():
    labels = np.repeat([0, 1, 2], [100, 200, 700])
    parts = split_rows(labels, (0.5, 0.3, 0.2), seed=3)
    together = np.concatenate([parts.train, parts.validation, parts.test])
    assert sorted(together) == list(range(1000))
    assert np.bincount(labels[parts.train]).tolist() == [50, 100, 350]
    assert np.bincount(labels[parts.test]).tolist() == [20, 40, 140]


def test_two_shares_leave_no_test_part():
    parts = split_rows(np.arange(100) % 2, (0.8, 0.2), seed=3)
    assert (len(parts.train), len(parts.validation), len(parts.test)) == (80, 20, 0)


def test_the_scale_is_that_of_the_training_part_alone():
    train, validation = scale(np.array([[2.0, 4.0], [3.0, 6.0]]), np.array([[0.0, 10.0]]))
    assert train.tolist() == [[0.0, 0.5], [0.25, 1.0]]
    assert validation.tolist() == [[-0.5, 2.0]]
    assert train.dtype == validation.dtype == np.float32


def test_a_training_part_of_one_value_is_scaled_to_nought():
    train, validation = scale(np.full((2, 2), 7, np.uint8), np.full((1, 2), 9, np.uint8))
    assert (train.max(), validation.max()) == (0.0, 2.0)


def test_a_part_too_small_for_its_classes_is_refused():
    with pytest.raises(DataFault, match=r"data\.split = .* of digits: the test part would have 2 of 1797 rows"):
        load_search_data(DataSettings(split=(0.8, 0.199, 0.001)), seed=7)


def npz(**arrays):
    return lambda path: np.savez(path, **arrays)


@pytest.mark.parametrize(
    ("write", "sentence"),
    [
        (lambda path: None, r"no file .*: \$STUDYHALL_DATA must name a folder that holds mnist\.npz"),
        (lambda path: path.write_bytes(b"no archive"), "is not MNIST as Keras stores it"),
        (lambda path: path.write_bytes(b"PK\x03\x04cut"), "is not MNIST as Keras stores it"),
        (npz(x=np.zeros(3)), "is not MNIST as Keras stores it"),
        (npz(x_train=np.zeros((3, 28, 28)), y_train=np.zeros(2)), r"y_train \(2,\)"),
    ],
    ids=["no file", "no archive", "cut short", "other arrays", "lengths differ"],
)
def test_a_wrong_mnist_file_is_refused_in_a_sentence(tmp_path, monkeypatch, write, sentence):
    monkeypatch.setenv("STUDYHALL_DATA", str(tmp_path))
    write(tmp_path / "mnist.npz")
    with pytest.raises(DataFault, match=sentence):
        load_search_data(DataSettings(dataset="mnist"), seed=7)


def test_a_failed_download_names_the_way_out(monkeypatch):
    import keras

    def no_network(*_, **__):
        raise Exception("URL fetch failure: no route to host")

    monkeypatch.delenv("STUDYHALL_DATA", raising=False)
    monkeypatch.setattr(keras.datasets.mnist, "load_data", no_network)
    with pytest.raises(DataFault, match=r"no route to host.*\$STUDYHALL_DATA"):
        load_search_data(DataSettings(dataset="mnist"), seed=7)
