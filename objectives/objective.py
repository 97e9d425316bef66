"""What an objective is, and what a built-in one declares about itself."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from objectives.wording import did_you_mean, listing, written

if TYPE_CHECKING:
    import optuna

    from objectives.data import Divisions, SearchData
    from objectives.settings import DataSettings, TrainSettings
    from objectives.space import Space

Scalar = bool | int | float | str

_KINDS = {bool: "true or false", int: "an integer", float: "a number", str: "a text"}


class Objective(Protocol):
    """Anything that turns a trial into one number, or one a direction. Every Optuna objective fits."""

    def __call__(self, trial: optuna.Trial, /) -> float | Sequence[float]:
        """Return the value of the trial; raise `optuna.TrialPruned` where it is not worth going on."""


class Checkpoint(Protocol):
    """What outlives the worker of a trial: `trial.checkpoint`, which trials of plain Optuna do not have.

    Any objective may use it: what it saved is there again when the trial is handed to another worker, and
    deleted when the trial is over.
    """

    def load(self) -> bytes | None:
        """Return what was last saved; None when there is nothing, or it is damaged."""

    def save(self, state: bytes, /) -> bool:
        """Replace what was saved, in one step; return False where the disk did not take it, and raise nothing."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """What a built-in objective accepts under one name in `[space]`."""

    kind: type
    default: Scalar
    low: float | None = None
    high: float | None = None
    choices: tuple[Scalar, ...] | None = None
    help: str
    used_when: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    """Parameter -> the values with one of which, and only then, this one is used; all must be so."""
    used_unless: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    """Parameter -> the values with which this one is not used."""
    numbered: str | None = None
    """The parameter that counts them, for an entry NAME_N: a study file has NAME_1, NAME_2, ... up to its value."""
    instead_of: str | None = None
    """The shared parameter that a numbered one replaces where its number is."""
    files: tuple[str, ...] = ()
    """Endings such as ".keras": beside its choices, a text that ends so or has a slash in it names a file."""

    def fault(self, value: Scalar) -> str | None:
        """Return None for a value that fits, else "found X; allowed: Y". Bounds are inclusive."""
        if self.names_file(value):
            return None if Path(str(value)).is_file() else f"found {written(value)}; no such file"
        if self._is_of_kind(value) and self._is_inside(value):
            return None
        hint = did_you_mean(value, self.choices or ())
        return f"found {written(value)}; allowed: {self.allowed}{hint}"

    @property
    def allowed(self) -> str:
        """What fits, in words, such as "an integer of at least 1"."""
        if self.choices is not None:
            file = f" or the path of a file ({', '.join(self.files)})" if self.files else ""
            return listing(self.choices) + file
        bounds = {
            (True, True): f" from {self.low} to {self.high}",
            (True, False): f" of at least {self.low}",
            (False, True): f" of at most {self.high}",
            (False, False): "",
        }
        return _KINDS[self.kind] + bounds[self.low is not None, self.high is not None]

    def names_file(self, value: Scalar) -> bool:
        """Whether the value is the path of a file rather than one of the choices; nothing is looked for."""
        if not self.files or not isinstance(value, str) or value in (self.choices or ()):
            return False
        return "/" in value or "\\" in value or value.endswith(self.files)

    def _is_of_kind(self, value: Scalar) -> bool:
        if isinstance(value, bool) or self.kind is bool:
            # Python counts True as 1; `layers = true` is a slip all the same.
            return isinstance(value, bool) and self.kind is bool
        if self.kind is float:
            return isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
        return isinstance(value, self.kind)

    def _is_inside(self, value: Scalar) -> bool:
        if self.choices is not None:
            return value in self.choices
        if isinstance(value, str):
            return True
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True, kw_only=True)
class Task:
    """Everything a built-in objective is built from; plain data, so it may cross a process border."""

    space: Space
    data: DataSettings
    train: TrainSettings
    metrics: tuple[str, ...]
    """Names from `metrics.METRICS`, one an objective; none where the function is its own metric."""
    directions: tuple[str, ...]
    """"minimize" or "maximize" for each objective."""
    seed: int


def goes_with_any(params: Mapping[str, Scalar], data: SearchData) -> None:
    """Find no fault with any parameters and data."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """The declaration of a built-in objective: what a study file may say about it, and how to build it."""

    name: str
    summary: str
    parameters: Mapping[str, Parameter]
    space: Mapping[str, Any]
    """The `[space]` used when a study file has none, as it would stand in TOML."""
    metrics: Mapping[str, str]
    """Metric -> the direction in which it is better; empty where the function is its own metric."""
    default_metric: str | None
    trains: bool
    """Whether `[data]` and `[train]` apply, and so whether a worker imports Keras."""
    build: Callable[[Task], Objective]
    load: Callable[[Task], Divisions] | None = None
    """What a trial is trained on, a division each; raises DataFault. None where it trains nothing."""
    check: Callable[[Mapping[str, Scalar], SearchData], None] = goes_with_any
    """(parameters, data) -> nothing; raises DataFault where they cannot go together. Needs no Keras."""
    reads: tuple[str, ...] = ()
    """The kinds of data it can be trained on ("picture", "table", "text"); empty where it trains nothing."""

    def parameter(self, name: str) -> Parameter | None:
        """Return what stands in a study file under `name`, such as units or units_3; None for an unknown name."""
        base, number = split_number(name)
        entry = f"{base}_N" if number is not None and f"{base}_N" in self.parameters else name
        found = self.parameters.get(entry)
        return None if found is None or (found.numbered is not None and entry == name) else found


def split_number(name: str) -> tuple[str, int | None]:
    """Return ("units", 3) for units_3, and (name, None) for a name without a number."""
    match = re.fullmatch(r"(.+)_([1-9][0-9]{0,5})", name)
    return (match[1], int(match[2])) if match else (name, None)
