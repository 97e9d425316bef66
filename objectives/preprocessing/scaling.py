"""Shift and stretch that a training part decides, and that all other parts then get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, kw_only=True)
class Scale:
    """(value - low) / span; shapes () for pictures and (features,) for tables."""

    low: np.ndarray
    span: np.ndarray
    keep: np.ndarray | None = None
    """Of each feature, 0.0 where it was the same in the whole training part, else 1.0."""

    def __call__(self, part: np.ndarray) -> np.ndarray:
        """Return `part` scaled, float32, in memory of its own."""
        import numpy as np

        # Tables are scaled before they are rounded: an amount may be large and differ little.
        scaled: np.ndarray = part.astype(np.float32 if self.low.ndim == 0 else np.float64)
        scaled -= self.low
        scaled /= self.span
        if self.keep is not None:
            scaled *= self.keep
        return scaled.astype(np.float32, copy=False)


def fitted(train: np.ndarray, kind: str, scaling: str) -> Scale:
    """Return the scale that `train` decides, all rows of a training part.

    `kind` is "picture" or "table"; `scaling` is "min-max" (`train` then runs from 0 to 1), "standard" (mean 0, standard
    deviation 1), "none", or "auto": min-max for pictures, standard for tables.

    Pictures have one scale for all pixels: they share a unit, and a scale for each would turn a pixel that is nearly
    always dark into noise. Tables have one for each feature, with two exceptions. A feature of one value teaches
    nothing, and is 0 in all parts; so a category that the training part lacks counts nowhere. And "standard" leaves
    features of 0 and 1 as they are, because a rare category would become a very large number.
    """
    import numpy as np

    if scaling == "auto":
        scaling = "min-max" if kind == "picture" else "standard"
    if kind == "picture":
        low, span = _one_for_all(train, scaling)
        return Scale(low=low, span=span)
    low, high = train.min(axis=0).astype(np.float64), train.max(axis=0).astype(np.float64)
    keep = (high > low).astype(np.float64)
    if scaling == "none":
        return Scale(low=np.zeros_like(low), span=np.ones_like(low), keep=keep)
    if scaling == "min-max":
        return Scale(low=low, span=np.where(keep > 0, high - low, 1.0), keep=keep)
    deviation = train.std(axis=0, dtype=np.float64)
    switch = ((train == 0) | (train == 1)).all(axis=0)
    return Scale(
        low=np.where(switch, 0.0, train.mean(axis=0, dtype=np.float64)),
        span=np.where(switch | (deviation == 0), 1.0, deviation),
        keep=keep,
    )


def _one_for_all(train: np.ndarray, scaling: str) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    low, span = np.float32(0), np.float32(1)
    if scaling == "min-max":
        low = np.float32(train.min())
        span = np.float32(train.max()) - low
    elif scaling == "standard":
        low, span = np.float32(train.mean(dtype=np.float64)), np.float32(train.std(dtype=np.float64))
    return np.asarray(low), np.asarray(span or np.float32(1))
