"""Weights against skewed classes: where one class in a thousand rows matters as much as the others together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from objectives.errors import DataError
from objectives.space.parameters import Parameter, Params

if TYPE_CHECKING:
    import numpy as np

    from objectives.data.arrays import SearchData


PARAMETERS: Mapping[str, Parameter] = {
    "class_weight": Parameter(
        kind=str,
        default="none",
        choices=("none", "balanced"),
        help="`balanced`: every class has the same weight in the training loss; classification only",
    ),
}


def check(params: Params, data: SearchData) -> None:
    """Refuse weights of classes where there are none. Hypermodels without the parameter pass.

    Raises:
        DataError: for weights of classes and data without.
    """
    if params.get("class_weight", "none") != "none" and data.classes is None:
        raise DataError(f"space.class_weight is for classes, and {data.source} has a regression target")


def sample_weight(params: Params, data: SearchData) -> np.ndarray | None:
    """Return what each training row counts in the loss, shape (rows,), float32, mean 1; None where all count alike.

    Rows of a class count rows / (classes * rows of that class), as in scikit-learn's "balanced". Neither val_loss nor
    any accuracy is weighted. None for hypermodels without the parameter.
    """
    import numpy as np

    if data.classes is None or params.get("class_weight", "none") == "none":
        return None
    counts = np.bincount(data.y_train, minlength=data.classes)
    # A class without rows has none to weigh.
    weights = len(data.y_train) / (data.classes * np.maximum(counts, 1))
    counted: np.ndarray = weights[data.y_train].astype(np.float32)
    return counted
