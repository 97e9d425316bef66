import gc
import weakref

import numpy as np
import pytest
from helpers.paths import DATA

from objectives.data.loading import load_dataset, load_search_data, split_dataset
from objectives.data.named import DATASETS
from objectives.data.settings import DataSettings
from objectives.data.splitting.indices import fold_rows, nested_rows, split_rows
from objectives.errors import DataError
from objectives.preprocessing.scaling import Scaler


@pytest.fixture
def mnist_folder(monkeypatch):
    if not (DATA / "mnist.npz").is_file():
        pytest.skip(f"no mnist.npz in {DATA}: set STUDYHALL_TEST_DATA to a folder that holds it")
    monkeypatch.setenv("STUDYHALL_DATA", str(DATA))
    return DATA


def rows_in(x):
    return {row.tobytes() for row in np.ascontiguousarray(x)}


def arrays_of(data):
    return {name: held for name, held in vars(data).items() if isinstance(held, np.ndarray)}


def test_digits_are_divided_in_three_and_the_test_part_is_nowhere():
    [data] = splits = load_search_data(DataSettings(), seed=7)
    assert (data.x_train.shape, data.x_validation.shape) == ((1079, 8, 8, 1), (359, 8, 8, 1))
    assert (data.x_train.dtype, data.y_train.dtype) == (np.float32, np.int64)
    assert (data.classes, data.kind, data.source) == (10, "image", "sklearn.datasets.load_digits")
    whole = DATASETS["digits"].load()
    parts = split_rows(whole.y, (0.6, 0.2, 0.2), seed=7)
    # Digits has no two equal rows, so that a row tells which part it is of.
    assert len(rows_in(whole.x)) == 1797
    test = rows_in(whole.x[parts.test].astype(np.float32) / 16)
    assert len(test) == 359
    for name, held in arrays_of(data).items():
        assert held.base is None, f"{name} is a view of something larger"
        assert len(held) in (1079, 359)
    assert not test & (rows_in(data.x_train) | rows_in(data.x_validation))
    assert set(vars(data)) == {
        *("x_train", "y_train", "x_validation", "y_validation", "classes", "kind", "source", "names"),
        *("preprocessing", "target"),
    }
    # The only division is made, so the rows themselves are let go.
    assert len(splits._dataset.x) == 0
    assert splits[0] is data


def test_digits_keep_the_rows_and_values_that_they_always_had():
    [data] = load_search_data(DataSettings(), seed=7)
    # Sums over the first release's division: another split or scale would change them.
    assert data.y_train[:12].tolist() == [1, 5, 3, 7, 3, 8, 6, 1, 0, 4, 7, 6]
    assert float(data.x_train[:50].sum()) == 962.75


def test_mnist_is_divided_in_two_and_keeps_out_of_the_predefined_test_split(mnist_folder):
    [data] = load_search_data(DataSettings(dataset="mnist", split=(0.9, 0.1)), seed=7)
    assert (data.x_train.shape, data.x_validation.shape) == ((54_000, 28, 28, 1), (6_000, 28, 28, 1))
    assert (float(data.x_train.min()), float(data.x_train.max())) == (0.0, 1.0)
    assert data.source == str(mnist_folder / "mnist.npz")
    with np.load(mnist_folder / "mnist.npz") as archive:
        test = rows_in(archive["x_test"][:500].reshape(500, 784).astype(np.float32) / 255)
    assert not test & (rows_in(data.x_train) | rows_in(data.x_validation))


@pytest.mark.parametrize(
    ("dataset", "shape", "classes", "names"),
    [
        ("breast_cancer", (341, 30), 2, ("malignant", "benign")),
        ("wine", (106, 13), 3, ("class_0", "class_1", "class_2")),
        ("diabetes", (266, 10), None, ()),
    ],
)
def test_the_tables_of_scikit_learn_are_standardised(dataset, shape, classes, names):
    [data] = load_search_data(DataSettings(dataset=dataset), seed=7)
    assert (data.x_train.shape, data.classes, data.names, data.kind) == (shape, classes, names, "table")
    assert data.x_train.mean(axis=0) == pytest.approx(0, abs=1e-5)
    assert data.x_train.std(axis=0) == pytest.approx(1, abs=1e-5)
    assert data.y_train.dtype == (np.float32 if classes is None else np.int64)


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


