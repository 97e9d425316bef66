"""Whether the file that a reference means defines what it names, judged by its text, without running it."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from objectives.errors import ObjectiveError
from objectives.user_code.running import bound_names, main_guards, running
from objectives.user_code.signatures import check_definition
from objectives.user_code.source import file_of, hidden_neighbour, source, split_reference, tree
from objectives.wording import did_you_mean

# A file that calls one of these may bind names that its text does not show.
_BINDS_UNSEEN = {"globals", "vars", "locals", "exec", "setattr"}
_NOT_RUN = "that block does not run where the file is loaded"


def check_reference(reference: str) -> None:
    """Refuse a reference that cannot be loaded, as far as can be seen before anything runs.

    Raises:
        ObjectiveError: the text has the wrong shape, there is no such file or module, it is no Python, it does not
            define the attribute, or only under its main guard, or what it defines takes no trial. A file that fills
            its names as it runs is given the benefit of the doubt.
    """
    _, attribute = split_reference(reference)
    module = tree(reference)
    bound = [*bound_names(module.body), *_declared_global(module)]
    names = set(bound)
    head, _, inner = attribute.partition(".")
    if head in names:
        # What is bound again, as by `objective = partial(objective, x=1)`, is another thing than its text.
        definition = next((line for line in _top_level(module) if getattr(line, "name", None) == head), None)
        if definition is not None and bound.count(head) == 1 and not inner:
            check_definition(reference, definition)
        _check_needs_no_guard(reference, module, head, names)
    elif not (names & {"*", "__getattr__"} or _binds_unseen(module)):
        _refuse(reference, module, head, names)


def _declared_global(module: ast.Module) -> set[str]:
    return {name for node in ast.walk(module) if isinstance(node, ast.Global) for name in node.names}


def _binds_unseen(module: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _BINDS_UNSEEN
        for node in running(module.body)
    )


def _top_level(module: ast.Module) -> list[ast.stmt]:
    return [node for node in running(module.body, in_classes=False) if isinstance(node, ast.stmt)]


def _refuse(reference: str, module: ast.Module, name: str, names: set[str]) -> NoReturn:
    path = file_of(reference)
    for line, block in main_guards(module):
        if name in bound_names(block):
            raise ObjectiveError(
                f'{path} defines {name!r} only under `if __name__ == "__main__":` (line {line}), and {_NOT_RUN}',
                hint="move it out of the block",
            )
    for outer in ast.walk(module):
        if isinstance(outer, ast.FunctionDef) and name in bound_names(outer.body):
            raise ObjectiveError(
                f"{path} defines {name!r} only inside of {outer.name}() (line {outer.lineno}), which hides it",
                hint=f"move it out, or add `{name} = ...` to the file with what makes it, outside of any function",
            )
    public = sorted(each for each in names if not each.startswith("_"))
    raise ObjectiveError(
        f"{path} does not define {name!r}{hidden_neighbour(Path.cwd(), split_reference(reference)[0])}",
        hint=f"it defines: {', '.join(public) or 'nothing'}{did_you_mean(name, public)}",
    )


def _check_needs_no_guard(reference: str, module: ast.Module, name: str, names: set[str]) -> None:
    guarded = {each: line for line, block in main_guards(module) for each in bound_names(block)}
    guarded = {each: line for each, line in guarded.items() if each not in names and not hasattr(builtins, each)}
    if not guarded or names & {"*"} or _binds_unseen(module):
        return
    text, _ = source(reference)
    for used in _globals_used(symtable.symtable(text, str(file_of(reference)), "exec"), name):
        if used in guarded:
            raise ObjectiveError(
                f'{file_of(reference)}: {name} uses {used!r}, which is defined only under `if __name__ == "__main__":` '
                f"(line {guarded[used]}), and {_NOT_RUN}",
                hint="move it out of the block",
            )


def _globals_used(module: symtable.SymbolTable, name: str) -> Iterator[str]:
    """Yield the global names that a function or class of the file uses, itself or by others of the file."""
    waiting, seen = [name], {name}
    while waiting:
        for scope in _scopes(module, waiting.pop()):
            for symbol in scope.get_symbols():
                if symbol.is_referenced() and symbol.is_global() and symbol.get_name() not in seen:
                    seen.add(symbol.get_name())
                    waiting.append(symbol.get_name())
                    yield symbol.get_name()


def _scopes(module: symtable.SymbolTable, name: str) -> Iterator[symtable.SymbolTable]:
    waiting: Sequence[symtable.SymbolTable] = [each for each in module.get_children() if each.get_name() == name]
    while waiting:
        yield from waiting
        waiting = [child for scope in waiting for child in scope.get_children()]
