"""How sentences to the user show a value and guess the name that was meant."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable


def written(value: object) -> str:
    """Return a scalar as a study file writes it: true, 0.5, "adam"."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, bool | int | float | str) else repr(value)


def listing(values: Iterable[object], *, between: str = ", ") -> str:
    """Return scalars as a study file writes them, in one line."""
    return between.join(map(written, values))


def did_you_mean(found: object, known: Iterable[object]) -> str:
    """Return '; did you mean "adam"?' for the known name nearest to `found`, or "" when none is near."""
    near = difflib.get_close_matches(str(found), [name for name in known if isinstance(name, str)], n=1)
    return f"; did you mean {written(near[0])}?" if near else ""


def by_nearness(found: str, known: Iterable[str]) -> list[str]:
    """Return all known names, the one most like `found` first."""
    return sorted(known, key=lambda name: -difflib.SequenceMatcher(None, found, name).ratio())


def how_to_install(extra: str | None) -> str:
    """Return the end of a sentence about something that is not installed; None where it belongs to the base."""
    if extra is None:
        return "repeat `make setup` in the folder of studyhall"
    return f"install the extra {extra}: `.venv/bin/pip install '.[{extra}]'` in the folder of studyhall"
