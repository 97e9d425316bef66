"""Metrics by name: which way each is better, for which task it is one, and how it is computed.

Names follow Keras's logs: `val_` before those of the validation split, nothing before those of the training split.
What Keras computes itself while it trains (`loss`, `accuracy`, `mae`) is its own; the others are computed with
scikit-learn from predictions at the end of an epoch, and only when a study asks for them. A cost is a fact of the
trained model, and has no part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from objectives.errors import TrainingError
from objectives.wording import by_nearness, did_you_mean, written

if TYPE_CHECKING:
    import numpy as np

Kind = Literal["binary", "classes", "regression"]

VALIDATION = "val_"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric.

    `score` takes the truth, shape (rows,), and what was predicted, in float64: probabilities of the shape (rows,
    classes), or for regression numbers of the shape (rows,). None: Keras, or the model itself, knows.
    """

    better: str
    """"minimize" or "maximize"."""
    kinds: tuple[Kind, ...]
    score: Callable[[np.ndarray, np.ndarray], float] | None = None
    cost: bool = False
    adds_up: bool = False
    """Whether that of several runs is their sum."""
    least_classes: int = 2
    """With fewer the metric says nothing."""


def kind_of(classes: int | None) -> Kind:
    """Return the task of data with that many classes; None means regression."""
    if classes is None:
        return "regression"
    return "binary" if classes == 2 else "classes"


def _likeliest(probabilities: np.ndarray) -> np.ndarray:
    labels: np.ndarray = probabilities.argmax(axis=1)
    return labels


def _of_labels(function: str, average: str) -> Callable[[np.ndarray, np.ndarray], float]:
    """Precision, recall or F1; "macro" becomes that of class 1 where there are two classes."""

    def score(truth: np.ndarray, probabilities: np.ndarray) -> float:
        from sklearn import metrics

        classes = probabilities.shape[1]
        one = average == "macro" and classes == 2
        # Without a row of a class there is nothing to divide by; scikit-learn would warn and say 0 as well.
        options = {"average": "binary"} if one else {"average": average, "labels": range(classes)}
        return float(getattr(metrics, function)(truth, _likeliest(probabilities), zero_division=0.0, **options))

    return score


def _accuracy(truth: np.ndarray, probabilities: np.ndarray) -> float:
    return float((_likeliest(probabilities) == truth).mean())


def _top(k: int) -> Callable[[np.ndarray, np.ndarray], float]:
    def score(truth: np.ndarray, probabilities: np.ndarray) -> float:
        import numpy as np

        # Stable, so that of equal probabilities the lower class comes first, as argmax has it.
        leaders = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]
        return float((leaders == truth[:, None]).any(axis=1).mean())

    return score


