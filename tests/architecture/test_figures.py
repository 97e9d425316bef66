"""The figures of figures.py stay within their bounds, and are counted right."""

import pytest
from architecture.figures import asks_for_the_kind, circles, figures, longest_chain


@pytest.mark.parametrize("figure", figures(), ids=lambda figure: figure.what)
def test_a_figure_is_within_its_bound(figure):
    assert figure.holds, figure


def test_a_circle_is_seen_and_a_diamond_is_none():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == [{"b", "c"}]
    assert circles({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": set()}) == []


def test_the_longest_chain_is_found_through_a_circle_too():
    assert longest_chain({"a": {"d", "b"}, "b": {"c"}, "c": {"d"}, "d": set()}) == ["a", "b", "c", "d"]
    assert longest_chain({"a": {"b"}, "b": {"a", "c"}, "c": set()}) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "text", ["if spec.objective in HYPERMODELS: pass", "f(is_reference(text))", "HYPERMODELS[name]"]
)
def test_a_question_for_the_kind_of_an_objective_is_seen(text):
    assert asks_for_the_kind(f"from objectives.registry import HYPERMODELS\n{text}") == [2]
