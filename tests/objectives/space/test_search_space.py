import itertools
import math
import warnings

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import FixedTrial
from pydantic import TypeAdapter

from objectives.errors import SpaceError
from objectives.space.dimensions import Choices, Dimension, Range
from objectives.space.search_space import Row, SearchSpace

OPTIMIZERS = {"choices": ["sgd", "rmsprop", "adam"]}


def space(**dimensions):
    return SearchSpace(TypeAdapter(dict[str, Dimension]).validate_python(dimensions))


class Asked:
    """A trial that answers with the draws of a strategy and remembers what it was asked for."""

    def __init__(self, draw):
        self.draw = draw
        self.names = []

    def suggest_categorical(self, name, choices):
        self.names.append(name)
        return self.draw(st.sampled_from(choices))

    def suggest_int(self, name, low, high, *, step, log):
        self.names.append(name)
        assert not (log and step != 1)
        return low + step * self.draw(st.integers(0, (high - low) // step))

    def suggest_float(self, name, low, high, *, step, log):
        self.names.append(name)
        if step is None:
            return self.draw(st.floats(low, high))
        return low + step * self.draw(st.integers(0, round((high - low) / step)))


@st.composite
def spaces(draw):
    """Spaces of up to six parameters whose conditions name earlier ones, written in any order."""
    made = {}
    for name in "abcdef"[: draw(st.integers(1, 6))]:
        parents = [p for p in made if not isinstance(made[p], dict) or "choices" in made[p]]
        chosen = draw(st.lists(st.sampled_from(parents), unique=True, max_size=2)) if parents else []
        when = {
            p: draw(st.lists(st.sampled_from(made[p]["choices"]), min_size=1, unique=True))
            if isinstance(made[p], dict)
            else [draw(st.sampled_from([made[p], "other"]))]
            for p in chosen
        }
        made[name] = draw(
            st.sampled_from(
                [
                    {"low": 0, "high": 7, "step": 2},
                    {"low": 1, "high": 3},
                    {"low": 1, "high": 4, "log": True},
                    {"low": 0.0, "high": 1.0, "step": 0.25},
                    {"choices": ["u", "v", "w"]},
                    {"choices": [1, 2.5, "x", True][:3]},
                ]
            )
        )
        if when:
            made[name] = {**made[name], "when": when}
        elif draw(st.booleans()):
            made[name] = 5
    return space(**{name: made[name] for name in draw(st.permutations(list(made)))})


def active(space, values, name):
    when = getattr(space.dimensions[name], "when", None) or {}
    return all(parent in values and values[parent] in wanted for parent, wanted in when.items())


@settings(deadline=None)
@given(spaces(), st.data())
def test_what_is_suggested_is_declared_and_only_what_is_active_is_asked_for(space, data):
    assert space.faults() == []
    trial = Asked(data.draw)
    values = space.suggest(trial)
    for name, item in space.dimensions.items():
        assert (name in values) == active(space, values, name)
        if name in values and isinstance(item, Choices):
            assert values[name] in item.choices
        elif name in values and isinstance(item, Range):
            assert item.low <= values[name] <= item.high
            assert isinstance(values[name], int) == item.is_integer
        elif name in values:
            assert values[name] == item
    assert sorted(trial.names) == sorted(set(values) & set(space.searched))


# The slow machines of CI decide nothing here.
@settings(deadline=None, max_examples=50)
@given(spaces())
def test_the_size_is_that_of_a_walk_through_the_whole_space(space):
    grid = {**{name: [value] for name, value in space.fixed.items()}, **space.grid()}
    points = set()
    for point in itertools.product(*grid.values()):
        trial = FixedTrial(dict(zip(grid, point, strict=True)))
        points.add(tuple(sorted(space.suggest(trial).items())))
    assert space.size() == len(points)


def test_a_real_trial_samples_the_space_without_a_warning():
    searched = space(
        lr={"low": 1e-3, "high": 1e-2, "log": True},
        uneven={"low": 0, "high": 10, "step": 3},
        uneven_float={"low": 0.0, "high": 1.0, "step": 0.3},
        units={"low": 1, "high": 100, "log": True},
        optimizer=OPTIMIZERS,
        momentum={"low": 0.0, "high": 0.99, "when": {"optimizer": ["sgd", "rmsprop"]}},
        layers=2,
    )
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(50):
            trial = study.ask()
            values = searched.suggest(trial)
            assert values.pop("layers") == 2
            assert trial.params == values
            assert ("momentum" in values) == (values["optimizer"] != "adam")
            assert values["uneven"] in (0, 3, 6, 9)


@pytest.mark.parametrize(
    ("dimensions", "key", "sentence"),
    [
        (
            {"optimizer": OPTIMIZERS, "m": {"low": 0.0, "high": 1.0, "when": {"optimiser": "sgd"}}},
            "m.when.optimiser",
            'did you mean "optimizer"?',
        ),
        (
            {"optimizer": OPTIMIZERS, "m": {"low": 0.0, "high": 1.0, "when": {"optimizer": ["sdg", "adam"]}}},
            "m.when.optimizer",
            'found "sdg"; optimizer can only be: "sgd", "rmsprop", "adam"; did you mean "sgd"?',
        ),
        (
            {"layers": {"low": 1, "high": 3}, "u": {"choices": [1, 2], "when": {"layers": [3, 4]}}},
            "u.when.layers",
            "found 4; layers can only be: 1 .. 3",
        ),
        (
            {"layers": {"low": 1, "high": 9, "step": 2}, "u": {"choices": [1, 2], "when": {"layers": 2}}},
            "u.when.layers",
            "found 2; layers can only be: 1 .. 9, step 2",
        ),
        (
            {"flag": {"choices": [True, False]}, "u": {"choices": [1, 2], "when": {"flag": 1}}},
            "u.when.flag",
            "found 1; flag can only be: true, false",
        ),
        (
            {"rate": {"low": 0.0, "high": 1.0}, "u": {"choices": [1, 2], "when": {"rate": 0.5}}},
            "u.when.rate",
            "no separate values",
        ),
        (
            {"optimizer": OPTIMIZERS, "m": {"low": 0.0, "high": 1.0, "when": {"optimizer": []}}},
            "m.when.optimizer",
            "empty list",
        ),
        ({"m": {"low": 0.0, "high": 1.0, "when": {}}}, "m.when", "empty table"),
        ({"m": {"choices": [1, 2], "when": {"m": 1}}}, "m.when", "circle: m -> m"),
        (
            {"a": {"choices": [1, 2], "when": {"b": 1}}, "b": {"choices": [1, 2], "when": {"a": 1}}},
            "a.when",
            "in a circle: a -> b -> a",
        ),
    ],
)
def test_a_condition_that_cannot_be_is_named(dimensions, key, sentence):
    [(found_key, found)] = space(**dimensions).faults()
    assert found_key == key
    assert sentence in found


def test_a_condition_on_a_fixed_parameter_is_decided_and_no_fault():
    momentum = {"low": 0.0, "high": 0.99, "when": {"optimizer": ["sgd"]}}
    without, with_momentum = (space(optimizer=name, momentum=momentum) for name in ("adam", "sgd"))
    assert without.faults() == []
    assert without.size() == 1
    assert without.suggest(FixedTrial({})) == {"optimizer": "adam"}
    assert with_momentum.size() is None


def test_a_grid_lists_every_value():
    assert space(
        a={"low": 0.0, "high": 0.3, "step": 0.1}, b={"low": 1, "high": 7, "step": 3}, c={"choices": ["x"]}, d=1
    ).grid() == {"a": [0.0, 0.1, 0.2, 0.3], "b": [1, 4, 7], "c": ["x"]}


def test_a_grid_refuses_what_has_no_separate_values():
    with pytest.raises(SpaceError, match=r"space\.rate is a range of floats without a step"):
        space(rate={"low": 0.0, "high": 1.0}).grid()
    with pytest.raises(SpaceError, match=r"space\.n alone would have 1,000,000,001 values"):
        space(n={"low": 0, "high": 10**9}).grid()


def test_the_size_of_a_space_with_a_float_range_is_endless():
    assert space(a={"low": 0.0, "high": 1.0}, b={"choices": [1, 2]}).size() is None
    assert space(n={"low": 1, "high": 10**9}, b={"choices": [1, 2]}).size() == 2 * 10**9


def test_many_conditions_are_counted_at_once():
    chain = {"p0": {"choices": [0, 1]}}
    for place in range(1, 40):
        chain[f"p{place}"] = {"choices": [0, 1], "when": {f"p{place - 1}": 1}}
    pairs = {f"q{i}": {"choices": [0, 1]} for i in range(40)}
    pairs |= {f"r{i}": {"choices": [0, 1, 2], "when": {f"q{i}": 1}} for i in range(40)}
    assert space(**chain).size() == 41
    assert space(**pairs).size() == 4**40


def test_rows_say_it_in_the_words_of_the_file():
    assert space(
        lr={"low": 1e-3, "high": 1e-2, "log": True},
        n={"low": 0, "high": 10, "step": 3},
        optimizer=OPTIMIZERS,
        m={"low": 0.0, "high": 0.99, "when": {"optimizer": ["sgd", "adam"]}},
        nesterov=True,
    ).rows() == [
        Row("lr", "number", "0.001 .. 0.01, log", ""),
        Row("n", "integer", "0 .. 9, step 3", ""),
        Row("optimizer", "choice", '"sgd", "rmsprop", "adam"', ""),
        Row("m", "number", "0.0 .. 0.99", 'optimizer = "sgd" or "adam"'),
        Row("nesterov", "fixed", "true", ""),
    ]


def test_a_condition_finds_a_float_that_the_sampler_rounded():
    rounded = space(a={"low": 0.0, "high": 0.5, "step": 0.1}, b={"choices": [1, 2], "when": {"a": 0.3}})
    assert rounded.faults() == []
    assert "b" in rounded.suggest(FixedTrial({"a": math.nextafter(0.3, 1.0), "b": 1}))
