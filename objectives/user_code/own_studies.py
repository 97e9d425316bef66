"""A study that a file runs whenever it is loaded, found in its text."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from objectives.errors import ObjectiveError
from objectives.user_code.running import imported_modules, last_name, running
from objectives.user_code.source import file_of, tree

_MAKES_A_STUDY = {"create_study", "load_study", "Study"}
_KEYWORDS = {"n_trials", "timeout", "n_jobs", "catch", "callbacks", "show_progress_bar", "gc_after_trial"}

WAY_OUT = 'put that under `if __name__ == "__main__":`'
"""What the author of such a file is to do."""


def check_runs_no_study(reference: str) -> None:
    """Refuse a file that runs a study of its own whenever it is loaded, as every worker loads it.

    What depends on a condition is given the benefit of the doubt: `load` meets it when it happens.

    Raises:
        ObjectiveError: with the line.
    """
    module = tree(reference)
    if (found := _Script(module).line_that_optimizes()) is not None:
        line, inner = found
        calls = "" if line == inner else f" (line {inner} does, which it calls)"
        raise ObjectiveError(
            f"{file_of(reference)}, line {line}: the file runs a study of its own whenever it is loaded{calls}, "
            "and every worker loads it",
            hint=WAY_OUT,
        )


def _functions(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, list[ast.stmt]]]:
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.body


@dataclass(frozen=True)
class _Script:
    module: ast.Module

    @cached_property
    def called(self) -> dict[str, list[ast.stmt]]:
        """What runs when a function of that name is called, or a class of it is made."""
        top = [*running(self.module.body, in_classes=False)]
        made = {
            node.name: [line for name, body in _functions(node.body) if name == "__init__" for line in body]
            for node in top
            if isinstance(node, ast.ClassDef)
        }
        return made | dict(_functions(top))

    @cached_property
    def methods(self) -> dict[str, list[ast.stmt]]:
        """What runs when a method of that name is called, of whichever class."""
        found: dict[str, list[ast.stmt]] = {}
        for node in running(self.module.body):
            if isinstance(node, ast.ClassDef):
                for name, body in _functions(node.body):
                    found.setdefault(name, []).extend(body)
        return found

    @cached_property
    def studies(self) -> set[str]:
        """The names that are given to studies, anywhere in the file."""
        return {
            last_name(target)
            for node in ast.walk(self.module)
            if isinstance(node, ast.Assign) and _makes_a_study(node.value)
            for target in node.targets
        }

    def line_that_optimizes(self) -> tuple[int, int] | None:
        """The line that runs a study as the file is loaded, and the line, of a function maybe, that calls Optuna."""
        if not any(name.partition(".")[0] == "optuna" for name in imported_modules(ast.walk(self.module))):
            return None
        for statement in self.module.body:
            if (inner := self._search([statement], set())) is not None:
                is_inside = statement.lineno <= inner <= (statement.end_lineno or inner)
                return inner if is_inside else statement.lineno, inner
        return None

    def _search(self, nodes: Iterable[ast.AST], seen: set[int]) -> int | None:
        for node in running(nodes, only_certain=True):
            if not isinstance(node, ast.Call):
                continue
            if self._runs_a_study(node):
                return node.lineno
            body = (self.called if isinstance(node.func, ast.Name) else self.methods).get(last_name(node.func))
            if body and id(body) not in seen:
                seen.add(id(body))
                if (line := self._search(body, seen)) is not None:
                    return line
        return None

    def _runs_a_study(self, call: ast.Call) -> bool:
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in ("optimize", "ask"):
            return False
        of = call.func.value
        is_study = _makes_a_study(of) or last_name(of) in self.studies or "study" in last_name(of).lower()
        return is_study or (call.func.attr == "optimize" and any(word.arg in _KEYWORDS for word in call.keywords))


def _makes_a_study(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) in _MAKES_A_STUDY
