import pytest
from optuna.trial import FixedTrial
from pydantic import TypeAdapter

from objectives.functions import FUNCTIONS
from objectives.registry import HYPERMODELS
from objectives.seeds import derive_seed
from objectives.space.dimensions import Choices, Dimension, Range
from objectives.space.parameters import Parameter
from objectives.space.search_space import SearchSpace


def space_of(**dimensions):
    return SearchSpace(TypeAdapter(dict[str, Dimension]).validate_python(dimensions))


BUILT_IN = {**FUNCTIONS, **HYPERMODELS}


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_is_built_in_accepts_its_own_defaults_and_its_own_space(name):
    declared = BUILT_IN[name]
    assert declared.name == name
    for name, parameter in declared.parameters.items():
        assert parameter.fault(parameter.default) is None, name
    space = space_of(**declared.space)
    assert space.faults() == []
    for name, item in space.dimensions.items():
        ends = (
            item.choices if isinstance(item, Choices) else (item.low, item.top) if isinstance(item, Range) else (item,)
        )
        assert [declared.parameters[name].fault(end) for end in ends] == [None] * len(ends), name


@pytest.mark.parametrize(
    ("name", "point", "value"),
    [
        ("quadratic", {"x": 3, "y": -4.0}, 25.0),
        ("beale", {"x": 3, "y": 0.5}, 0.0),
        # By hand: (1.5 - 1 + 2)^2 + (2.25 - 1 + 4)^2 + (2.625 - 1 + 8)^2.
        ("beale", {"x": 1.0, "y": 2.0}, 2.5**2 + 5.25**2 + 9.625**2),
        ("quadratic", {"x": 1e200, "y": 0.0}, float("inf")),
    ],
)
def test_a_function_has_its_known_values(name, point, value):
    fixed = FUNCTIONS[name].over(space_of(**point))
    asked = FUNCTIONS[name].over(space_of(**{axis: {"low": -4.5, "high": 4.5} for axis in "xy"}))
    assert fixed(FixedTrial({})) == value
    if abs(point["x"]) < 4.5:
        assert asked(FixedTrial(point)) == value


def test_a_coordinate_that_the_space_leaves_out_is_nought():
    assert FUNCTIONS["quadratic"].over(space_of(x=3.0))(FixedTrial({})) == 9.0


PARAMETERS = {
    "layers": Parameter(kind=int, default=1, low=1, help=""),
    "rate": Parameter(kind=float, default=0.5, low=0.0, high=1.0, help=""),
    "optimizer": Parameter(kind=str, default="adam", choices=("adam", "sgd"), help=""),
    "bias": Parameter(kind=bool, default=True, help=""),
}


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("layers", 3, None),
        ("layers", 0, "found 0; allowed: an integer of at least 1"),
        ("layers", 1.5, "found 1.5; allowed: an integer"),
        ("layers", True, "found true; allowed: an integer"),
        ("layers", "3", 'found "3"; allowed: an integer'),
        ("rate", 1, None),
        ("rate", 10**400, "found 1000"),
        ("rate", 1.01, "found 1.01; allowed: a number from 0.0 to 1.0"),
        ("rate", float("nan"), "found NaN; allowed: a number"),
        ("rate", False, "found false; allowed: a number"),
        ("optimizer", "sgd", None),
        ("optimizer", "agd", 'found "agd"; allowed: "adam", "sgd"; did you mean "sgd"?'),
        ("optimizer", 1, 'found 1; allowed: "adam", "sgd"'),
        ("bias", False, None),
        ("bias", 0, "found 0; allowed: true or false"),
    ],
)
def test_a_parameter_says_what_it_accepts(name, value, sentence):
    found = PARAMETERS[name].fault(value)
    assert (found is None) if sentence is None else found.startswith(sentence)


def test_a_parameter_may_name_a_file(tmp_path):
    base = Parameter(kind=str, default="vgg16", choices=("vgg16", "resnet50"), files=(".keras",), help="")
    (tmp_path / "own.keras").write_text("")
    assert base.fault("vgg16") is None
    assert base.fault(str(tmp_path / "own.keras")) is None
    assert base.fault("gone.keras") == 'found "gone.keras"; no such file'
    assert base.fault("folder/of/mine") == 'found "folder/of/mine"; no such file'
    allowed = 'allowed: "vgg16", "resnet50" or the path of a file (.keras); did you mean "vgg16"?'
    assert base.fault("vgg61") == f'found "vgg61"; {allowed}'
    assert [base.names_file(value) for value in ("vgg16", "a.keras", "a/b", 3)] == [False, True, True, False]


def test_seeds_are_the_same_everywhere_and_different_for_each_use():
    # Written down once: a study that is resumed with a later version must draw the same numbers.
    assert derive_seed(7, "trial", 3) == 207670448
    uses = [(7,), (8,), (7, 0), (7, 1), (7, "a"), (7, "b"), (7, "a", 1), (7, 1, "a"), (7, "a", "b")]
    assert len({derive_seed(*use) for use in uses}) == len(uses)
    assert all(0 <= derive_seed(*use) < 2**32 for use in uses)
