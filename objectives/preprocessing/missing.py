"""What stands for a value that is not there, decided by a training split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from objectives.preprocessing.columns import NEW, Feature

if TYPE_CHECKING:
    import numpy as np

MISSING_CATEGORY = "missing"


@dataclass(frozen=True, kw_only=True)
class Imputer:
    """Fills the gaps of a table, as scikit-learn's SimpleImputer does; categories may get one of their own."""

    fills: tuple[float, ...]
    """A number for each feature."""
    indicators: tuple[int, ...] = ()
    """The features of numbers of which a further one, at the end, says where there was none: 1, else 0."""

    @classmethod
    def fit(cls, x: np.ndarray, features: Sequence[Feature], *, strategy: str) -> Imputer:
        """Return the imputer that `x` decides, all rows of a training split, NaN where there is no value.

        `strategy` is "mean": that of numbers, and for categories one of their own; "indicator": the same, and a feature
        that says where there was no number; or "most_frequent", of equally frequent values the smallest. A feature
        without any value is 0. `x` has the shape (rows, features).
        """
        import numpy as np

        fills, indicators = [], []
        for place, feature in enumerate(features):
            column = x[:, place]
            gaps = np.isnan(column)
            known = column[~gaps]
            if feature.categories is not None and strategy != "most_frequent":
                fills.append(float(len(feature.categories) if gaps.any() else NEW))
            elif not len(known):
                fills.append(0.0)
            elif strategy != "most_frequent":
                fills.append(float(known.mean()))
            else:
                values, counts = np.unique(known, return_counts=True)
                fills.append(float(values[counts.argmax()]))
            if feature.categories is None and strategy == "indicator" and gaps.any():
                indicators.append(place)
        return cls(fills=tuple(fills), indicators=tuple(indicators))

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Return `x` without gaps, in memory of its own, and the indicators behind its features."""
        import numpy as np

        gaps = np.isnan(x)
        filled = np.where(gaps, np.array(self.fills), x)
        if not self.indicators:
            return filled
        return np.hstack([filled, gaps[:, list(self.indicators)].astype(x.dtype)])

    def features(self, features: Sequence[Feature]) -> tuple[Feature, ...]:
        """What stands in the columns of the array that `transform` returns."""
        own = [
            Feature(one.name, (*one.categories, MISSING_CATEGORY))
            if one.categories is not None and fill == len(one.categories)
            else one
            for one, fill in zip(features, self.fills, strict=True)
        ]
        return (*own, *(Feature(f"{features[place].name} {MISSING_CATEGORY}") for place in self.indicators))

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {"fills": list(self.fills), "indicators": list(self.indicators)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Imputer:
        """Return what `to_json` was called on."""
        return cls(fills=tuple(data["fills"]), indicators=tuple(data["indicators"]))
