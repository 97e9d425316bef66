"""Real trainings of digits_mlp that were made once, and what stands for a training where there is none."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.trial import FixedTrial, FrozenTrial

from objectives.objective import Scalar
from studies.study_file import read_study
from studies.worker import make_objective

HERE = Path(__file__).parent
TABLE_STUDY, TABLE, RANDOM = HERE / "digits_table.toml", HERE / "digits_table.csv", HERE / "digits_random.csv"
VAL_LOSS = {"metric": "val_loss", "direction": "minimize"}

_COLUMNS = ("learning_rate", "batch_size", "layers", "units", "dropout", "optimizer", "momentum")
_FIXED = {"batch_size": 32}  # where a study does not search it: digits_table.toml
_HEAD = {
    TABLE: "every point of digits_table.toml, on TensorFlow",
    RANDOM: "random points of the gallery's digits_mlp, on PyTorch, which is quicker for networks this small",
}

Point = tuple[str, ...]


def key(point: Mapping[str, Scalar]) -> Point:
    """A point as the files write it; what it does not use is empty."""
    whole = {**_FIXED, **point}
    values = (whole.get(name, "") for name in _COLUMNS)
    return tuple(value if isinstance(value, str) else f"{float(value):.6g}" for value in values)


def read(path: Path) -> dict[Point, float]:
    """Point -> validation log loss of its training."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {tuple(row[name] for name in _COLUMNS): float(row["val_loss"]) for row in rows}


def write(path: Path, trials: Iterable[FrozenTrial]) -> None:
    """Write the file from the trials of a study; those without a value are left out."""
    rows = sorted((*key(trial.params), f"{trial.value:.6g}") for trial in trials if trial.value is not None)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# {len(rows)} real trainings by `studyhall launch`, 10 epochs each on scikit-learn's digits:\n")
        file.write(f"# {_HEAD[path]}.\n# val_loss: the best epoch's log loss on the validation part.\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow((*_COLUMNS, "val_loss"))
        writer.writerows(rows)


@dataclass
class Surrogate:
    """A regression of log(val_loss) on the parameters, with noise as large as its error on trainings it has not seen.

    Replaying samplers on a model of real trainings is usual where these are dear (Eggensperger et al., 2015).
    """

    model: Any
    error: float
    """Standard deviation of its cross-validated residuals, in log(val_loss)."""
    explained: float
    """Cross-validated R2 of log(val_loss)."""

    @classmethod
    def of(cls, trainings: Mapping[Point, float]) -> Surrogate:
        """Fit it; 10 folds tell the error."""
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
        from sklearn.model_selection import KFold, cross_val_predict

        x = np.array([_features(dict(zip(_COLUMNS, point, strict=True))) for point in trainings])
        y = np.log(np.array(list(trainings.values())))
        kernel = ConstantKernel(1.0) * Matern(np.ones(x.shape[1]), nu=2.5) + WhiteKernel(0.05)
        model = GaussianProcessRegressor(kernel, normalize_y=True, random_state=0)
        model.fit(x, y)
        # The folds keep the length scales of the whole: fitting these ten times would take ten times as long.
        frozen = GaussianProcessRegressor(model.kernel_, optimizer=None, normalize_y=True)
        residuals = y - cross_val_predict(frozen, x, y, cv=KFold(10, shuffle=True, random_state=0))
        return cls(model, float(residuals.std()), float(1 - residuals.var() / y.var()))

    def value(self, point: Mapping[str, Scalar]) -> float:
        """The validation log loss that a training at `point` may be expected to have."""
        return math.exp(float(self.model.predict(np.array([_features(point)]))[0]))


def _features(point: Mapping[str, Any]) -> list[float]:
    """The parameters on the scales on which they act."""
    momentum = point.get("momentum", "")
    return [
        math.log10(float(point["learning_rate"])),
        math.log2(float(point["batch_size"])) / 2,
        float(point["layers"]),
        math.log2(float(point["units"])) / 2,
        4 * float(point["dropout"]),
        *(3.0 * (point["optimizer"] == name) for name in ("sgd", "rmsprop", "adam")),
        # What counts is 1 / (1 - momentum), by which plain momentum multiplies the step.
        -math.log10(1 - float(momentum)) if momentum != "" else 0.0,
    ]


def trainer(seed: int, backend: str = "tensorflow") -> Callable[[Mapping[str, Any], int], float]:
    """What trains a point for real and returns its validation log loss.

    It takes the point and the number of the trial, from which the product draws the weights and the order of rows.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    spec = read_study("digits_mlp", {**VAL_LOSS, "pruner": "none", "seed": seed, "train.backend": backend})
    objective = make_objective(spec)
    return lambda point, number: float(objective(FixedTrial(dict(point), number=number)))