def test_each_fold_validates_once_with_every_class_in_proportion():
    labels = np.repeat([0, 1, 2], [50, 100, 350])
    parts = fold_rows(labels, 0.2, folds=4, repeats=1, seed=3)
    assert len(parts) == 4
    validated = np.concatenate([part.validation for part in parts])
    assert sorted([*validated, *parts[0].test]) == list(range(500))
    for part in parts:
        assert np.bincount(labels[part.validation]).tolist() == [10, 20, 70]
        assert np.bincount(labels[part.train]).tolist() == [30, 60, 210]
        assert (part.test == parts[0].test).all()


def test_iterated_folds_are_dealt_anew_and_begin_like_plain_ones():
    labels = np.arange(300) % 3
    plain = fold_rows(labels, 0.2, folds=3, repeats=1, seed=3)
    iterated = fold_rows(labels, 0.2, folds=3, repeats=2, seed=3)
    assert len(iterated) == 6
    assert all((one.validation == other.validation).all() for one, other in zip(plain, iterated, strict=False))
    assert {tuple(part.validation) for part in iterated[:3]}.isdisjoint(tuple(part.validation) for part in iterated[3:])


def test_folds_leave_out_the_same_test_part_as_hold_out():
    rows = load_dataset(DataSettings())
    [held_out] = split_dataset(rows, DataSettings(), seed=7)
    folds = split_dataset(rows, DataSettings(evaluation="k-fold"), seed=7)
    assert (folds[0].test == held_out.test).all()
    splits = load_search_data(DataSettings(evaluation="k-fold"), seed=7)
    assert len(splits) == 5
    assert len(splits._dataset.x) == 1797 - 359
    test = rows_in(rows.x[held_out.test].astype(np.float32) / 16)
    assert all(not test & (rows_in(data.x_train) | rows_in(data.x_validation)) for data in splits)


def test_folds_of_a_regression_hold_every_row_once():
    splits = load_search_data(DataSettings(dataset="diabetes", evaluation="k-fold", folds=3, split=(0.9, 0.1)), seed=7)
    sizes = [(len(data.y_train), len(data.y_validation)) for data in splits]
    assert sizes == [(265, 133), (265, 133), (266, 132)]


def test_only_the_last_division_is_kept(monkeypatch):
    splits = load_search_data(DataSettings(dataset="wine", evaluation="k-fold"), seed=7)
    first = weakref.ref(splits[0])
    assert splits[0] is first()

    class ScalerAlone(Scaler):
        @classmethod
        def fit(cls, x, **options):
            gc.collect()
            assert first() is None, "two splits at a time"
            return Scaler.fit(x, **options)

    monkeypatch.setattr("objectives.data.arrays.Scaler", ScalerAlone)
    assert splits[-1] is splits[4]
    with pytest.raises(IndexError):
        splits[5]
    with pytest.raises(TypeError, match="one split at a time"):
        splits[:2]


def test_fractions_are_nested_and_leave_the_validation_part_whole():
    def taken(fraction):
        return load_search_data(DataSettings(), seed=7, fraction=fraction)[0]

    tenth, half, whole = map(taken, (0.1, 0.5, 1.0))
    assert rows_in(tenth.x_train) < rows_in(half.x_train) < rows_in(whole.x_train)
    assert (len(tenth.x_train), len(half.x_train)) == (109, 539)
    counts = np.bincount(whole.y_train)
    assert np.abs(np.bincount(half.y_train) - counts / 2).max() <= 0.5
    assert (tenth.x_validation == whole.x_validation).all()


def test_a_fraction_keeps_a_row_of_each_class_and_the_order():
    labels = np.repeat([0, 1], [990, 10])
    kept = nested_rows(np.arange(1000), labels, 0.01, seed=3, stratified=True)
    assert np.bincount(labels[kept]).tolist() == [10, 1]
    assert (np.diff(kept) > 0).all()


def archive(path, x, y):
    np.savez(path, x=x, y=y)
    return str(path)


@pytest.mark.parametrize("evaluation", ["hold-out", "k-fold", "iterated-k-fold"])
@pytest.mark.parametrize("scaling", ["min-max", "standard"])
@pytest.mark.parametrize("images", [False, True], ids=["table", "images"])
def test_the_scale_is_that_of_the_training_part_alone(tmp_path, evaluation, scaling, images):
    whole = load_dataset(DataSettings()) if images else load_dataset(DataSettings(dataset="wine"))
    settings = DataSettings(dataset=str(tmp_path / "my.npz"), evaluation=evaluation, scaling=scaling)
    parts = split_dataset(whole, settings, seed=7)
    for number in (0, len(parts) - 1):
        x = whole.x.copy()
        archive(tmp_path / "my.npz", x, whole.y)
        before = load_search_data(settings, seed=7)[number]
        # When the rows outside of the training split are far larger
        x[parts[number].validation] = 10 * x[parts[number].validation] + 1000
        x[parts[number].test] = -5000
        archive(tmp_path / "my.npz", x, whole.y)
        after = load_search_data(settings, seed=7)[number]
        # Then the training split is the same to the last bit, and the validation split lies outside of it
        assert (after.x_train == before.x_train).all()
        assert after.x_validation.min() > before.x_train.max()
        assert (after.y_validation == before.y_validation).all()


