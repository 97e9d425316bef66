"""A linear model of scikit-learn on a study's data, in about a second: a part of the rows where they are many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from objectives.data.splitting.indices import nested_rows
from objectives.preprocessing.vocabulary import words

if TYPE_CHECKING:
    import numpy as np

    from objectives.data.arrays import SearchData

_FEWEST_ITERATIONS, _MOST_ITERATIONS = 30, 100
_WORK = 4_000_000_000  # features that are not 0, times classes, times iterations: a second or two of one core
_SQUARE_WORK = 1_000_000_000  # features times rows or features, whichever are fewer: what a decomposition takes
_PIXELS = 512  # of an image; larger ones are averaged down, ...
_ALL_PIXELS = 40_000_000  # ... so many of one split
_LETTERS = 10_000  # of a text, the rest is not read, ...
_ALL_LETTERS = 2_000_000  # ... and of all of one split: about a second
_TOKENS = 20_000
_SPARSE = 0.2  # so many features that are not 0, and fewer, are kept without the others


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Rows of one split as a linear model reads them: all of them, or a part."""

    x: Any
    """Images and tables: shape (rows, features), float32. Texts: a list of rows."""
    y: np.ndarray
    """Shape (rows,)."""


def samples(data: SearchData, x: np.ndarray, y: np.ndarray, seed: int) -> Sample:
    """Return what a linear model reads of one split, with a part of each class where the rows are too many."""
    import numpy as np

    if (most := _most_rows(data, x)) < len(y):
        rows = nested_rows(np.arange(len(y)), y, most / len(y), seed, stratified=data.classes is not None)
        x, y = x[rows], y[rows]
    if data.kind == "text":
        return Sample(x=[str(text)[:_LETTERS] for text in x], y=y)
    return Sample(x=_reduced(x) if data.kind == "image" else x, y=y)


def _most_rows(data: SearchData, x: np.ndarray) -> int:
    """How many rows are worth a second."""
    import numpy as np

    few = x[:: max(1, len(x) // 100)][:100]
    if data.kind == "text":
        letters = np.mean([min(len(str(text)), _LETTERS) for text in few])
        return int(_ALL_LETTERS / max(1.0, float(letters)))
    at_all = _ALL_PIXELS // x[0].size if data.kind == "image" else len(x)
    if data.kind == "image":
        few = _reduced(few)
    filled = np.count_nonzero(few) / len(few)
    filled = filled if filled < _SPARSE * few.shape[1] else few.shape[1]
    return min(at_all, int(_WORK / _FEWEST_ITERATIONS / max(1.0, filled * (data.classes or 2))))


def _reduced(images: np.ndarray) -> np.ndarray:
    """Images of shape (rows, height, width, channels) as rows of features, means of squares of pixels where large."""
    import numpy as np

    count, height, width, channels = images.shape
    side = 1
    while (height // side) * (width // side) * channels > _PIXELS and side < min(height, width):
        side += 1
    high, wide = height // side, width // side
    cut = images[:, : high * side, : wide * side].reshape(count, high, side, wide, side, channels)
    return np.asarray(cut.mean(axis=(2, 4), dtype=np.float32).reshape(count, -1))


def predictions(data: SearchData, train: Sample, judged: Sample, *, scaled: bool) -> np.ndarray:
    """Fit a linear model on one sample and return what it says of another.

    Classes: probabilities, shape (rows, classes). Regression: numbers, shape (rows,), in the unit of `train.y`. Raises
    whatever scikit-learn raises.

    Args:
        data: what the rows are, and the classes that there are.
        train: is learned from.
        judged: is predicted.
        scaled: whether the features of tables have mean 0 and deviation 1 already.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    # Two threads take ten times as long as one for products as small as these, where the cores have other work.
    with threadpool_limits(1), np.errstate(all="ignore"):
        x_train, x_judged = _features(data, train, judged, scaled=scaled)
        if data.classes is None:
            return _regressed(x_train, train.y, x_judged)
        # Rows of TF-IDF have the length 1, whatever their words: with the usual penalty little of them is learned.
        return _classified(x_train, train.y, x_judged, data.classes, c=10.0 if data.kind == "text" else 1.0)


def _features(data: SearchData, train: Sample, judged: Sample, *, scaled: bool) -> tuple[Any, Any]:
    import numpy as np
    from scipy.sparse import csr_array
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import StandardScaler

    if data.kind == "text":
        vectorizer = TfidfVectorizer(analyzer=words, max_features=_TOKENS, sublinear_tf=True, dtype=np.float32)
        return vectorizer.fit_transform(train.x), vectorizer.transform(judged.x)
    x_train, x_judged = train.x, judged.x
    if data.kind == "table" and not scaled:
        scaler = StandardScaler().fit(x_train)
        x_train, x_judged = scaler.transform(x_train), scaler.transform(x_judged)
    if np.count_nonzero(x_train) < _SPARSE * x_train.size:
        return csr_array(x_train), csr_array(x_judged)
    return x_train, x_judged


def _classified(x_train: Any, y: np.ndarray, x: Any, classes: int, *, c: float) -> np.ndarray:
    import numpy as np
    from scipy.sparse import issparse
    from sklearn.linear_model import LogisticRegression

    filled = x_train.nnz if issparse(x_train) else x_train.size
    iterations = max(_FEWEST_ITERATIONS, min(_MOST_ITERATIONS, int(_WORK / (1 + filled * classes))))
    model = LogisticRegression(C=c, max_iter=iterations).fit(x_train, y)
    # A part of the rows may lack a class.
    found = np.zeros((x.shape[0], classes))
    found[:, model.classes_] = model.predict_proba(x)
    return found


def _regressed(x_train: Any, y: np.ndarray, x: Any) -> np.ndarray:
    import numpy as np
    from scipy.sparse import issparse
    from sklearn.linear_model import Ridge, RidgeCV

    rows, features = x_train.shape
    if issparse(x_train) or rows * features * min(rows, features) > _SQUARE_WORK:
        model = Ridge(solver="lsqr", max_iter=_MOST_ITERATIONS)
    else:
        model = RidgeCV(alphas=(0.1, 1.0, 10.0, 100.0, 1000.0))
    return np.asarray(model.fit(x_train, y.astype(np.float64)).predict(x), dtype=np.float64).reshape(-1)
