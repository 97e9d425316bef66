"""Which column of a table is what, as a study says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from objectives.data.dataset import Role
from objectives.data.options import ReadOptions
from objectives.errors import DataError
from objectives.wording import did_you_mean, listing, written

_MOST_LISTED = 20


@dataclass(frozen=True, kw_only=True)
class Roles:
    """The columns of a table by what is done with them."""

    target: str
    features: tuple[str, ...]
    """In the order of the file; none where texts are learned from."""
    special: dict[str, Role]
    """All others."""


def roles_of(known: Sequence[str], options: ReadOptions, path: Path) -> Roles:
    """Return what each of the columns is.

    Raises:
        DataError: with all columns that the study names and the file has not, and where the target is not said.
    """
    named = [
        ("target", [options.target]),
        ("text", [options.text]),
        ("ignore", options.ignore),
        ("categories", options.categories),
        ("numbers", options.numbers),
        ("dates", options.dates),
        ("words", options.words),
        ("group", [options.group]),
        ("time", [options.time]),
    ]
    absent = [(key, name) for key, names in named for name in names if name is not None and name not in known]
    if absent:
        said = ", ".join(f"data.{key} = {written(name)}" for key, name in absent)
        meant = did_you_mean(absent[0][1], known) if len(absent) == 1 else ""
        word = "column" if len(absent) == 1 else "columns"
        raise DataError(f"{said}: {path} has no such {word}", hint=f"its columns are {listed(known)}{meant}")
    target = options.target or _only_other(known, options, path)
    special: dict[str, Role] = dict.fromkeys(options.ignore, "ignored")
    roles: list[tuple[str | None, Role]] = [
        (options.text, "text"),
        (options.group, "group"),
        (options.time, "time"),
        (target, "target"),
    ]
    special.update({name: role for name, role in roles if name is not None})
    left = tuple(name for name in known if name not in special)
    if options.text is not None:
        special.update(dict.fromkeys(left, "ignored"))
        left = ()
    elif not left:
        raise DataError(f"{path} has no column beside the target {written(target)} to learn from")
    return Roles(target=target, features=left, special=special)


def _only_other(known: Sequence[str], options: ReadOptions, path: Path) -> str:
    others = [name for name in known if name != options.text]
    if len(others) == 1 and options.text is not None:
        return others[0]
    raise DataError(f"data.target is missing: which column of {path} is to be predicted? It has {listed(known)}")


def listed(names: Sequence[str]) -> str:
    """Columns, for sentences; not hundreds of them."""
    rest = f" and {len(names) - _MOST_LISTED:,} more" if len(names) > _MOST_LISTED else ""
    return listing(names[:_MOST_LISTED]) + rest
