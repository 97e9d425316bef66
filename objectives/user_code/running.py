"""What of a file runs when it is loaded, read off its text: no bodies of functions, no block under its main guard."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class _Reach:
    in_classes: bool
    in_functions: bool
    only_certain: bool


def running(
    nodes: Iterable[ast.AST], *, in_classes: bool = True, in_functions: bool = False, only_certain: bool = False
) -> Iterator[ast.AST]:
    """Yield these nodes and all below them that runs when they do, in the order of the text.

    Args:
        in_classes: also what stands in a class.
        in_functions: also what runs when a function is called.
        only_certain: without what depends on a condition or an exception.
    """
    reach = _Reach(in_classes=in_classes, in_functions=in_functions, only_certain=only_certain)
    waiting = [*nodes][::-1]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [*_below(node, reach)][::-1]


def _below(node: ast.AST, reach: _Reach) -> Iterable[ast.AST]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() if not reach.in_functions:
            return (*node.decorator_list, node.args)
        case ast.Lambda() if not reach.in_functions:
            return (node.args,)
        case ast.ClassDef() if not reach.in_classes:
            return (*node.decorator_list, *node.bases, *node.keywords)
        case ast.AnnAssign(value=None):
            return (node.annotation,)
        case ast.If() if (branch := guarded(node)) is not None:
            return (node.test, *(node.orelse if branch is node.body else node.body))
        case ast.If() | ast.IfExp() if reach.only_certain:
            return (node.test,)
        case ast.ExceptHandler() | ast.Match() if reach.only_certain:
            return ()
        case _:
            return ast.iter_child_nodes(node)


def guarded(statement: ast.If) -> Sequence[ast.stmt] | None:
    """Return the branch that runs only in a file that is run as a script; None where it is no main guard."""
    test = statement.test
    # Each part of an `and` has to hold.
    parts = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
    for part in parts:
        if isinstance(part, ast.Compare) and len(part.ops) == 1 and _asks_for_main(part):
            return statement.body if isinstance(part.ops[0], ast.Eq | ast.Is) else statement.orelse
    return None


def _asks_for_main(compared: ast.Compare) -> bool:
    sides = (compared.left, compared.comparators[0])
    names = [side.id for side in sides if isinstance(side, ast.Name)]
    texts = [side.value for side in sides if isinstance(side, ast.Constant)]
    return names == ["__name__"] and texts == ["__main__"]


def last_name(node: ast.AST) -> str:
    """Return the last part of a dotted name; "" of anything else."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def main_guards(module: ast.Module) -> Iterator[tuple[int, Sequence[ast.stmt]]]:
    """Yield the line of each main guard of a file, and the branch that does not run when the file is loaded."""
    for node in running(module.body, in_classes=False):
        if isinstance(node, ast.If) and (branch := guarded(node)):
            yield node.lineno, branch


def bound_names(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the names that exist once these statements have run; `*` where they import whatever a module has."""
    for node in running(nodes, in_classes=False):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from ((alias.asname or alias.name).partition(".")[0] for alias in aliases)
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case _:
                pass


def imported_modules(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the modules that these nodes name in imports, without those that are named relative to a package."""
    for node in nodes:
        match node:
            case ast.Import(names=aliases):
                yield from (alias.name for alias in aliases)
            case ast.ImportFrom(module=str(module), level=0):
                yield module
            case _:
                pass