def _auc(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """Area under the ROC curve; of several classes the plain mean of each against the rest.

    Raises:
        TrainingError: where a class has no row.
    """
    from sklearn.metrics import roc_auc_score

    classes = probabilities.shape[1]
    if missing := sorted(set(range(classes)) - set(truth.tolist())):
        raise TrainingError(f"auc needs rows of every class, and there are none of class {missing[0]}")
    if classes == 2:
        return float(roc_auc_score(truth, probabilities[:, 1]))
    return float(roc_auc_score(truth, probabilities, multi_class="ovr", average="macro", labels=range(classes)))


def _log_loss(truth: np.ndarray, probabilities: np.ndarray) -> float:
    from sklearn.metrics import log_loss

    return float(log_loss(truth, probabilities, labels=range(probabilities.shape[1])))


def _of_numbers(function: str) -> Callable[[np.ndarray, np.ndarray], float]:
    def score(truth: np.ndarray, predicted: np.ndarray) -> float:
        from sklearn import metrics

        return float(getattr(metrics, function)(truth, predicted))

    return score


_EVERY: tuple[Kind, ...] = ("binary", "classes", "regression")
_LABELS: tuple[Kind, ...] = ("binary", "classes")
_NUMBERS: tuple[Kind, ...] = ("regression",)

_QUALITY: Mapping[str, Metric] = {
    "accuracy": Metric(better="maximize", kinds=_LABELS, score=_accuracy),
    "loss": Metric(better="minimize", kinds=_EVERY),
    "top_3_accuracy": Metric(better="maximize", kinds=_LABELS, score=_top(3), least_classes=4),
    "top_5_accuracy": Metric(better="maximize", kinds=_LABELS, score=_top(5), least_classes=6),
    "precision": Metric(better="maximize", kinds=_LABELS, score=_of_labels("precision_score", "macro")),
    "recall": Metric(better="maximize", kinds=_LABELS, score=_of_labels("recall_score", "macro")),
    "f1": Metric(better="maximize", kinds=_LABELS, score=_of_labels("f1_score", "macro")),
    "precision_micro": Metric(better="maximize", kinds=_LABELS, score=_of_labels("precision_score", "micro")),
    "recall_micro": Metric(better="maximize", kinds=_LABELS, score=_of_labels("recall_score", "micro")),
    "f1_micro": Metric(better="maximize", kinds=_LABELS, score=_of_labels("f1_score", "micro")),
    "auc": Metric(better="maximize", kinds=_LABELS, score=_auc),
    "log_loss": Metric(better="minimize", kinds=_LABELS, score=_log_loss),
    "mae": Metric(better="minimize", kinds=_NUMBERS, score=_of_numbers("mean_absolute_error")),
    "mse": Metric(better="minimize", kinds=_NUMBERS, score=_of_numbers("mean_squared_error")),
    "r2": Metric(better="maximize", kinds=_NUMBERS, score=_of_numbers("r2_score")),
}

METRICS: Mapping[str, Metric] = {
    **{f"{VALIDATION}{name}": metric for name, metric in _QUALITY.items()},
    **_QUALITY,
    "seconds": Metric(better="minimize", kinds=_EVERY, cost=True, adds_up=True),
    **{name: Metric(better="minimize", kinds=_EVERY, cost=True) for name in ("parameters", "flops")},
}

# Metric -> the direction in which it is better.
BETTER: Mapping[str, str] = {name: metric.better for name, metric in METRICS.items()}

# Not the loss of a regression: a search over losses could not compare them.
DEFAULTS: Mapping[Kind, str] = {"binary": "val_accuracy", "classes": "val_accuracy", "regression": "val_mae"}


def is_cost(name: str) -> bool:
    """Whether the metric is a cost: a fact of the trained model, that of its last epoch."""
    return name in METRICS and METRICS[name].cost


def adds_up(name: str) -> bool:
    """Whether the metric of several runs is the sum of theirs."""
    return name in METRICS and METRICS[name].adds_up


def fit_for(kind: Kind) -> list[str]:
    """The names of the metrics that data of this task have."""
    return [name for name, metric in METRICS.items() if kind in metric.kinds]


def metric_fault(name: str, classes: int | None) -> str | None:
    """Return why data with that many classes (None: regression) have no such metric; None when they have it."""
    kind = kind_of(classes)
    metric = METRICS.get(name)
    if metric is None:
        allowed = ", ".join(by_nearness(name, fit_for(kind)))
        return f"found {written(name)}; allowed: {allowed}{did_you_mean(name, fit_for(kind))}"
    if kind not in metric.kinds:
        data = "these data have numbers to predict and no classes" if classes is None else "these data have classes"
        return f"found {written(name)}, but {data}; allowed: {', '.join(fit_for(kind))}"
    if classes is not None and classes < metric.least_classes:
        return f"found {written(name)}, which is of no use with {classes} classes"
    return None


def scores(names: Iterable[str], truth: np.ndarray, output: np.ndarray, classes: int | None) -> dict[str, float]:
    """Return each metric (names without `val_`) of a model's output; NaN where the output is not finite.

    `truth` holds labels of the shape (rows,) or (rows, classes), or numbers; `output` is what the model returned:
    probabilities of the shape (rows, classes), for two classes also (rows, 1), or numbers. Raises TrainingError when
    it is anything else.
    """
    import numpy as np

    if not np.isfinite(output).all():
        return dict.fromkeys(names, float("nan"))
    if classes is None:
        truth, predicted = truth.reshape(-1).astype(np.float64), output.reshape(-1).astype(np.float64)
    else:
        truth, predicted = _labels(truth, classes), _probabilities(output, classes)
    scored = {name: _QUALITY[name].score for name in names}
    return {name: score(truth, predicted) for name, score in scored.items() if score is not None}


def _labels(truth: np.ndarray, classes: int) -> np.ndarray:
    if truth.ndim == 2 and truth.shape[1] == classes:
        return _likeliest(truth)
    return truth.reshape(-1).astype(int)


def _probabilities(output: np.ndarray, classes: int) -> np.ndarray:
    import numpy as np

    found = output.astype(np.float64)
    if classes == 2 and found.shape[1:] in ((), (1,)):
        second = found.reshape(-1)
        found = np.stack([1.0 - second, second], axis=1)
    if found.shape[1:] != (classes,):
        raise TrainingError(f"the model returns {found.shape[1:]} for a row, and there are {classes} classes")
    sums = found.sum(axis=1, keepdims=True)
    if found.min() < 0 or abs(sums - 1).max() > 0.01:
        raise TrainingError("the model returns no probabilities, from which alone this metric is computed")
    # Single precision sums to 1 only nearly, which scikit-learn complains of.
    return np.asarray(found / sums)


def names_of(metrics: str | Sequence[str] | None) -> tuple[str, ...]:
    """The `metric` of a study file as a tuple of names."""
    if metrics is None:
        return ()
    return (metrics,) if isinstance(metrics, str) else tuple(metrics)
