"""Names that are imported only when they are asked for are there all the same, for people and for type checkers."""

import ast
import inspect
from importlib import import_module

import pytest

import storage
from studies import api


def typed(module):
    """The names that a type checker finds in the module."""
    tree = ast.parse(inspect.getsource(module))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    return {alias.name: node.module for node in block.body for alias in node.names}


@pytest.mark.parametrize("module", [api, storage])
def test_every_name_is_there_and_is_what_a_type_checker_takes_it_for(module):
    names = typed(module)
    for name, home in names.items():
        assert getattr(module, name) is getattr(import_module(home), name)
    assert set(module._HOMES) == set(names) <= set(module.__all__) <= set(dir(module))
    assert len(set(module.__all__)) == len(module.__all__)
    assert all(hasattr(module, name) for name in module.__all__)


@pytest.mark.parametrize("module", [api, storage])
def test_what_is_not_there_is_an_attribute_error(module):
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        module.nonsense  # noqa: B018
    assert not hasattr(module, "nonsense")
