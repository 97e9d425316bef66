"""`[train]` of a study file, checked. Messages complete the sentence "found X; ..."."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from objectives.settings import AtLeastOne, Settings


class EarlyStopping(Settings):
    """Stop a trial whose metric has not improved by more than `min_delta` for `patience` epochs."""

    patience: AtLeastOne
    min_delta: Annotated[float, Field(strict=True, ge=0)] = 0.0


class TrainSettings(Settings):
    """How a built-in objective trains one trial."""

    epochs: AtLeastOne = 10
    """At most so many in each run of a trial."""
    early_stopping: EarlyStopping | None = None
    score_epoch: Literal["best", "last"] = "best"
    """Which epoch's metric is the trial's value."""
    backend: Literal["tensorflow", "jax", "torch"] = "tensorflow"
    seeds: AtLeastOne = 1
    """How many seeds each split of the data is trained with; the value of the trial is the mean over them."""
    fraction: Annotated[float, Field(strict=True, gt=0, le=1)] = 1.0
    """The share of each training part that is trained on; a larger one contains the rows of a smaller one. The
    validation part stays whole."""
    threads: AtLeastOne | None = None
    """Threads of a worker. None: its share of the cores. With 1, on the CPU, a trial is repeated to the last bit."""

    @property
    def described(self) -> str:
        """In words: "10 epochs, early stopping after 3 without progress, on tensorflow"."""
        stopping = self.early_stopping
        parts = [
            f"{self.epochs} epoch{'s' if self.epochs != 1 else ''}",
            f"early stopping after {stopping.patience} without progress" if stopping is not None else "",
            f"{self.seeds} seeds" if self.seeds > 1 else "",
            f"{100 * self.fraction:g} % of the rows" if self.fraction < 1 else "",
            f"on {self.backend}",
        ]
        return ", ".join(filter(None, parts))
