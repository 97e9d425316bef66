"""The unit in which networks learn numbers: standard deviations of the training split about its mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, kw_only=True)
class TargetScaler:
    """(number - mean) / deviation.

    Networks begin near 0 with steps of about 1. Without it they would spend their epochs on the way to targets such as
    10,485 dollars, and a loss, its parameters and a weight decay would mean something else for each unit.
    """

    mean: float
    deviation: float

    @classmethod
    def fit(cls, y: np.ndarray) -> TargetScaler:
        """Return the scaler that `y` decides, all targets of a training split, shape (rows,)."""
        import numpy as np

        return cls(mean=float(y.mean(dtype=np.float64)), deviation=float(y.std(dtype=np.float64)) or 1.0)

    def transform(self, y: np.ndarray) -> np.ndarray:
        """Return targets as a network learns them, float32."""
        import numpy as np

        scaled: np.ndarray = (y.astype(np.float64) - self.mean) / self.deviation
        return scaled.astype(np.float32)

    def undo(self, y: np.ndarray) -> np.ndarray:
        """Return what a network says in the unit of the targets, float64, in the shape of `y`."""
        import numpy as np

        found: np.ndarray = y.astype(np.float64) * self.deviation + self.mean
        return found
