"""Which way a metric is better by its name alone, and which names say nothing."""

import pytest

from objectives.training.metrics import BETTER
from studies.spec.metric_names import better

MAXIMIZE = (
    "accuracy", "val_accuracy", "acc", "val_acc", "test_accuracy", "val/acc", "Valid Accuracy", "best_val_acc", "auc",
    "roc_auc", "f1", "F1_Score", "val_f1_macro", "r2", "precision", "recall", "neg_mean_squared_error", "top1",
    "neg_log_loss", "val_top_5_acc", "top_3_accuracy", "val_sparse_categorical_accuracy", "cv_roc_auc", "mean_iou",
)  # fmt: skip
MINIMIZE = (
    "loss", "val_loss", "train-loss", "eval.loss", "validation_loss", "mae", "val_mae", "rmse", "test_rmse", "mse",
    "mean_squared_error", "val_mean_absolute_error", "log_loss", "error", "perplexity", "parameters", "neg_accuracy",
)  # fmt: skip
NEITHER = (
    "", "score", "val_score", "value", "metric", "objective", "seconds", "time", "1 - accuracy", "1-auc", "-loss",
    "one_minus_accuracy", "accuracy_drop", "negative_loss", "return", "x", "val_", "neg_", "neg_score", "lossy",
    "accuracy loss",
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "way"),
    [
        *((name, "maximize") for name in MAXIMIZE),
        *((name, "minimize") for name in MINIMIZE),
        *((name, None) for name in NEITHER),
    ],
)
def test_a_name_tells_the_better_way_or_nothing(name, way):
    assert better(name) == way


def test_it_agrees_with_the_metrics_of_the_built_in_objectives():
    assert {name for name, way in BETTER.items() if better(name) != way} == {"seconds"}
