"""`[data]` and `[train]` of a study file, checked. Messages complete the sentence "found X; ..."."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from objectives.datasets import DATASETS
from objectives.wording import did_you_mean

AtLeastOne = Annotated[int, Field(strict=True, ge=1)]


class Settings(BaseModel):
    """A table of a study file: frozen, and nothing in it is unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DataSettings(Settings):
    """Which data, divided how. The test part is never among what a search sees."""

    dataset: str = "digits"
    split: tuple[Annotated[float, Field(strict=True)], ...] | None = None
    """Shares of train, validation and, where the set has no official test part, test. None: the set's own."""
    evaluation: Literal["hold-out"] = "hold-out"
    only_classes: tuple[Annotated[int, Field(strict=True, ge=0)] | Annotated[str, Field(strict=True)], ...] | None = (
        None
    )
    """The classes, by number or name, whose rows are used; numbered anew from 0 in this order. None: all."""

    @field_validator("dataset")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in DATASETS:
            allowed, hint = ", ".join(DATASETS), did_you_mean(name, DATASETS)
            raise PydanticCustomError("unknown_name", "allowed: {allowed}{hint}", {"allowed": allowed, "hint": hint})
        return name

    @field_validator("only_classes")
    @classmethod
    def _are_several(cls, chosen: tuple[int | str, ...] | None) -> tuple[int | str, ...] | None:
        if chosen is not None and (len(chosen) < 2 or len(set(chosen)) < len(chosen)):
            raise PydanticCustomError("classes", "allowed: two or more classes, each once")
        return chosen

    @field_validator("split")
    @classmethod
    def _divides(cls, shares: tuple[float, ...] | None, info: ValidationInfo) -> tuple[float, ...] | None:
        if shares is None:
            return None
        dataset = info.data.get("dataset")
        # An unknown data set has a fault of its own; what is left to say of the shares needs no data set.
        if dataset is not None and (fault := _wrong_count(dataset, len(shares))):
            raise PydanticCustomError("split", "{fault}", {"fault": fault})
        if any(share <= 0 for share in shares) or not math.isclose(sum(shares), 1.0, abs_tol=1e-6):
            raise PydanticCustomError(
                "split", "allowed: positive shares that sum to 1 (these sum to {total})", {"total": sum(shares)}
            )
        return shares

    @property
    def shares(self) -> tuple[float, ...]:
        """The shares that apply: as given, or the data set's own."""
        return self.split if self.split is not None else DATASETS[self.dataset].default_split


def _wrong_count(dataset: str, count: int) -> str | None:
    if DATASETS[dataset].official_test and count != 2:
        return f"allowed: two shares (train, validation), since {dataset} has an official test part"
    if not DATASETS[dataset].official_test and count != 3:
        return f"allowed: three shares (train, validation, test), since {dataset} has no official test part"
    return None


class EarlyStopping(Settings):
    """Stop a trial whose metric has not improved by more than `min_delta` for `patience` epochs."""

    patience: AtLeastOne
    min_delta: Annotated[float, Field(strict=True, ge=0)] = 0.0


class TrainSettings(Settings):
    """How a built-in objective trains one trial."""

    epochs: AtLeastOne = 10
    early_stopping: EarlyStopping | None = None
    value: Literal["best", "last"] = "best"
    """Which epoch's metric is the trial's value."""
    backend: Literal["tensorflow", "jax", "torch"] = "tensorflow"
