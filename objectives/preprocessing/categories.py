"""Categories as networks read them: a feature of 0 and 1 for each of the frequent ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from objectives.preprocessing.columns import Feature

if TYPE_CHECKING:
    import numpy as np

# A column becomes at most so many features; of more categories the rarest share the last one.
MOST_CATEGORIES = 100


@dataclass(frozen=True)
class OneHotEncoder:
    """What each feature of a table becomes."""

    places: tuple[tuple[int | None, ...] | None, ...]
    """Of a category's number -> its place among the features made of it, None where the training split has no use of
    it. Of a feature of numbers None: it stays."""
    widths: tuple[int, ...]
    """How many features each becomes."""

    @classmethod
    def fit(cls, x: np.ndarray, features: Sequence[Feature]) -> OneHotEncoder:
        """Return the encoder that `x` decides, all rows of a training split, shape (rows, features).

        A category that all rows of the training split have, or none, teaches nothing and is 0 in all splits. Of equally
        frequent ones the first by their number stay.
        """
        import numpy as np

        places: list[tuple[int | None, ...] | None] = []
        widths = []
        for column, feature in zip(x.T, features, strict=True):
            if feature.categories is None:
                places.append(None)
                widths.append(1)
                continue
            known = column[column >= 0].astype(np.int64)
            counts = np.bincount(known, minlength=len(feature.categories))
            place = _places(counts)
            width = int(max(place)) + 1
            sums = np.bincount(place, weights=counts, minlength=width)
            useful = (sums > 0) & (sums < len(column))
            places.append(tuple(int(at) if useful[at] else None for at in place))
            widths.append(width)
        return cls(tuple(places), tuple(widths))

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Return the features side by side, in the order of those of `x`, float32; a new category is 0 in all."""
        import numpy as np

        made = np.zeros((len(x), sum(self.widths)), np.float32)
        begin = 0
        for column, places, width in zip(x.T, self.places, self.widths, strict=True):
            if places is None:
                made[:, begin] = column
            else:
                # The last place is for categories that are new, whose number is NEW.
                lookup = np.array([-1 if place is None else place for place in places] + [-1])
                numbers = column.astype(np.int64)
                target = lookup[np.where(numbers < len(places), numbers, -1)]
                rows = np.flatnonzero(target >= 0)
                made[rows, begin + target[rows]] = 1
            begin += width
        return made

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {"places": [None if one is None else list(one) for one in self.places], "widths": list(self.widths)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> OneHotEncoder:
        """Return what `to_json` was called on."""
        return cls(tuple(None if one is None else tuple(one) for one in data["places"]), tuple(data["widths"]))


def _places(counts: np.ndarray) -> np.ndarray:
    """The feature of each category: its own, or that of the rare ones, which is the last."""
    import numpy as np

    if len(counts) <= MOST_CATEGORIES:
        return np.arange(len(counts))
    frequent = np.sort(np.argsort(-counts, kind="stable")[: MOST_CATEGORIES - 1])
    places = np.full(len(counts), MOST_CATEGORIES - 1)
    places[frequent] = np.arange(MOST_CATEGORIES - 1)
    return places
