"""The modules that a file imports from its own folder or package: a study's trials are made from them as well."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from objectives.user_code.running import running
from objectives.user_code.source import OWN_NAMES, file_of, split_reference

_INSTALLED = {"site-packages", "dist-packages"}
_NEVER_OWN = {*sys.stdlib_module_names, *OWN_NAMES}


@dataclass(frozen=True)
class _Module:
    file: Path
    root: Path  # where its first name is looked up
    package: tuple[str, ...]  # what a name with a dot in front is relative to


@dataclass(frozen=True)
class _Root:
    folder: Path
    package: str | None = None  # the only one of the user's own there


def own_modules(reference: str) -> Mapping[str, str]:
    """Return the SHA-256, in hex, of each of these modules' files, by its path.

    They are found in the text, from one module to the next, in bodies of functions as well but not under a main
    guard. What Python would import depends on the process that asks; this does not.

    Raises:
        ObjectiveError: there is no such file.
    """
    place, _ = split_reference(reference)
    first = file_of(reference)
    if place.endswith(".py"):
        roots, waiting = _roots_of_file(first), [_Module(first, first.parent, ())]
    else:
        parts = place.split(".")
        folder = first.parents[len(parts) - (first.name != "__init__.py")]
        roots = [_Root(folder, parts[0] if _INSTALLED & {*folder.parts} else None)]
        waiting = [*_below(folder, parts)]
    found: dict[Path, str] = {}
    while waiting:
        module = waiting.pop()
        if module.file in found:
            continue
        content = module.file.read_bytes()
        found[module.file] = hashlib.sha256(content).hexdigest()
        if module.file.suffix == ".py":
            waiting += [each for dots, name in _imports(content) for each in _resolved(module, roots, dots, name)]
    return {str(file): sha256 for file, sha256 in found.items() if file != first}


def _roots_of_file(file: Path) -> list[_Root]:
    """Where a file that runs as a script finds its own modules: beside it, and in the package that it is part of."""
    above = file.parent
    while (above / "__init__.py").is_file():
        above = above.parent
    inside = [] if above == file.parent else [_Root(above, file.relative_to(above).parts[0])]
    return [_Root(file.parent), *inside]


def _resolved(module: _Module, roots: Sequence[_Root], dots: int, name: str) -> Iterator[_Module]:
    parts = [part for part in name.split(".") if part]
    if not all(part.isidentifier() for part in parts):
        return
    if dots:
        base = module.package[: len(module.package) - dots + 1]
        if len(module.package) >= dots:
            yield from _below(module.root, [*base, *parts])
    elif parts and parts[0] not in _NEVER_OWN:
        for root in roots:
            if root.package in (None, parts[0]):
                yield from _below(root.folder, parts)


def _below(root: Path, parts: Sequence[str]) -> Iterator[_Module]:
    """Yield what importing that dotted name runs: packages on the way, and the module where it is one."""
    folder = root
    for depth, part in enumerate(parts):
        inside = folder / part / "__init__.py"
        if inside.is_file():
            yield _Module(inside, root, tuple(parts[: depth + 1]))
        else:
            for suffix in (*EXTENSION_SUFFIXES, ".py"):
                if (file := folder / f"{part}{suffix}").is_file():
                    yield _Module(file, root, tuple(parts[:depth]))
                    return
        folder /= part


@lru_cache(maxsize=1024)
def _imports(content: bytes) -> Sequence[tuple[int, str]]:
    """How many dots, and the name behind them, of every import in the source; none where it is no Python."""
    try:
        module = ast.parse(importlib.util.decode_source(content))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    found = []
    for node in running(module.body, in_functions=True):
        match node:
            case ast.Import(names=aliases):
                found += [(0, alias.name) for alias in aliases]
            case ast.ImportFrom(module=of, names=aliases, level=dots):
                found += [(dots, of or "")] + [(dots, f"{of or ''}.{alias.name}") for alias in aliases]
            case ast.Call(func=ast.Name(id="import_module" | "__import__"), args=[ast.Constant(value=str(name)), *_]):
                found.append((len(name) - len(name.lstrip(".")), name))
            case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(name)), *_]):
                found.append((len(name) - len(name.lstrip(".")), name))
            case _:
                pass
    return tuple(found)
