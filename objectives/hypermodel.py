"""What a built-in hypermodel declares about itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from objectives.objective import Objective
from objectives.space.parameters import Parameters
from objectives.space.values import Scalar
from objectives.training.task import Task

if TYPE_CHECKING:
    from objectives.data.arrays import SearchData, Splits


def goes_with_any(params: Mapping[str, Scalar], data: SearchData) -> None:
    """Find no fault with any parameters and data."""


@dataclass(frozen=True, kw_only=True)
class HyperModel:
    """The declaration of a hypermodel: what a study file may say about it, and how to build it."""

    name: str
    summary: str
    parameters: Parameters
    space: Mapping[str, object]
    """The `[space]` used when a study file has none, as it would stand in TOML."""
    build: Callable[[Task], Objective]
    load: Callable[[Task], Splits]
    """What a trial is trained on, a split each; raises DataError."""
    check: Callable[[Mapping[str, Scalar], SearchData], None] = goes_with_any
    """(parameters, data) -> nothing; raises DataError where they cannot go together. Needs no Keras."""
    reads: tuple[str, ...]
    """The kinds of data it can be trained on: "image", "table", "text"."""
