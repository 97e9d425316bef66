"""Shift and stretch that a training split decides, and that all other rows then get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, kw_only=True, eq=False)
class Scaler:
    """(value - low) / span; shapes () for images and (features,) for tables.

    Not scikit-learn's scalers, which multiply by the inverse of the span: their last bits differ.
    """

    low: np.ndarray
    span: np.ndarray
    keep: np.ndarray | None = None
    """Of each feature, 0.0 where it was the same in the whole training split, else 1.0. None for images."""

    @classmethod
    def fit(cls, x: np.ndarray, *, kind: str, scaling: str, numbers: np.ndarray | None = None) -> Scaler:
        """Return the scaler that `x` decides, all rows of a training split.

        Of a table the features where `numbers` is False, shape (features,), are no numbers and stay as they are.

        `kind` is "image" or "table"; `scaling` is "min-max" (`x` then runs from 0 to 1), "standard" (mean 0, standard
        deviation 1), "none", or "auto": min-max for images, standard for tables.

        Images have one scale for all pixels: they share a unit, and a scale for each would turn a pixel that is nearly
        always dark into noise. Tables have one for each feature, with two exceptions. A feature of one value teaches
        nothing, and is 0 in all splits; so a category that the training split lacks counts nowhere. And "standard"
        leaves features of 0 and 1 as they are, because a rare category would become a very large number.
        """
        import numpy as np

        if scaling == "auto":
            scaling = "min-max" if kind == "image" else "standard"
        if kind == "image":
            return _of_images(x, scaling)
        return _of_tables(x, scaling, np.ones(x.shape[1:], bool) if numbers is None else numbers)

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Return `x` scaled, float32, in memory of its own."""
        import numpy as np

        # Tables are scaled before they are rounded: numbers may be large and differ little.
        scaled: np.ndarray = x.astype(np.float32 if self.keep is None else np.float64)
        scaled -= self.low
        scaled /= self.span
        if self.keep is not None:
            scaled *= self.keep
        return scaled.astype(np.float32, copy=False)

    def to_json(self) -> dict[str, Any]:
        """Return plain data; Python writes and reads each number to the last bit."""
        keep = None if self.keep is None else self.keep.tolist()
        return {"low": self.low.tolist(), "span": self.span.tolist(), "keep": keep}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Scaler:
        """Return what `to_json` was called on."""
        import numpy as np

        dtype = np.float32 if data["keep"] is None else np.float64
        keep = None if data["keep"] is None else np.array(data["keep"], np.float64)
        return cls(low=np.array(data["low"], dtype), span=np.array(data["span"], dtype), keep=keep)


def _of_images(x: np.ndarray, scaling: str) -> Scaler:
    import numpy as np

    low, span = np.float32(0), np.float32(1)
    if scaling == "min-max":
        low = np.float32(x.min())
        span = np.float32(x.max()) - low
    elif scaling == "standard":
        low, span = np.float32(x.mean(dtype=np.float64)), np.float32(x.std(dtype=np.float64))
    return Scaler(low=np.asarray(low), span=np.asarray(span or np.float32(1)))


def _of_tables(x: np.ndarray, scaling: str, numbers: np.ndarray) -> Scaler:
    import numpy as np

    low, high = x.min(axis=0).astype(np.float64), x.max(axis=0).astype(np.float64)
    keep = ((high > low) | ~numbers).astype(np.float64)
    if scaling == "none":
        return Scaler(low=np.zeros_like(low), span=np.ones_like(low), keep=keep)
    if scaling == "min-max":
        changed = (keep > 0) & numbers
        return Scaler(low=np.where(numbers, low, 0.0), span=np.where(changed, high - low, 1.0), keep=keep)
    deviation = x.std(axis=0, dtype=np.float64)
    switch = ((x == 0) | (x == 1)).all(axis=0) | ~numbers
    return Scaler(
        low=np.where(switch, 0.0, x.mean(axis=0, dtype=np.float64)),
        span=np.where(switch | (deviation == 0), 1.0, deviation),
        keep=keep,
    )
