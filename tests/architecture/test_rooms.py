"""Who may import what: read from the source, so that a path nobody ran is checked as well."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from helpers.paths import ROOT

ROOMS = ("objectives", "storage", "studies")
COMMANDS = "studies.commands"
FRAMEWORKS = {"keras", "tensorflow", "jax", "torch"}
LONGEST_MODULE = 300


@dataclass(frozen=True, kw_only=True)
class Import:
    """One imported name. ``runs_at_once``: the import happens as soon as the module itself is imported."""

    line: int
    name: str
    runs_at_once: bool

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]


class Reader(ast.NodeVisitor):
    """Collects the imports of one module and what it does to the terminal and the process."""

    def __init__(self, module: str, *, is_package: bool) -> None:
        self.imports: list[Import] = []
        self.prints_or_exits: list[tuple[int, str]] = []
        self._package = module if is_package else module.rpartition(".")[0]
        self._deferred = 0

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(node, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        parents = self._package.split(".")[: len(self._package.split(".")) + 1 - node.level] if node.level else []
        source = ".".join([*parents, *([node.module] if node.module else [])])
        for alias in node.names:
            # `from studies import commands` imports studies.commands, and `from sys import exit` is sys.exit.
            self._add(node, f"{source}.{alias.name}")
            if f"{source}.{alias.name}" == "sys.exit":
                self.prints_or_exits.append((node.lineno, "sys.exit"))

    def visit_Call(self, node: ast.Call) -> None:
        called = ast.unparse(node.func)
        if called in ("importlib.import_module", "import_module", "__import__") and node.args:
            target = node.args[0]
            if isinstance(target, ast.Constant) and isinstance(target.value, str):
                self._add(node, target.value)
        if called in ("print", "exit", "quit", "sys.exit"):
            self.prints_or_exits.append((node.lineno, called))
        self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        if node.exc is not None and ast.unparse(node.exc).partition("(")[0] == "SystemExit":
            self.prints_or_exits.append((node.lineno, "SystemExit"))
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            self._later(node.body)
            for statement in node.orelse:
                self.visit(statement)
        else:
            self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        # Decorators and defaults run with the module, the body does not.
        for outside in (*node.decorator_list, node.args):
            self.visit(outside)
        self._later(node.body)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815  ast's own naming

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._later([node.body])

    def _later(self, nodes: list[ast.stmt] | list[ast.expr]) -> None:
        self._deferred += 1
        for node in nodes:
            self.visit(node)
        self._deferred -= 1

    def _add(self, node: ast.AST, name: str) -> None:
        self.imports.append(Import(line=node.lineno, name=name, runs_at_once=not self._deferred))


@dataclass(frozen=True)
class Module:
    name: str
    place: str
    lines: int
    reader: Reader

    @property
    def room(self) -> str:
        return self.name.partition(".")[0]

    def is_in(self, package: str) -> bool:
        return within(self.name, package)


def within(name: str, package: str) -> bool:
    return f"{name}.".startswith(f"{package}.")


def read(name: str, text: str, *, place: str = "example.py", is_package: bool = False) -> Module:
    reader = Reader(name, is_package=is_package)
    reader.visit(ast.parse(text))
    return Module(name, place, len(text.splitlines()), reader)


def every_module() -> Iterator[Module]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            place = path.relative_to(ROOT)
            parts = place.with_suffix("").parts
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            yield read(name, path.read_text("utf-8"), place=str(place), is_package=is_package)


def wrong_rooms(module: Module) -> Iterator[str]:
    """`studies` imports the other two, which know neither it nor each other."""
    for found in module.reader.imports:
        if module.room != "studies" and found.package in ROOMS and found.package != module.room:
            yield f"{module.place}:{found.line}: {module.room} must not know {found.name}"


def sqlalchemy_outside_storage(module: Module) -> Iterator[str]:
    for found in module.reader.imports:
        if found.package == "sqlalchemy" and module.room != "storage":
            yield f"{module.place}:{found.line}: {found.name} belongs in storage/"


def frameworks_out_of_place(module: Module) -> Iterator[str]:
    for found in module.reader.imports:
        if found.package in FRAMEWORKS and module.room != "objectives":
            yield f"{module.place}:{found.line}: {found.name} belongs in objectives/"
        elif found.package in FRAMEWORKS and found.runs_at_once:
            yield f"{module.place}:{found.line}: import {found.name} where it is used, not with the module"


def command_line_imported(module: Module) -> Iterator[str]:
    for found in module.reader.imports:
        if within(found.name, COMMANDS) and not module.is_in(COMMANDS):
            yield f"{module.place}:{found.line}: nothing imports the command line"


def terminal_outside_commands(module: Module) -> Iterator[str]:
    if module.is_in(COMMANDS):
        return
    for line, what in module.reader.prints_or_exits:
        yield f"{module.place}:{line}: {what} belongs in studies/commands/"
    for found in module.reader.imports:
        if found.package == "typer":
            yield f"{module.place}:{found.line}: typer belongs in studies/commands/"


def too_long(module: Module) -> Iterator[str]:
    if module.lines > LONGEST_MODULE:
        yield f"{module.place}: {module.lines} lines, {LONGEST_MODULE} at most"


RULES = (
    wrong_rooms,
    sqlalchemy_outside_storage,
    frameworks_out_of_place,
    command_line_imported,
    terminal_outside_commands,
    too_long,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_module_keeps_the_rule(rule):
    modules = list(every_module())
    assert {module.room for module in modules} == set(ROOMS)
    assert [fault for module in modules for fault in rule(module)] == []


@pytest.mark.parametrize(
    ("rule", "module", "text"),
    [
        (wrong_rooms, "objectives.mlp", "import storage"),
        (wrong_rooms, "storage.claims", "def f():\n    from objectives.space import Space"),
        (wrong_rooms, "objectives.mlp", "import importlib\nimportlib.import_module('studies.spec')"),
        (wrong_rooms, "storage.claims", "if TYPE_CHECKING:\n    from studies import spec"),
        (sqlalchemy_outside_storage, "studies.stored", "def f():\n    from sqlalchemy.orm import Session"),
        (frameworks_out_of_place, "studies.worker", "def f():\n    import keras"),
        (frameworks_out_of_place, "objectives.mlp", "from keras import layers"),
        (frameworks_out_of_place, "objectives.mlp", "try:\n    import torch\nexcept ImportError:\n    torch = None"),
        (frameworks_out_of_place, "objectives.mlp", "class Net:\n    import tensorflow as tf"),
        (command_line_imported, "studies.worker", "from studies import commands"),
        (command_line_imported, "studies.worker", "from . import commands"),
        (command_line_imported, "studies.engines.local", "from ..commands.output import table"),
        (terminal_outside_commands, "studies.worker", "print(1)"),
        (terminal_outside_commands, "storage.sqlite", "import sys\nsys.exit(1)"),
        (terminal_outside_commands, "storage.sqlite", "from sys import exit"),
        (terminal_outside_commands, "studies.launch", "def f():\n    raise SystemExit(2)"),
        (terminal_outside_commands, "studies.launch", "import typer"),
        (too_long, "studies.launch", "x = 1\n" * 301),
    ],
)
def test_a_broken_rule_is_seen(rule, module, text):
    assert list(rule(read(module, text)))


@pytest.mark.parametrize(
    ("rule", "module", "text"),
    [
        (wrong_rooms, "studies.worker", "from objectives.space import Space\nimport storage"),
        (sqlalchemy_outside_storage, "storage.rdb", "import sqlalchemy"),
        (frameworks_out_of_place, "objectives.mlp", "def f():\n    import keras"),
        (frameworks_out_of_place, "objectives.mlp", "if TYPE_CHECKING:\n    import keras"),
        (command_line_imported, "studies.commands.look", "from studies.commands.output import table"),
        (terminal_outside_commands, "studies.commands.app", "import sys, typer\nsys.exit(print(1))"),
        (terminal_outside_commands, "studies.worker", "console.print(1)"),
    ],
)
def test_what_is_allowed_passes(rule, module, text):
    assert list(rule(read(module, text))) == []
