"""Which way an objective of the user's own goes: what decides it, what is refused, and what is said."""

import shutil

import pytest
from helpers.paths import HELPERS

from studies.errors import StudyFileError
from studies.spec.resolving import resolve
from studies.study_file.reading import read_study


@pytest.fixture
def read(tmp_path):
    """The study of a copy of that file of objectives, with these settings; a metric or directions may be given."""

    def read(file="user_functions.py", function="objective", **settings):
        shutil.copy(HELPERS / file, tmp_path / file)
        return read_study(f"{tmp_path / file}:{function}", {"budget.trials": 3, **settings})

    return read


def notes(spec):
    return list(resolve(spec.objective).notes(spec))


@pytest.mark.parametrize(
    ("settings", "directions"),
    [
        ({}, ("minimize",)),
        ({"metric": "val_accuracy"}, ("maximize",)),
        ({"metric": "loss"}, ("minimize",)),
        ({"metric": ["auc", "parameters"]}, ("maximize", "minimize")),
        ({"metric": "score"}, ("minimize",)),
        ({"metric": "score", "direction": "maximize"}, ("maximize",)),
        ({"metric": ["auc", "score"], "directions": ["maximize", "maximize"]}, ("maximize", "maximize")),
        ({"direction": "maximize"}, ("maximize",)),
    ],
)
def test_a_metric_that_is_known_decides_the_direction_that_is_not_given(read, settings, directions):
    assert read(**settings).directions == directions


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"metric": "val_accuracy", "direction": "minimize"},
            'better when larger; say direction = "maximize", or give',
        ),
        ({"metric": "RMSE", "direction": "maximize"}, 'RMSE is better when smaller; say direction = "minimize"'),
        (
            {"metric": ["score", "auc"], "directions": ["minimize", "minimize"]},
            'auc is better when larger; say directions = ["minimize", "maximize"]',
        ),
        ({"metric": ["auc", "score"]}, "2 metrics and 1 direction; give each its own"),
        ({"metric": "auc", "directions": ["maximize", "minimize"]}, "1 metric and 2 directions"),
    ],
)
def test_a_direction_that_contradicts_its_metric_is_refused(read, settings, sentence):
    with pytest.raises(StudyFileError) as refused:
        read(**settings)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("file", "settings", "said"),
    [
        ("user_functions.py", {}, "to minimize, as no direction is given: --direction maximize"),
        ("user_functions.py", {"metric": "score"}, "to minimize, as no direction is given"),
        ("user_functions.py", {"metric": "accuracy"}, None),
        ("user_functions.py", {"direction": "minimize"}, None),
        (
            "maximizing_script.py",
            {},
            "to minimize, as no direction is given, but the script creates one to maximize (maximizing_script.py, "
            "line 12): --direction maximize goes with it",
        ),
        ("maximizing_script.py", {"direction": "minimize"}, "to minimize, but the script creates one to maximize"),
        ("maximizing_script.py", {"directions": ["maximize", "minimize"]}, "to maximize, minimize, but the script"),
        ("maximizing_script.py", {"metric": "loss"}, "one to maximize (maximizing_script.py, line 12)"),
        ("maximizing_script.py", {"direction": "maximize"}, None),
        ("maximizing_script.py", {"metric": "accuracy"}, None),
    ],
)
def test_what_nobody_has_said_and_what_the_script_says_otherwise_is_noted(read, file, settings, said):
    found = notes(read(file, **settings))
    assert len(found) == (said is not None)
    assert said is None or said in found[0]


def test_built_in_objectives_have_nothing_to_note():
    assert notes(read_study("quadratic")) == notes(read_study("digits_mlp")) == []
