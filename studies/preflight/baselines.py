"""What the metric of a study is without a network: for one constant answer, and for a linear model."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from objectives.training.metrics import DEFAULTS, VALIDATION, is_cost, kind_of, scores
from studies.preflight.linear_model import Sample, predictions, samples
from studies.spec.study import StudySpec

if TYPE_CHECKING:
    import numpy as np

    from objectives.data.arrays import SearchData

# Those for which only the likeliest class of a row counts.
_OF_ONE_ANSWER = ("accuracy", "precision", "recall", "f1")
# A network's loss -> the metric that it is.
_LOSSES_OF_CLASSES = {"auto": "log_loss", "crossentropy": "log_loss"}
_LOSSES_OF_NUMBERS = {"auto": "mse", "mse": "mse", "mae": "mae"}


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A score that a network should beat."""

    name: str
    """Of the model: "majority class", "class shares", "mean", "median", "logistic regression", "ridge regression"."""
    metric: str
    """The study's first that is no cost; the default one of the task where that cannot be computed."""
    value: float
    rows: int
    """Of the training split that it was fitted on."""


def baselines(spec: StudySpec, data: SearchData) -> tuple[list[Baseline], list[str]]:
    """Return the baselines of the first split, and a sentence where one could not be computed. Raises nothing."""
    metric = next((name for name in spec.metrics if not is_cost(name)), DEFAULTS[kind_of(data.classes)])
    loss = _loss(spec, data.classes)
    if metric.removeprefix(VALIDATION) == "loss" and loss is None:
        metric = DEFAULTS[kind_of(data.classes)]
    found: list[Baseline] = []
    try:
        # What scikit-learn would say of them is true of a baseline, and no concern of the user's.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            comparison = _Comparison.of(spec, data, metric, loss or "")
            found.append(comparison.constant())
            found.append(comparison.linear())
    except Exception as error:  # noqa: BLE001  whatever scikit-learn makes of these data, they can be trained on
        which = ("of one constant answer", "of a linear model")[len(found)]
        why = str(error).partition("\n")[0]
        return found, [f"there is no baseline {which}, for {type(error).__name__}: {why}"]
    return found, []


def _loss(spec: StudySpec, classes: int | None) -> str | None:
    """The metric that the loss of every trial is, but for penalties of its weights; None where there is none."""
    loss = spec.space.get("loss", "auto")
    if spec.space.get("label_smoothing", 0.0) != 0.0 or not isinstance(loss, str):
        return None
    return (_LOSSES_OF_NUMBERS if classes is None else _LOSSES_OF_CLASSES).get(loss)


@dataclass(frozen=True)
class _Comparison:
    """What the baselines of one study have in common."""

    data: SearchData
    metric: str
    computed: str
    """What it is called in `metrics.scores`."""
    train: Sample
    judged: Sample
    scaled: bool

    @classmethod
    def of(cls, spec: StudySpec, data: SearchData, metric: str, loss: str) -> _Comparison:
        train = samples(data, data.x_train, data.y_train, spec.root_seed)
        judged = train
        if metric.startswith(VALIDATION):
            judged = samples(data, data.x_validation, data.y_validation, spec.root_seed)
        scaled = spec.data is not None and spec.data.scaling in ("auto", "standard")
        bare = metric.removeprefix(VALIDATION)
        return cls(data, metric, loss if bare == "loss" else bare, train, judged, scaled)

    def constant(self) -> Baseline:
        """The best answer that is the same for every row."""
        import numpy as np

        y, classes = self.data.y_train, self.data.classes
        if classes is None:
            # No other constant has a smaller absolute, or squared, error.
            name, middle = ("median", np.median) if self.computed == "mae" else ("mean", np.mean)
            return self._scored(name, np.full(len(self.judged.y), middle(y.astype(np.float64))), len(y))
        shares = np.bincount(y, minlength=classes) / len(y)
        name = "majority class" if self.computed.removesuffix("_micro") in _OF_ONE_ANSWER else "class shares"
        return self._scored(name, np.tile(shares, (len(self.judged.y), 1)), len(y))

    def linear(self) -> Baseline:
        """A linear model."""
        name = "ridge regression" if self.data.classes is None else "logistic regression"
        found = predictions(self.data, self.train, self.judged, scaled=self.scaled)
        return self._scored(name, found, len(self.train.y))

    def _scored(self, name: str, found: np.ndarray, rows: int) -> Baseline:
        value = scores([self.computed], self.judged.y, found, self.data.classes)[self.computed]
        if self.metric.removeprefix(VALIDATION) == "loss" and self.data.classes is None:
            # Networks learn numbers in standard deviations of the training split.
            value /= float(self.data.y_train.std()) ** (2 if self.computed == "mse" else 1)
        return Baseline(name=name, metric=self.metric, value=value, rows=rows)
