"""Every metric against a value worked out by hand, and what data have no such metric."""

import math

import numpy as np
import pytest

from objectives.errors import TrainingError
from objectives.training.metrics import BETTER, METRICS, fit_for, metric_fault, scores

# Four rows of three classes. The likeliest classes are 0, 1, 1, 0: two are right.
TRUTH = np.array([0, 1, 2, 2])
OUTPUT = np.array([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.1, 0.5, 0.4], [0.5, 0.2, 0.3]], dtype=np.float32)
# Precision: 1/2, 1/2, 0/0 -> 0; recall: 1/1, 1/1, 0/2; F1: 2/3, 2/3, 0.
# AUC of a class: the share of pairs (a row of it, another row) in which it has the larger probability.
THREE_CLASSES = {
    "accuracy": 1 / 2,
    "precision": 1 / 3,
    "recall": 2 / 3,
    "f1": 4 / 9,
    "precision_micro": 1 / 2,
    "recall_micro": 1 / 2,
    "f1_micro": 1 / 2,
    "auc": (3 / 3 + 3 / 3 + 4 / 4) / 3,
    "log_loss": -(math.log(0.7) + math.log(0.6) + math.log(0.4) + math.log(0.3)) / 4,
    "top_3_accuracy": 1.0,
}

# Six rows of two classes, predicted 0, 0, 1, 0, 1, 1 with the probabilities of class 1.
BINARY_TRUTH = np.array([0, 0, 0, 1, 1, 1])
SECOND = np.array([0.1, 0.2, 0.6, 0.4, 0.7, 0.9], dtype=np.float32)
TWO_CLASSES = {
    "accuracy": 4 / 6,
    "precision": 2 / 3,
    "recall": 2 / 3,
    "f1": 2 / 3,
    "precision_micro": 4 / 6,
    "auc": 8 / 9,
    "log_loss": -sum(map(math.log, (0.9, 0.8, 0.4, 0.4, 0.7, 0.9))) / 6,
}

NUMBERS = {"mae": 1.0, "mse": 2.5, "r2": 1 - 10 / 5}


@pytest.mark.parametrize("name", THREE_CLASSES)
def test_of_three_classes(name):
    assert scores([name], TRUTH, OUTPUT, 3)[name] == pytest.approx(THREE_CLASSES[name], abs=1e-6)


@pytest.mark.parametrize("name", TWO_CLASSES)
@pytest.mark.parametrize("columns", [1, 2])
def test_of_two_classes_it_is_that_of_class_1_however_the_model_says_it(name, columns):
    output = SECOND[:, None] if columns == 1 else np.stack([1 - SECOND, SECOND], axis=1)
    assert scores([name], BINARY_TRUTH, output, 2)[name] == pytest.approx(TWO_CLASSES[name], abs=1e-6)


@pytest.mark.parametrize("name", NUMBERS)
def test_of_numbers(name):
    truth, output = np.array([1, 2, 3, 4], dtype=np.float32), np.array([[1], [2], [4], [1]], dtype=np.float32)
    assert scores([name], truth, output, None)[name] == pytest.approx(NUMBERS[name])


def test_the_rank_of_the_true_class_decides_top_k():
    ranks = np.array([1, 3, 4, 5, 6, 8])
    output = np.full((6, 10), 0.01)
    for row, rank in enumerate(ranks):
        output[row, 1:rank] = 0.2
        output[row, 0] = 0.1
    output /= output.sum(axis=1, keepdims=True)
    found = scores(["top_3_accuracy", "top_5_accuracy"], np.zeros(6, dtype=int), output, 10)
    assert found == {"top_3_accuracy": 2 / 6, "top_5_accuracy": 4 / 6}


def test_labels_may_be_one_hot():
    assert scores(["f1"], np.eye(3)[TRUTH], OUTPUT, 3) == scores(["f1"], TRUTH, OUTPUT, 3)


def test_what_has_diverged_is_no_number():
    assert math.isnan(scores(["auc"], TRUTH, np.where(OUTPUT > 0.6, np.nan, OUTPUT), 3)["auc"])


@pytest.mark.parametrize(
    ("truth", "output", "sentence"),
    [
        (TRUTH, OUTPUT[:, :2], "returns (2,) for a row, and there are 3 classes"),
        (TRUTH, OUTPUT * 3 - 1, "no probabilities"),
        (np.array([0, 1, 1, 0]), OUTPUT, "none of class 2"),
    ],
)
def test_what_cannot_be_judged_is_said(truth, output, sentence):
    with pytest.raises(TrainingError, match=sentence.replace("(", r"\(").replace(")", r"\)")):
        scores(["auc"], truth, output, 3)


@pytest.mark.parametrize(
    ("name", "classes", "sentence"),
    [
        ("val_accuracy", None, "numbers to predict"),
        ("r2", 10, "these data have classes"),
        ("val_top_5_accuracy", 3, "of no use with 3 classes"),
        ("val_auk", 2, 'did you mean "val_auc"'),
        ("val_parameters", 2, 'did you mean "parameters"'),
    ],
)
def test_data_without_such_a_metric(name, classes, sentence):
    assert sentence in metric_fault(name, classes)


@pytest.mark.parametrize(("kind", "classes"), [("binary", 2), ("classes", 10), ("regression", None)])
def test_what_fits_is_not_refused(kind, classes):
    few = {"val_top_3_accuracy", "val_top_5_accuracy", "top_3_accuracy", "top_5_accuracy"} if classes == 2 else set()
    assert {name for name in METRICS if metric_fault(name, classes) is None} == {*fit_for(kind)} - few


def test_which_way_is_better():
    smaller = {"loss", "log_loss", "mae", "mse"}
    assert {name.removeprefix("val_") for name, way in BETTER.items() if way == "minimize"} == {
        *smaller,
        "seconds",
        "parameters",
        "flops",
    }
