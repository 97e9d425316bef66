"""What a built-in objective accepts under one name in `[space]`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from objectives.space.values import Scalar
from objectives.wording import did_you_mean, listing, written

_KINDS = {bool: "true or false", int: "an integer", float: "a number", str: "a text"}


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """What a built-in objective accepts under one name in `[space]`."""

    kind: type
    default: Scalar
    low: float | None = None
    high: float | None = None
    choices: tuple[Scalar, ...] | None = None
    choices_are: str = ""
    """What the choices are together, for a text in which they are too many to list."""
    help: str
    active_when: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    """Parameter -> the values with one of which, and only then, this one is used; all must be so."""
    active_unless: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    """Parameter -> the values with which this one is not used."""
    per_layer: str | None = None
    """The parameter that counts them, for an entry NAME_N: a study file has NAME_1, NAME_2, ... up to its value."""
    instead_of: str | None = None
    """The shared parameter that one per layer replaces in the layer of its number."""
    name_in_format_2: str | None = None
    """Its name in studies that were stored before it got this one."""
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


Parameters = Mapping[str, Parameter]

Params = Mapping[str, Any]
"""Name -> value, of the kind that its Parameter declares."""


def lookup(parameters: Parameters, name: str) -> Parameter | None:
    """Return what stands in a study file under `name`, such as units or units_3; None for an unknown name."""
    base, number = split_number(name)
    entry = f"{base}_N" if number is not None and f"{base}_N" in parameters else name
    found = parameters.get(entry)
    return None if found is None or (found.per_layer is not None and entry == name) else found


def former_names(parameters: Parameters) -> dict[str, str]:
    """Return the former name of each parameter that has one -> its name."""
    return {each.name_in_format_2: name for name, each in parameters.items() if each.name_in_format_2 is not None}


def split_number(name: str) -> tuple[str, int | None]:
    """Return ("units", 3) for units_3, and (name, None) for a name without a number."""
    match = re.fullmatch(r"(.+)_([1-9][0-9]{0,5})", name)
    return (match[1], int(match[2])) if match else (name, None)
