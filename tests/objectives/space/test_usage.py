"""A line of [space] that could be suggested where nothing uses it is told, with the condition that would be right."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import FixedTrial
from pydantic import TypeAdapter

from objectives.registry import HYPERMODELS
from objectives.space.dimensions import Dimension
from objectives.space.parameters import Parameter, lookup
from objectives.space.search_space import SearchSpace
from objectives.space.usage import usage_faults

MLP = HYPERMODELS["mlp"].parameters

KINDS = {"choices": ["sgd", "rmsprop", "adam"]}
MOMENTUM = {"low": 0.0, "high": 0.9}
WIDTH = {"choices": [16, 32]}
LAYERS = {"low": 1, "high": 3}


def faults(parameters=MLP, **dimensions):
    found = TypeAdapter(dict[str, Dimension]).validate_python(dimensions)
    assert SearchSpace(found).faults() == []
    return dict(usage_faults(parameters, found))


def when(item, **condition):
    return {**item, "when": condition}


FREE = {"widths": "free"}

# The lines of [space] -> the line that is wrong, and what is said of it.
WRONG = {
    "no condition": (
        {"optimizer": KINDS, "momentum": MOMENTUM},
        "momentum",
        'only optimizer = "sgd" or "rmsprop" uses it; add when = { optimizer = ["sgd", "rmsprop"] }',
    ),
    "too wide a condition": (
        {
            "optimizer": KINDS,
            "momentum": when(MOMENTUM, optimizer=["sgd", "rmsprop"]),
            "nesterov": when({"choices": [True, False]}, optimizer=["sgd", "rmsprop"]),
        },
        "nesterov",
        'only optimizer = "sgd" uses it; say when = { optimizer = ["sgd"] }',
    ),
    "nothing to look ahead along": (
        {"optimizer": "sgd", "nesterov": {"choices": [True, False]}},
        "nesterov",
        "only momentum other than 0.0 uses it, and momentum is 0.0 where [space] does not name it; leave it out",
    ),
    "a condition on something else": (
        {"optimizer": KINDS, "layers": LAYERS, "rho": when({"low": 0.8, "high": 0.99}, layers=[2])},
        "rho",
        'only optimizer = "rmsprop" uses it; say when = { layers = [2], optimizer = ["rmsprop"] }',
    ),
    "a parent fixed to something else": (
        {"optimizer": "adam", "momentum": MOMENTUM},
        "momentum",
        'only optimizer = "sgd" or "rmsprop" uses it, and optimizer is "adam"; leave it out',
    ),
    "a parent at its default": (
        {"momentum": MOMENTUM},
        "momentum",
        'and optimizer is "adam" where [space] does not name it; leave it out',
    ),
    "a parent that is at its default at times": (
        {
            "layers": LAYERS,
            "optimizer": when({"choices": ["sgd", "rmsprop"]}, layers=[1]),
            "momentum": MOMENTUM,
        },
        "momentum",
        'add when = { optimizer = ["sgd", "rmsprop"] }',
    ),
    "a scalar that nothing ever uses": (
        {"optimizer": {"choices": ["adam", "nadam"]}, "momentum": 0.9},
        "momentum",
        'only optimizer = "sgd" or "rmsprop" uses it, and optimizer is "adam" or "nadam"; leave it out',
    ),
    "a scalar of a layer that is never there": ({"layers": LAYERS, "l1_4": 0.1}, "l1_4", "only layers of at least 4"),
    "a width where there may be no such layer": (
        {"layers": LAYERS, **FREE, "units_2": WIDTH},
        "units_2",
        "only layers of at least 2 uses it; add when = { layers = [2, 3] }",
    ),
    "a width of its own where widths are equal": (
        {"layers": 3, "units_2": WIDTH},
        "units_2",
        'only widths = "free" uses it, and widths is "equal" where [space] does not name it; leave it out',
    ),
    "two reasons": (
        {"layers": LAYERS, "widths": {"choices": ["equal", "free"]}, "units_3": WIDTH},
        "units_3",
        'only widths = "free" and layers of at least 3 uses it; add when = { widths = ["free"], layers = [3] }',
    ),
    "a shared value that each layer replaces": (
        {"layers": LAYERS, "dropout": MOMENTUM, "dropout_1": MOMENTUM},
        "dropout",
        "with layers = 1 every number has its own dropout_N instead; add when = { layers = [2, 3] }",
    ),
    "a shared scalar that each layer replaces": (
        {"layers": 2, "dropout": 0.5, "dropout_1": MOMENTUM, "dropout_2": 0.1},
        "dropout",
        "leave it out",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_useless_line_is_told_with_what_is_right(case):
    dimensions, name, sentence = WRONG[case]
    found = faults(**dimensions)
    assert list(found) == [name]
    assert sentence in found[name]


FILES = {
    "words": Parameter(kind=str, default="none", choices=("none",), files=(".txt",), help=""),
    "share": Parameter(kind=float, default=0.0, help="", active_unless={"words": ("none",)}),
}


@pytest.mark.parametrize(
    ("dimensions", "sentence"),
    [
        (
            {"share": MOMENTUM},
            'only words other than "none" uses it, and words is "none" where [space] does not name it',
        ),
        ({"words": "none", "share": 0.5}, 'only words other than "none" uses it, and words is "none"; leave it out'),
        (
            {"words": {"choices": ["none", "a.txt"]}, "share": MOMENTUM},
            'only words other than "none" uses it; add when = { words = ["a.txt"] }',
        ),
        ({"words": "a.txt", "share": MOMENTUM}, None),
        ({"words": {"choices": ["none", "a.txt"]}, "share": when(MOMENTUM, words=["a.txt"])}, None),
    ],
)
def test_what_is_used_unless_another_is_something_is_told_too(dimensions, sentence):
    found = faults(FILES, **dimensions)
    assert set(found) == ({"share"} if sentence else set())
    assert sentence is None or sentence in found["share"]


RIGHT = {
    "a condition": {"optimizer": KINDS, "momentum": when(MOMENTUM, optimizer=["sgd", "rmsprop"])},
    "a narrower condition": {"optimizer": KINDS, "momentum": when(MOMENTUM, optimizer=["sgd"])},
    "a fixed parent": {"optimizer": "sgd", "momentum": MOMENTUM, "nesterov": {"choices": [True, False]}},
    "a parent whose values all use it": {"optimizer": {"choices": ["sgd", "rmsprop"]}, "momentum": MOMENTUM},
    "a scalar that is used at times": {"optimizer": KINDS, "momentum": 0.9},
    "a condition through another": {
        "layers": LAYERS,
        "optimizer": when({"choices": ["sgd", "rmsprop"]}, layers=[1, 2]),
        "momentum": when(MOMENTUM, optimizer=["sgd", "rmsprop"]),
    },
    "the same condition as the parent's": {
        "layers": LAYERS,
        "optimizer": when({"choices": ["sgd", "rmsprop"]}, layers=[1, 2]),
        "momentum": when(MOMENTUM, layers=[2]),
    },
    "a condition that a fixed parent decides": {"optimizer": "adam", "momentum": when(MOMENTUM, optimizer=["sgd"])},
    "widths": {
        "layers": LAYERS,
        **FREE,
        "units_1": WIDTH,
        "units_2": when(WIDTH, layers=[2, 3]),
        "units_3": when(WIDTH, layers=[3]),
    },
    "widths of as many layers as there always are": {"layers": 2, **FREE, "units_1": WIDTH, "units_2": WIDTH},
    "widths of the default's layers": {**FREE, "units_2": WIDTH},
    "a shared value for the other layers": {"layers": LAYERS, "dropout": 0.1, "dropout_1": MOMENTUM},
    "a shared value where it is used": {
        "layers": LAYERS,
        "dropout": when(MOMENTUM, layers=[2, 3]),
        "dropout_1": MOMENTUM,
    },
}


@pytest.mark.parametrize("case", RIGHT)
def test_what_is_always_used_passes(case):
    assert faults(**RIGHT[case]) == {}


@pytest.mark.parametrize("family", HYPERMODELS.values(), ids=lambda family: family.name)
def test_a_hypermodel_names_parents_and_values_that_there_are(family):
    for parameter in family.parameters.values():
        for parent, values in parameter.active_when.items():
            assert [family.parameters[parent].fault(value) for value in values] == [None] * len(values)
        assert parameter.per_layer is None or family.parameters[parameter.per_layer].kind is int
    assert faults(family.parameters, **family.space) == {}


def test_names_per_layer_are_found_and_others_not():
    assert lookup(MLP, "units_3") is MLP["units_N"]
    assert lookup(MLP, "beta_1") is MLP["beta_1"]
    assert [lookup(MLP, name) for name in ("units_N", "units_0", "units_", "units_01", "momentum_1")] == [None] * 5


# --- against a walk through the whole space ------------------------------------------------------------------

TOY = {
    "n": Parameter(kind=int, default=1, low=1, help=""),
    "a": Parameter(kind=str, default="u", choices=("u", "v"), help=""),
    "b": Parameter(kind=str, default="u", choices=("u", "v"), help="", active_when={"a": ("v",)}),
    "c": Parameter(kind=str, default="u", choices=("u", "v"), help="", active_when={"b": ("u",), "a": ("u", "v")}),
    "d": Parameter(kind=str, default="u", choices=("u", "v"), help="", active_when={"a": ("u",)}),
    "s": Parameter(kind=str, default="u", choices=("u", "v"), help=""),
    "s_N": Parameter(kind=str, default="u", choices=("u", "v"), help="", per_layer="n", instead_of="s"),
}
NAMES = ("n", "a", "b", "c", "d", "s", "s_1", "s_2")


def used(values):
    """The parameters that a program would read which does what TOY says."""
    full = {name: parameter.default for name, parameter in TOY.items()} | values
    read = {"n", "a"}
    read |= {"b"} if full["a"] == "v" else {"d"}
    if "b" in read and full["b"] == "u":
        read |= {"c"}
    for number in range(1, full["n"] + 1):
        read |= {f"s_{number}" if f"s_{number}" in values else "s"}
    return read


@st.composite
def toy_spaces(draw):
    made = {}
    for name in draw(st.permutations(NAMES))[: draw(st.integers(1, 7))]:
        choices = [1, 2] if name == "n" else ["u", "v"]
        item = draw(st.sampled_from([*choices, {"choices": choices}]))
        if isinstance(item, dict) and made and draw(st.booleans()):
            parents = draw(st.lists(st.sampled_from(sorted(made)), min_size=1, max_size=2, unique=True))
            item = when(item, **{p: draw(st.sampled_from([1, 2] if p == "n" else ["u", "v"])) for p in parents})
        made[name] = item
    return made


@settings(deadline=None, max_examples=400)
@given(toy_spaces())
def test_just_what_some_trial_would_have_for_nothing_is_told(dimensions):
    space = SearchSpace(TypeAdapter(dict[str, Dimension]).validate_python(dimensions))
    if space.faults():
        return
    grid = space.grid()
    trials = [
        space.suggest(FixedTrial(dict(zip(grid, point, strict=True)))) for point in itertools.product(*grid.values())
    ]
    told = dict(usage_faults(TOY, space.dimensions))
    for name in dimensions:
        having = [values for values in trials if name in values]
        useless = [name not in used(values) for values in having]
        if name in space.fixed:
            # A value that stands there for nothing in every trial; parents tied to one another are not untangled.
            assert name not in told or all(useless)
        else:
            assert (name in told) == any(useless), (name, told)
