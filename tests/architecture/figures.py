"""The figures that keep the code in order, counted from the source.

`python tests/architecture/figures.py` prints the table, with -v every place that was counted.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("objectives", "storage", "studies")
# Where private parts of Optuna and Keras are touched; nowhere else.
OTHERS_PRIVATE = (
    "objectives/training/trainers/adjustable.py",
    "storage/optuna_schema/__init__.py",
    "studies/sampling/optuna_private.py",
)
# Who names one of these asks what kind of objective a study has.
KIND_OF_OBJECTIVE = {"FUNCTIONS", "HYPERMODELS", "is_reference"}
KINDS = "studies/spec/kinds/"
COMPLEXITY = 12
Edges = Mapping[str, set[str]]


@dataclass(frozen=True)
class Figure:
    """One line of the table; ``places`` says where the count comes from."""

    what: str
    value: float
    bound: float
    places: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return self.value <= self.bound


@dataclass(frozen=True)
class Module:
    path: Path

    @property
    def place(self) -> str:
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Every Python file below these folders of the checkout."""
    return tuple(Module(path) for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))


@cache
def imports() -> grimp.ImportGraph:
    """Every import of the three packages, of functions and of type checking as well."""
    sys.path.insert(0, str(ROOT))
    try:
        return grimp.build_graph(*PACKAGES, cache_dir=None)
    finally:
        sys.path.remove(str(ROOT))


def below(package: str) -> dict[str, set[str]]:
    """The imports between the direct members of a package, each of which stands for all that lies in it."""
    depth = package.count(".") + 2
    edges: dict[str, set[str]] = {}
    graph = imports()
    for module in graph.find_descendants(package):
        member = ".".join(module.split(".")[:depth])
        edges.setdefault(member, set())
        for target in graph.find_modules_directly_imported_by(module):
            other = ".".join(target.split(".")[:depth])
            if target.startswith(f"{package}.") and other != member:
                edges[member].add(other)
    return edges


def circles(edges: Edges) -> list[set[str]]:
    """The groups of members each of which reaches all the others."""
    reached = {start: set(_reach(edges, start)) for start in edges}
    groups = {frozenset(other for other in reached[one] if one in reached[other]) for one in edges}
    return [set(group) for group in groups if group]


def _reach(edges: Edges, start: str) -> Iterator[str]:
    seen: set[str] = set()
    waiting = [*edges[start]]
    while waiting:
        if (one := waiting.pop()) not in seen:
            seen.add(one)
            waiting += edges.get(one, ())
            yield one


def longest_chain(edges: Edges) -> list[str]:
    """The members that stand on each other's shoulders, the topmost first; a circle counts once."""

    def chain(one: str, above: tuple[str, ...]) -> list[str]:
        free = [other for other in edges.get(one, ()) if other not in above]
        return [one, *max((chain(other, (*above, one)) for other in free), key=len, default=[])]

    return max((chain(one, ()) for one in edges), key=len)


def packages() -> list[str]:
    return [module for module in sorted(imports().modules) if imports().find_children(module)]


def ruff_finds(rule: str) -> Iterator[str]:
    """Every place that breaks ruff's rule, whatever pyproject.toml or a comment exempts."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--ignore-noqa", "--exit-zero", "--no-cache"]
    options = ["--select", rule, "--config", f"lint.mccabe.max-complexity={COMPLEXITY}", "--output-format", "json"]
    run = subprocess.run([*command, *options, *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True)
    for found in json.loads(run.stdout):
        yield f"{Path(found['filename']).relative_to(ROOT)}:{found['location']['row']}: {found['message']}"


def asks_for_the_kind(text: str) -> list[int]:
    """The lines of a source that ask."""
    names = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name))
    return [node.lineno for node in names if node.id in KIND_OF_OBJECTIVE]


def names_in(folder: Path) -> list[str]:
    """What a reader of the folder sees: its modules and packages."""
    return [
        path.stem
        for path in folder.iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").is_file()
    ]


def floors(package: str, bound: int) -> Figure:
    chain = longest_chain(below(package))
    return Figure(f"import floors of {package}, counted in rooms", len(chain), bound, (" > ".join(chain),))


def counted(what: str, places: Iterable[str], bound: int) -> Figure:
    found = tuple(places)
    return Figure(what, len(found), bound, found)


def figures() -> list[Figure]:
    sources = modules(*PACKAGES)
    lines = sum(module.lines for module in sources)
    private = list(ruff_finds("SLF001"))
    any_count = sum(len(re.findall(r"\bAny\b", module.text)) for module in sources)
    folders = {ROOT / package.replace(".", "/") for package in packages()} - {ROOT / "studies" / "commands"}
    crowded = {str(folder.relative_to(ROOT)): len(names_in(folder)) for folder in folders}
    long = {module.place: module.lines for module in modules(*PACKAGES, "tests")}
    asking = [
        module.place
        for module in modules("studies")
        if asks_for_the_kind(module.text) and not module.place.startswith(KINDS)
    ]
    return [
        floors("objectives", 8),
        floors("studies", 9),
        counted("import circles", (" <> ".join(sorted(c)) for p in packages() for c in circles(below(p))), 0),
        counted("private attributes of others, in Optuna's two files", private, 20),
        counted("the same, elsewhere", (place for place in private if not place.startswith(OTHERS_PRIVATE)), 0),
        Figure("Any in a thousand lines", round(1000 * any_count / lines, 1), 15),
        counted(f"functions above complexity {COMPLEXITY}", ruff_finds("C901"), 0),
        counted("modules of studies that ask for the kind of an objective", asking, 1),
        Figure("names in a folder, at most", max(crowded.values()), 14, (max(crowded, key=crowded.__getitem__),)),
        counted("modules above 300 lines", (place for place, count in long.items() if count > 300), 0),
    ]


if __name__ == "__main__":
    for figure in figures():
        print(f"{'  ' if figure.holds else '! '}{figure.what:58} {figure.value:6} (at most {figure.bound})")
        if not figure.holds or "-v" in sys.argv:
            print(*(f"      {place}" for place in figure.places), sep="\n")
