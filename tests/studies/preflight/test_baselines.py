"""The baselines of `check` are those of scikit-learn on the study's own split, and never keep it from its report."""

import numpy as np
import pytest

from objectives.data.arrays import SearchData
from objectives.data.loading import load_search_data
from objectives.data.settings import DataSettings
from studies.preflight import linear_model
from studies.preflight.baselines import baselines
from studies.spec.study import StudySpec
from studies.study_file.completion import complete


def spec(dataset, metric, **more):
    return complete(StudySpec(name="s", objective="mlp", seed=7, metric=metric, data={"dataset": dataset}, **more))


def of(dataset, metric, **more):
    made = spec(dataset, metric, **more)
    data = load_search_data(made.data, made.root_seed)[0]
    found, notes = baselines(made, data)
    assert notes == []
    assert [one.metric for one in found] == [metric] * 2
    return data, found


def hand_made(x, y, classes, kind="table"):
    half = len(y) // 2
    return SearchData(
        x_train=x[:half], y_train=y[:half], x_validation=x[half:], y_validation=y[half:],
        classes=classes, kind=kind, source="here",
    )  # fmt: skip


def test_accuracy_is_that_of_the_majority_of_the_training_split():
    data, (constant, linear) = of("breast_cancer", "val_accuracy")
    most = np.bincount(data.y_train).argmax()
    assert (constant.name, linear.name) == ("majority class", "logistic regression")
    assert constant.value == pytest.approx((data.y_validation == most).mean())
    assert linear.value > 0.93 > constant.value
    assert constant.rows == linear.rows == len(data.y_train)


@pytest.mark.parametrize(("metric", "name", "middle"), [("val_mae", "median", np.median), ("val_mse", "mean", np.mean)])
def test_the_constant_of_a_regression_is_the_best_there_is_for_its_metric(metric, name, middle):
    data, (constant, linear) = of("diabetes", metric)
    power = 1 if metric == "val_mae" else 2
    error = np.abs(data.y_validation - middle(data.y_train.astype(float))) ** power
    assert constant.name == name
    assert constant.value == pytest.approx(error.mean())
    assert linear.value < 0.8 * constant.value


def test_a_loss_is_the_one_that_networks_report():
    data, (constant, linear) = of("wine", "val_loss")
    shares = np.bincount(data.y_train) / len(data.y_train)
    assert constant.name == "class shares"
    assert constant.value == pytest.approx(-np.log(shares[data.y_validation]).mean())
    assert linear.value < 0.3
    # That of numbers is in standard deviations of the training split
    data, (constant, linear) = of("diabetes", "val_loss")
    error = data.y_validation - data.y_train.mean(dtype=float)
    assert constant.value == pytest.approx((error**2).mean() / data.y_train.std() ** 2, rel=1e-5)
    assert linear.value < constant.value


@pytest.mark.parametrize("space", [{"loss": "focal"}, {"label_smoothing": 0.1}])
def test_a_loss_that_no_metric_is_gives_way_to_the_accuracy(space):
    made = spec("wine", "val_loss", space=space)
    found, _ = baselines(made, load_search_data(made.data, made.root_seed)[0])
    assert [one.metric for one in found] == ["val_accuracy"] * 2


def test_the_first_metric_that_is_no_cost_counts_and_so_does_its_split():
    made = spec("wine", ["parameters", "accuracy"])
    data = load_search_data(made.data, made.root_seed)[0]
    (constant, linear), _ = baselines(made, data)
    assert constant.metric == "accuracy"
    assert constant.value == pytest.approx(np.bincount(data.y_train).max() / len(data.y_train))
    assert linear.value == 1.0


def test_images_are_averaged_down_and_texts_are_counted():
    random = np.random.default_rng(0)
    y = np.arange(80) % 2
    images = random.random((80, 64, 48, 3), dtype=np.float32) + 0.3 * y[:, None, None, None].astype(np.float32)
    assert linear_model.samples(hand_made(images, y, 2, "image"), images, y, 0).x.shape == (80, 12 * 9 * 3)
    texts = np.array([f"{'good' if label else 'bad'} {random.integers(9)}" for label in y], dtype=object)
    for kind, x in (("image", images), ("text", texts)):
        (constant, linear), notes = baselines(spec("digits", "val_accuracy"), hand_made(x, y, 2, kind))
        assert (constant.value, linear.value, notes) == (0.5, 1.0, [])


def test_features_that_nobody_has_scaled_are_scaled_for_the_linear_model():
    y = np.arange(400) % 2
    x = np.stack([1e6 * np.random.default_rng(0).random(400), y + 1e-3], axis=1).astype(np.float32)
    made = spec("digits", "val_accuracy")
    raw = made.model_copy(update={"data": DataSettings(scaling="none")})
    (_, linear), _ = baselines(raw, hand_made(x, y, 2))
    assert linear.value == 1.0


def test_of_many_rows_a_part_is_enough_with_every_class_and_the_same_each_time(monkeypatch):
    monkeypatch.setattr(linear_model, "_WORK", 30 * 3 * 5 * 60)
    y = np.where(np.arange(2000) % 200 == 0, 2, np.arange(2000) % 2)
    x = np.random.default_rng(0).standard_normal((2000, 5)).astype(np.float32)
    data = hand_made(x, y, 3)
    (constant, linear), _ = baselines(spec("digits", "val_accuracy"), data)
    assert constant.rows == 1000
    assert 60 <= linear.rows <= 63
    assert set(linear_model.samples(data, data.x_train, data.y_train, 7).y.tolist()) == {0, 1, 2}
    assert baselines(spec("digits", "val_accuracy"), data)[0][1] == linear


def test_what_scikit_learn_refuses_is_a_note_and_its_warnings_are_nobodys(recwarn):
    x, y = np.random.default_rng(0).random((60, 3)).astype(np.float32), np.arange(60) % 3
    x[3, 1] = np.nan
    (constant,), (note,) = baselines(spec("digits", "val_accuracy"), hand_made(x, y, 3))
    assert constant.name == "majority class"
    assert note.startswith("there is no baseline of a linear model, for ValueError: Input X contains NaN")
    one = SearchData(
        x_train=x[4:], y_train=y[4:].astype(np.float32), x_validation=x[:1], y_validation=y[:1].astype(np.float32),
        classes=None, kind="table", source="here",
    )  # fmt: skip
    baselines(spec("diabetes", "val_r2"), one)
    assert list(recwarn) == []
