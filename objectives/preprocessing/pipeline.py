"""All that lies between the raw rows of a data set and what a model is given, fitted and kept with the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from objectives.errors import DataError
from objectives.preprocessing.categories import OneHotEncoder
from objectives.preprocessing.columns import TableReader
from objectives.preprocessing.missing import Imputer
from objectives.preprocessing.scaling import Scaler
from objectives.preprocessing.vocabulary import Vocabulary
from objectives.wording import listing, written

if TYPE_CHECKING:
    import numpy as np


class Step(Protocol):
    """One fitted step."""

    def transform(self, x: Any, /) -> np.ndarray:
        """Return the rows as the next step wants them."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Return plain data that JSON can hold."""
        ...

    @classmethod
    def from_json(cls, data: Mapping[str, Any], /) -> Step:
        """Return what `to_json` was called on."""
        ...


@dataclass(frozen=True)
class Flatten:
    """Rows of any shape to rows of numbers."""

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Return shape (rows, numbers), in the memory of `x`."""
        return x.reshape(len(x), -1)

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Flatten:
        """Return what `to_json` was called on."""
        return cls()


# Name in JSON -> its class.
_STEPS: Mapping[str, type[Step]] = {
    "columns": TableReader,
    "missing": Imputer,
    "scaler": Scaler,
    "categories": OneHotEncoder,
    "flatten": Flatten,
    "vocabulary": Vocabulary,
}


@dataclass(frozen=True)
class Preprocessing:
    """Fitted steps, one after the other."""

    steps: tuple[Step, ...] = ()

    def then(self, step: Step) -> Preprocessing:
        """Return these steps and one more."""
        return Preprocessing((*self.steps, step))

    def transform(self, x: Any) -> np.ndarray:
        """Return raw rows as the model is given them.

        Images: (rows, height, width, channels), any number dtype. Tables of a file: its columns by name; other tables:
        (rows, features). Texts: (rows,), each a str. Raises DataError for columns that do not fit.
        """
        for step in self.steps:
            x = step.transform(x)
        return x  # type: ignore[no-any-return]  # an array as soon as there is a step, else what was given

    def to_json(self) -> list[dict[str, Any]]:
        """Return plain data, a dict for each step."""
        names = {kind: name for name, kind in _STEPS.items()}
        return [{"step": names[type(step)], **step.to_json()} for step in self.steps]

    @classmethod
    def from_json(cls, data: Sequence[Mapping[str, Any]]) -> Preprocessing:
        """Return what `to_json` was called on.

        Raises:
            DataError: for a step that is not known.
        """
        if unknown := [each["step"] for each in data if each["step"] not in _STEPS]:
            raise DataError(
                f"the preprocessing has a step {written(unknown[0])}", hint=f"known are {listing(tuple(_STEPS))}"
            )
        return cls(tuple(_STEPS[each["step"]].from_json(each) for each in data))
