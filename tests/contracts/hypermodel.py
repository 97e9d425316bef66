"""What a hypermodel owes to the studies that search it: subclass `HyperModelContract` and name your own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest
from helpers.networks import rows
from pydantic import TypeAdapter

from objectives.data.dataset import Kind
from objectives.hypermodel import HyperModel
from objectives.models.network import make_training
from objectives.preprocessing.pipeline import Preprocessing
from objectives.space.dimensions import Dimension
from objectives.space.faults import space_faults
from objectives.space.usage import conditions_of
from objectives.training import backend
from objectives.training.costs import model_costs

SHAPES: Mapping[Kind, tuple[int, ...]] = {"image": (6, 6, 3), "table": (8,), "text": ()}
"""Kind of data -> the shape of a row on which it is tried."""


EPOCHS = 20


class HyperModelContract:
    """Every test builds real models on a few rows of the first kind of data that it reads.

    Example:
        ```
        class TestMine(HyperModelContract):
            hypermodel = MINE
            small = {"layers": 1, "units": 4}
        ```
    """

    hypermodel: ClassVar[HyperModel]
    small: ClassVar[Mapping[str, Any]] = {}
    """Parameters with which a model is built fast."""
    others: ClassVar[Mapping[str, Any]] = {}
    """Parameter -> a value with which the training is another, where the contract cannot guess one."""
    tried_elsewhere: ClassVar[frozenset[str]] = frozenset()
    """Parameters that have tests of their own."""

    def pytest_generate_tests(self, metafunc):
        """`name` is each parameter, for the first layer or block but one where there is one for each."""
        if "name" in metafunc.fixturenames:
            names = [name for name in self.hypermodel.parameters if name not in self.tried_elsewhere]
            metafunc.parametrize("name", [name.replace("_N", "_2") for name in names])

    @pytest.fixture
    def needed(self):
        """What has no default that can be built here, such as a file."""
        return {}

    @pytest.fixture(autouse=True)
    def keras(self):
        backend.prepare("tensorflow")
        import keras

        return keras

    @pytest.fixture
    def train(self, keras, needed):
        """Make a training of few rows, with the defaults for what is not given."""

        def make(classes=3, **params):
            keras.backend.clear_session()
            keras.utils.set_random_seed(1)
            data = rows(SHAPES[self.hypermodel.reads[0]], classes)
            return make_training(self.hypermodel, {**self.hypermodel.defaults, **needed, **params}, data, epochs=EPOCHS)

        return make

    def test_its_default_space_has_no_fault(self):
        space = TypeAdapter(dict[str, Dimension]).validate_python(self.hypermodel.space)
        assert list(space_faults(self.hypermodel.name, self.hypermodel.parameters, space)) == []

    @pytest.mark.parametrize("classes", [2, 3, None])
    def test_it_is_built_at_its_defaults_and_learns(self, train, classes):
        made = train(classes)
        before = [weights.copy() for weights in made.model.get_weights()]
        made.model.fit(made.data.x_train, made.data.y_train, batch_size=4, verbose=0)
        predicted = made.model.predict(made.data.x_validation, verbose=0)
        assert predicted.shape == (len(made.data.x_validation), 3 if classes == 3 else 1)
        assert np.isfinite(predicted).all()
        assert any((old != new).any() for old, new in zip(before, made.model.get_weights(), strict=True))

    def test_the_same_seed_builds_the_same_model(self, train):
        first, second = (train(**self.small).model.get_weights() for _ in range(2))
        assert all(np.array_equal(*pair) for pair in zip(first, second, strict=True))

    def test_its_costs_are_counted(self, train):
        costs = model_costs(train(**self.small).model, ["parameters", "flops"])
        assert all(value > 0 for value in costs.values())

    def test_its_model_is_saved_and_loaded(self, keras, train, tmp_path):
        made = train(**self.small)
        made.model.save(tmp_path / "model.keras")
        loaded = keras.models.load_model(tmp_path / "model.keras", compile=False)
        x = made.data.x_validation
        np.testing.assert_array_equal(loaded.predict(x, verbose=0), made.model.predict(x, verbose=0))

    def test_raw_rows_become_its_input_by_what_is_kept(self, train):
        raw, made = rows(SHAPES[self.hypermodel.reads[0]]), train(**self.small)
        kept = Preprocessing.from_json(json.loads(json.dumps(made.data.preprocessing.to_json())))
        np.testing.assert_array_equal(kept.transform(raw.x_validation), made.data.x_validation)

    def test_a_parameter_changes_the_training_where_it_is_used_and_only_there(self, train, name):
        known = self.hypermodel.parameters
        parameter = known[name] if name in known else known[name.replace("_2", "_N")]
        classes = None if parameter.active_when.get("loss") == ("huber",) else 3
        used = {
            condition.parent: next(value for value in condition.values or (2,) if value != "auto")
            for condition in conditions_of(known, name).values()
            if not condition.unless
        }
        # A cosine needs a restart to lengthen.
        given = {"restart_epochs": 3, **self.small, **used}
        given.pop(name, None)
        other = self.others.get(name, "focal" if name == "loss" else another(parameter))
        assert self.fingerprint(train(classes, **given)) != self.fingerprint(train(classes, **given, **{name: other}))
        for parent, wanted in parameter.active_when.items():
            elsewhere = {**given, parent: next(v for v in known[parent].choices or (True, False) if v not in wanted)}
            if parent == "loss":
                elsewhere["loss"] = "brier" if classes else "mae"
            made = [train(classes, **elsewhere), train(classes, **elsewhere, **{name: other})]
            assert self.fingerprint(made[0]) == self.fingerprint(made[1])

    def fingerprint(self, made):
        """All in which two trainings can differ, as text."""
        import keras

        labels = np.array([0, 1, 2][: made.data.classes or 3])
        width = 1 if made.data.classes in (None, 2) else made.data.classes
        guesses = np.random.default_rng(2).dirichlet(np.ones(width + 1), len(labels))[:, :width].astype(np.float32)
        loss = made.model.loss if callable(made.model.loss) else keras.losses.get(made.model.loss)
        return json.dumps(
            {
                "model": made.model.get_config(),
                "optimizer": made.model.optimizer.get_config(),
                "loss": float(np.mean(keras.ops.convert_to_numpy(loss(labels.astype(np.float32), guesses * 5)))),
                "batch size": made.batch_size,
                "sample weights": None if made.sample_weight is None else made.sample_weight.tolist(),
                "callbacks": [_told(callback) for callback in made.callbacks],
                "input": made.data.x_train.tolist(),
            },
            default=str,
        )


def another(parameter):
    """A value that is not the default."""
    if parameter.kind is bool:
        return not parameter.default
    if parameter.choices is not None:
        return next(choice for choice in parameter.choices if choice != parameter.default)
    return parameter.default + 1 if parameter.kind is int else parameter.default / 2 or 0.25


def _told(callback):
    schedule = getattr(callback, "schedule", None)
    rates = [schedule(epoch, 0.0) for epoch in range(EPOCHS)] if schedule is not None else []
    return [type(callback).__name__, getattr(callback, "factor", 0), getattr(callback, "patience", 0), rates]
