"""What one training task is built from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from objectives.data.settings import DataSettings
    from objectives.space.search_space import SearchSpace
    from objectives.training.settings import TrainSettings


@dataclass(frozen=True, kw_only=True)
class Task:
    """Everything a built-in objective is built from; plain data, so it may cross a process border."""

    space: SearchSpace
    data: DataSettings
    train: TrainSettings
    metrics: tuple[str, ...]
    """Names from `metrics.METRICS`, one an objective; none where the function is its own metric."""
    directions: tuple[str, ...]
    """"minimize" or "maximize" for each objective."""
    seed: int
