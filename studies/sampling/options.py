"""What samplers and pruners have in common: a table of names, each with what it needs and accepts."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import NoneType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from objectives.wording import did_you_mean, how_to_install, written

_NO_VALUES = ("Callable", "BaseSampler", "BaseCrossover")
_PLAIN = {"int": int, "float": float, "bool": bool, "str": str, "None": NoneType}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One sampler or pruner that a study may choose.

    ``needs`` maps a module that must be installed to the extra of studyhall that installs it (None: the base);
    ``defaults`` are options that Optuna requires and we give; ``own`` are options that we set ourselves.
    """

    factory: Callable[..., object]
    needs: Mapping[str, str | None] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    own: Collection[str] = ()

    def options(self) -> dict[str, inspect.Parameter]:
        """The options a study file may give: no functions and no samplers, which TOML cannot hold."""
        parameters = inspect.signature(self.factory).parameters
        return {
            name: row
            for name, row in parameters.items()
            if name not in self.own and not any(word in str(row.annotation) for word in _NO_VALUES)
        }


def faults(
    kind: str, name: str, options: object, entries: Mapping[str, Entry], *, keys: tuple[str, str] | None = None
) -> Iterator[tuple[str, str]]:
    """What is wrong with a choice: (key, sentence) pairs.

    ``keys`` are those of the name and of the options where the two do not stand in one table.
    """
    of_name, of_options = keys or (kind, kind)
    entry = entries.get(name)
    if entry is None:
        yield of_name, f"found {written(name)}; allowed: {', '.join(entries)}{did_you_mean(name, entries)}"
        return
    for module, extra in entry.needs.items():
        if importlib.util.find_spec(module) is None:
            yield of_name, f"{written(name)} needs {module}, which is not installed; {how_to_install(extra)}"
    if not isinstance(options, Mapping):
        yield of_options, f"found {written(options)}; allowed: a table {{ OPTION = VALUE }}"
        return
    allowed = entry.options()
    for key, value in options.items():
        if key not in allowed:
            rest = ", ".join(allowed) or "none"
            yield (
                f"{of_options}.{key}",
                f"{written(name)} has no such option; allowed: {rest}{did_you_mean(key, allowed)}",
            )
        elif (wrong := _wrong_type(allowed[key], value)) is not None:
            yield f"{of_options}.{key}", f"found {written(value)}; {wrong}"


def _wrong_type(parameter: inspect.Parameter, value: object) -> str | None:
    # Optuna checks few options itself: a text for a number would be met at some later trial.
    names = [part.strip() for part in str(parameter.annotation).split("|")]
    if not all(name in _PLAIN for name in names):
        return None
    wanted: Any = _PLAIN[names[0]]
    for name in names[1:]:
        wanted = wanted | _PLAIN[name]
    try:
        TypeAdapter(wanted).validate_python(value, strict=not isinstance(value, int))
    except ValidationError:
        return f"must be {' or '.join(names)}"
    return None