def test_a_part_too_small_for_its_classes_is_refused():
    with pytest.raises(DataError, match=r"of digits: the 1797 rows, of 10 classes, are too few for a test split of 2"):
        load_search_data(DataSettings(split=(0.8, 0.199, 0.001)), seed=7)


@pytest.mark.parametrize("rare", [1, 2])
def test_a_class_that_no_part_can_judge_is_named(tmp_path, rare):
    labels = ["rare"] * rare + ["ant", "bee"] * 29 + ["ant"] * (2 - rare)
    (tmp_path / "a.csv").write_text("x,y\n" + "".join(f"{row},{label}\n" for row, label in enumerate(labels)))
    settings = DataSettings(dataset=str(tmp_path / "a.csv"), target="y", rare_classes="refuse")
    with pytest.raises(
        DataError, match=rf'a\.csv: class "rare" has {rare} rows?, too few for every split; data\.rare_cl'
    ):
        load_search_data(settings, seed=7)


def test_more_folds_than_the_smallest_class_has_rows_are_refused():
    with pytest.raises(DataError, match=r"data\.folds = 50 of wine: .* at most 47 folds .*\"class_2\" with 48 rows"):
        load_search_data(DataSettings(dataset="wine", evaluation="k-fold", folds=50), seed=7)


def npz(**arrays):
    return lambda path: np.savez(path, **arrays)


SQUARES = np.zeros((3, 28, 28))


@pytest.mark.parametrize(
    ("write", "sentence"),
    [
        (lambda path: None, r"no file .*: \$STUDYHALL_DATA must name a folder that holds mnist\.npz"),
        (lambda path: path.write_bytes(b"no archive"), r"is no \.npz archive"),
        (lambda path: path.write_bytes(b"PK\x03\x04cut"), r"is no \.npz archive"),
        (npz(x=np.zeros(3)), 'must hold the arrays x_train and y_train.*; it holds "x"'),
        (npz(x_train=SQUARES, y_train=np.zeros(2)), r"y_train \(2,\)"),
        (npz(x_train=SQUARES[0], y_train=np.zeros(28, int)), "is not mnist as Keras stores it"),
        (npz(x_train=SQUARES, y_train=np.zeros(3)), "is not mnist as Keras stores it"),
        (npz(x_train=SQUARES, y_train=np.full(3, 10)), "integers from 0 to 9"),
    ],
    ids=[
        "no file",
        "no archive",
        "cut short",
        "other arrays",
        "lengths differ",
        "flat",
        "float labels",
        "large labels",
    ],
)
def test_a_wrong_mnist_file_is_refused_in_a_sentence(tmp_path, monkeypatch, write, sentence):
    monkeypatch.setenv("STUDYHALL_DATA", str(tmp_path))
    write(tmp_path / "mnist.npz")
    with pytest.raises(DataError, match=sentence):
        load_search_data(DataSettings(dataset="mnist"), seed=7)


def test_cifar10_is_read_as_keras_stores_it(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDYHALL_DATA", str(tmp_path))
    x, y = np.random.default_rng(0).integers(0, 256, (60, 32, 32, 3), np.uint8), np.arange(60).reshape(-1, 1) % 10
    np.savez(tmp_path / "cifar10.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    [data] = load_search_data(DataSettings(dataset="cifar10"), seed=7)
    assert (data.x_train.shape, data.y_train.shape, data.names[3]) == ((48, 32, 32, 3), (48,), "cat")


def test_a_failed_download_names_the_way_out(monkeypatch):
    import keras

    def no_network(*_, **__):
        raise Exception("URL fetch failure: no route to host")

    monkeypatch.delenv("STUDYHALL_DATA", raising=False)
    monkeypatch.setattr(keras.datasets.mnist, "load_data", no_network)
    with pytest.raises(DataError, match=r"no route to host.*\$STUDYHALL_DATA"):
        load_search_data(DataSettings(dataset="mnist"), seed=7)
