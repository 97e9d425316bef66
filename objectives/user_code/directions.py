"""The directions that a user's script gives the studies that it creates itself, judged by its text."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from objectives.user_code.running import last_name
from objectives.user_code.source import split_reference, tree

# Until Optuna 4 `create_study` took its arguments by place as well: (direction, directions).
_PLACES = {"direction": 4, "directions": 6}


@dataclass(frozen=True, kw_only=True)
class CreatedStudy:
    """A call of `create_study` that spells its directions out, "minimize" or "maximize" each."""

    line: int
    directions: tuple[str, ...]


def created_studies(reference: str) -> list[CreatedStudy]:
    """The calls of `create_study` in the file of a reference that say a direction.

    Where the file hands the attribute of the reference to `optimize` of some of its studies, only those count; else all
    that are not seen to optimize something else.

    Raises:
        ObjectiveError: the file cannot be read, or is no Python.
    """
    module = tree(reference)
    _, attribute = split_reference(reference)
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call)]
    assigned = _assigned(module)
    optimized = list(_optimized(calls, assigned, attribute.rpartition(".")[2]))
    mine = {study for study, is_ours in optimized if is_ours}
    others = {study for study, is_ours in optimized if not is_ours}
    created = [call for call in calls if last_name(call.func) == "create_study"]
    return [
        CreatedStudy(line=call.lineno, directions=directions)
        for call in [call for call in created if call in mine] or [call for call in created if call not in others]
        if (directions := _directions(call, assigned)) is not None
    ]


def _assigned(module: ast.Module) -> dict[str, ast.expr]:
    """The names that are given a value once, wherever that is, and that value."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(module):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found.setdefault(name, []).append(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found.setdefault(name, []).append(value)
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def _optimized(
    calls: list[ast.Call], assigned: Mapping[str, ast.expr], attribute: str
) -> Iterator[tuple[ast.expr, bool]]:
    """What makes each study whose `optimize` is called, and whether what it is given speaks of the attribute."""
    for call in calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr == "optimize":
            given = [*call.args[:1], *(row.value for row in call.keywords if row.arg == "func")]
            parts = [part for each in given for part in ast.walk(_value(each, assigned))] + given
            is_ours = any(isinstance(part, ast.expr) and last_name(part) == attribute for part in parts)
            yield _value(call.func.value, assigned), is_ours


def _directions(call: ast.Call, assigned: Mapping[str, ast.expr]) -> tuple[str, ...] | None:
    given = {name: call.args[place] for name, place in _PLACES.items() if place < len(call.args)}
    given |= {row.arg: row.value for row in call.keywords if row.arg is not None}
    several = _value(given["directions"], assigned) if "directions" in given else None
    if isinstance(several, ast.List | ast.Tuple):
        rows = several.elts
    else:
        rows = [given["direction"]] if "direction" in given else []
    found = [word for row in rows if (word := _direction(_value(row, assigned))) is not None]
    return tuple(found) if found and len(found) == len(rows) else None


def _direction(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=("minimize" | "maximize") as word):
            return str(word)
        case ast.Attribute(attr=("MINIMIZE" | "MAXIMIZE") as word):  # of optuna.study.StudyDirection
            return str(word).lower()
    return None


def _value(node: ast.expr, assigned: Mapping[str, ast.expr]) -> ast.expr:
    return assigned.get(node.id, node) if isinstance(node, ast.Name) else node
