"""`[train]` of a study file, checked. Messages complete the sentence "found X; ..."."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from objectives.settings import AtLeastOne, Settings


class EarlyStopping(Settings):
    """Stop a trial whose metric has not improved by more than `min_delta` for `patience` epochs."""

    patience: AtLeastOne
    """Stop a run after this many epochs without an improvement of the metric."""
    min_delta: Annotated[float, Field(strict=True, ge=0)] = 0.0
    """A smaller change is no improvement."""


class TrainSettings(Settings):
    """How a built-in objective trains one trial."""

    epochs: AtLeastOne = 10
    """The most epochs of one run of a trial."""
    early_stopping: EarlyStopping | None = None
    """Keras's `EarlyStopping` on the metric. Without it each run trains all its epochs."""
    score_epoch: Literal["best", "last"] = "best"
    """Which epoch's metric is the value of a run."""
    backend: Literal["tensorflow", "jax", "torch"] = "tensorflow"
    """The backend of Keras. `jax` and `torch` need the extra of that name."""
    compile: Literal["auto", "graph", "off"] = "auto"
    """How an epoch runs: `graph` as one TensorFlow program, `off` by Keras's `fit`. `auto`: `graph` where the results
    are the same to the last bit, on TensorFlow without a GPU, else `off`. See [Speed](#speed)."""
    seeds: AtLeastOne = 1
    """Train each split with this many seeds. The value of the trial is the mean over them."""
    fraction: Annotated[float, Field(strict=True, gt=0, le=1)] = 1.0
    """The fraction of each training split that is used. A larger fraction contains the rows of a smaller one. The
    validation split stays whole."""
    threads: Annotated[int, Field(strict=True, ge=1, le=1024)] | None = Field(
        default=None, json_schema_extra={"otherwise": "a share of the cores"}
    )
    """Threads of one worker. With 1, on the CPU, a trial is repeated to the last bit."""

    @field_validator("compile")
    @classmethod
    def _goes_with_backend(cls, choice: str, info: ValidationInfo) -> str:
        backend = info.data.get("backend", "tensorflow")
        if choice == "graph" and backend != "tensorflow":
            raise PydanticCustomError(
                "train", "{sentence}", {"sentence": f'needs the backend tensorflow, and this is {backend}; say "auto"'}
            )
        return choice

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
