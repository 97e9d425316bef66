"""Whether the file that a reference means defines what it names, judged by its text, without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from objectives.errors import ObjectiveError
from objectives.user_code.source import file_of, source, split_reference
from objectives.wording import did_you_mean


def check_reference(reference: str) -> None:
    """Refuse a reference that cannot be loaded, as far as can be seen before anything runs.

    Raises:
        ObjectiveError: the text has the wrong shape, there is no such file or module, it is no Python, or it
            does not define the attribute. A file that fills its names as it runs is given the benefit of the doubt.
    """
    _, attribute = split_reference(reference)
    text, _ = source(reference)
    path = file_of(reference)
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise ObjectiveError(f"{path}, line {error.lineno}: {error.msg}") from None
    names = set(_defined(tree.body))
    if attribute.partition(".")[0] in names or names & {"*", "__getattr__"}:
        return
    public = sorted(name for name in names if not name.startswith("_"))
    raise ObjectiveError(
        f"{path} does not define {attribute!r}",
        hint=f"it defines: {', '.join(public) or 'nothing'}{did_you_mean(attribute, public)}",
    )


def _defined(statements: Iterable[ast.stmt]) -> Iterator[str]:
    for statement in statements:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from ((alias.asname or alias.name).partition(".")[0] for alias in aliases)
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                yield from (node.id for node in ast.walk(statement) if isinstance(node, ast.Name))
            case _:
                for block in ("body", "orelse", "handlers", "finalbody"):
                    yield from _defined(inner for inner in getattr(statement, block, ()) if isinstance(inner, ast.stmt))
                for handler in getattr(statement, "handlers", ()):
                    yield from _defined(handler.body)
