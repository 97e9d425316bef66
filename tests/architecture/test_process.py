"""Environment variables belong to the whole process: they are set at its edges alone, and read anywhere."""

import ast

import pytest
from helpers.paths import ROOT

EDGES = ("studies/commands/", "studies/execution/engines/", "studies/api/background_main.py")
# Keras reads its backend from nowhere else, and only as it is imported.
KERAS = "objectives/training/backend.py"
CHANGES = {"update", "pop", "setdefault", "clear", "popitem", "__setitem__", "__delitem__"}


def changes(text):
    """The lines that change os.environ."""
    for node in ast.walk(ast.parse(text)):
        if (isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load)) or (
            isinstance(node, ast.Attribute) and node.attr in CHANGES
        ):
            changed = node.value
        else:
            continue
        if ast.unparse(changed) == "os.environ":
            yield node.lineno


def test_the_environment_is_changed_at_the_edges_alone():
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for room in ("objectives", "storage", "studies")
        for path in (ROOT / room).rglob("*.py")
        for line in changes(path.read_text("utf-8"))
    }
    assert found
    assert {place for place in found if not place.startswith((*EDGES, KERAS))} == set()


@pytest.mark.parametrize(
    "text", ["os.environ['A'] = '1'", "del os.environ['A']", "os.environ.update(a)", "os.environ.setdefault('A', '1')"]
)
def test_a_change_is_seen(text):
    assert list(changes(text)) == [1]


@pytest.mark.parametrize("text", ["x = os.environ['A']", "os.environ.get('A')", "dict(os.environ).update(a)"])
def test_reading_is_no_change(text):
    assert list(changes(text)) == []
