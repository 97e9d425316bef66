"""In any sound space every suggested value is read by the model, the optimizer, the loss or the batches."""

import pytest
from helpers.networks import SHAPES, rows, write_files
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from objectives.models.network import make_training
from objectives.registry import HYPERMODELS
from objectives.space.dimensions import Dimension
from objectives.space.parameters import lookup, split_number
from objectives.space.search_space import SearchSpace
from objectives.space.usage import conditions_of, usage_faults
from objectives.training import backend


@pytest.fixture(scope="module", autouse=True)
def keras():
    backend.prepare("tensorflow")
    import keras

    return keras


@pytest.fixture(scope="module")
def files(keras, tmp_path_factory):
    return write_files(tmp_path_factory.mktemp("files"))


class Noted(dict):
    """Parameters that note which of them are read by name; whoever copies them all reads none."""

    def __init__(self, values):
        super().__init__(values)
        self.read = set()

    def __getitem__(self, name):
        self.read.add(name)
        return super().__getitem__(name)

    def get(self, name, default=None):
        self.read.add(name)
        return super().get(name, default)


class Drawn:
    """A trial that answers with draws and notes what it was asked for."""

    def __init__(self, draw):
        self.draw, self.asked = draw, set()

    def suggest_categorical(self, name, choices):
        self.asked.add(name)
        return self.draw(st.sampled_from(choices))

    def suggest_int(self, name, low, high, *, step, log):
        self.asked.add(name)
        return self.draw(st.integers(low, high))

    def suggest_float(self, name, low, high, *, step, log):
        self.asked.add(name)
        return self.draw(st.floats(low, high))


def lines(parameter, *, widest):
    """Ways to search it, or to fix it."""
    if parameter.kind is bool:
        return [{"choices": [True, False]}, True]
    if parameter.choices is not None:
        choices = [choice for choice in parameter.choices if choice not in ("mse", "mae", "huber", "log_cosh")]
        return [{"choices": choices}, *choices]
    if parameter.kind is int:
        low = int(parameter.low)
        return [{"low": low, "high": low + widest}, low + widest]
    low = parameter.low if parameter.low is not None else 0.0
    return [{"low": low, "high": low + 0.25}, low + 0.25]


@st.composite
def spaces(draw, hypermodel, always):
    """A sound space over the parameters of a hypermodel, in which nothing is told to be unused."""
    declared = HYPERMODELS[hypermodel]
    per_layer = {name for name, each in declared.parameters.items() if each.per_layer}
    names = sorted(set(declared.parameters) - per_layer)
    names += [name.replace("_N", f"_{number}") for name in sorted(per_layer) for number in (1, 2)]
    names = [name for name in names if name not in always]
    made = dict(always)
    for name in draw(st.lists(st.sampled_from(names), unique=True, max_size=9)):
        made[name] = draw(st.sampled_from(lines(lookup(declared.parameters, name), widest=2)))
    for name in list(made):
        for parent, need in conditions_of(declared.parameters, name).items():
            searched, *fixed = lines(declared.parameters[parent], widest=2)
            made.setdefault(parent, draw(st.sampled_from([searched, *filter(need.fits, fixed)])))
    for name, item in made.items():
        wanted = conditions_of(declared.parameters, name)
        if isinstance(item, dict) and wanted and draw(st.integers(0, 4)):
            parents = {
                p: made[p] for p in wanted if isinstance(made.get(p), dict) and declared.parameters[p].kind is not float
            }
            values = {
                p: list(found.get("choices", range(found.get("low", 0), found.get("high", 0) + 1)))
                for p, found in parents.items()
            }
            fitting = {p: [v for v in listed if wanted[p].fits(v)] for p, listed in values.items()}
            if parents and all(fitting.values()):
                made[name] = {**item, "when": fitting}
    while True:
        dimensions = TypeAdapter(dict[str, Dimension]).validate_python(made)
        wrong = {key.partition(".")[0] for key, _ in SearchSpace(dimensions).faults()}
        wrong = wrong or dict(usage_faults(declared.parameters, dimensions)).keys()
        if not wrong:
            return SearchSpace(dimensions)
        made = {name: item for name, item in made.items() if name not in wrong}


@pytest.mark.parametrize(
    ("hypermodel", "examples"),
    [("mlp", 40), ("cnn", 10), ("resnet", 6), ("sequence", 40), ("transfer", 30)],
)
def test_all_that_is_suggested_is_read_and_all_that_is_told_unused_is_not(keras, files, hypermodel, examples):
    @settings(deadline=None, max_examples=examples, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(spaces(hypermodel, files.get(hypermodel, {})), st.data())
    def each(space, data):
        keras.backend.clear_session()
        trial = Drawn(data.draw)
        params = Noted({**HYPERMODELS[hypermodel].defaults, **space.suggest(trial)})
        make_training(HYPERMODELS[hypermodel], params, rows(SHAPES[hypermodel]), epochs=3)
        assert trial.asked - params.read == set()

    each()


@pytest.mark.parametrize("hypermodel", ["mlp", "cnn", "resnet", "sequence", "transfer"])
def test_such_spaces_may_have_conditional_parameters_and_those_of_one_layer(files, hypermodel):
    def is_rich(space):
        conditional = [name for name in space.searched if conditions_of(HYPERMODELS[hypermodel].parameters, name)]
        return conditional and (hypermodel != "mlp" or {split_number(name)[1] for name in conditional} > {None, 1})

    assert is_rich(
        find(spaces(hypermodel, files.get(hypermodel, {})), is_rich, settings=settings(phases=[Phase.generate]))
    )
