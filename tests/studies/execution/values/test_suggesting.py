"""An objective of one's own in a declared space gets what its study proposes, whatever samples, and nothing else."""

from collections import Counter

import pytest
from optuna.trial import TrialState

from studies.errors import OutsideSpace
from studies.record.creation import create_or_join
from studies.record.noticed import unasked
from studies.sampling.samplers import ENTRIES

SPACE = {
    "a": {"low": 0, "high": 1},
    "b": {"choices": ["p", "q"]},
    "c": {"low": 0.0, "high": 1.0, "step": 0.5, "when": {"b": ["q"]}},
    "fixed": 3,
    "kind": "adam",
}
POINTS = 2 * (1 + 3)


def objective(trial):
    fixed = trial.suggest_float("fixed", 0.0, 10.0)
    kind = trial.suggest_categorical("kind", ["sgd", "adam"])
    assert (type(fixed), fixed, kind) == (float, 3.0, "adam")
    value = trial.suggest_int("a", 0, 1) + fixed
    return value + (
        trial.suggest_float("c", 0.0, 1.0, step=0.5) if trial.suggest_categorical("b", ["p", "q"]) == "q" else 0
    )


@pytest.fixture
def make_own(make_study, tmp_path):
    """A study of an objective in a file, with a declared space."""
    file = tmp_path / "mine.py"
    file.write_text("def f(trial): ...\n")

    def make(**settings):
        return make_study(**{"objective": f"{file}:f", "space": SPACE, "budget": {"trials": POINTS}, **settings})

    return make


def points(study):
    return Counter(tuple(sorted(trial.params.items())) for trial in study.study.get_trials())


@pytest.mark.parametrize("sampler", [name for name in ENTRIES if name not in ("grid", "gp", "partial-fixed")])
def test_any_sampler_covers_a_finite_space_without_repeating_itself(make_own, work, sampler):
    study = make_own(sampler=sampler)
    assert work(study, objective) == "budget reached"
    found = points(study)
    assert len(found) == POINTS if sampler != "qmc" else found
    assert all(dict(point)["fixed"] == 3 and dict(point)["kind"] == "adam" for point in found)
    assert not unasked(study)


def test_a_grid_of_it_is_walked_once(make_own, work):
    plain = {name: item for name, item in SPACE.items() if name != "c"}
    study = make_own(sampler="grid", space=plain, budget={"trials": 4})

    def evaluate(trial):
        return float(trial.suggest_int("a", 0, 1)) + trial.suggest_int("fixed", 0, 9) * (
            trial.suggest_categorical("b", ["q", "p"]) == "p"
        )

    assert work(study, evaluate) == "budget reached"
    assert set(points(study).values()) == {1}
    assert len(points(study)) == 4
    assert unasked(study) == {"kind": 0}


def test_start_points_fixed_parameters_and_warm_starts_work_in_it(make_own, work):
    first = make_own(start=[{"a": 0, "b": "q", "c": 0.5}, {"a": 1}])
    work(first, objective)
    begun = first.study.get_trials()
    assert begun[0].params == {"fixed": 3, "kind": "adam", "a": 0, "b": "q", "c": 0.5}
    assert begun[1].params["a"] == 1
    held = make_own(
        name="held", sampler={"name": "partial-fixed", "fixed": {"b": "p"}}, warm_start="s", budget={"trials": 2}
    )
    work(held, objective)
    assert sorted(trial.params["a"] for trial in held.study.get_trials()) == [0, 1]
    assert {trial.params["b"] for trial in held.study.get_trials()} == {"p"}


def other_range(trial):
    return float(trial.suggest_int("a", 0, 2))


def undeclared(trial):
    return float(trial.suggest_int("a", 0, 1) + trial.suggest_int("z", 0, 3))


def caught(trial):
    try:
        return undeclared(trial)
    except Exception:  # noqa: BLE001
        return 0.0


def converted(trial):
    try:
        return other_range(trial)
    except Exception as error:
        raise RuntimeError("of the objective's own") from error


@pytest.mark.parametrize("evaluate", [other_range, undeclared, caught, converted])
def test_a_suggestion_outside_ends_the_work_and_leaves_the_name_free(make_own, work, location, evaluate):
    study = make_own()
    with pytest.raises(OutsideSpace, match=r"\[space\]"):
        work(study, evaluate)
    (trial,) = study.study.get_trials()
    assert trial.state is TrialState.WAITING
    spec = study.required_spec().model_copy(update={"space": {}})
    again = create_or_join(location, study.storage, spec)
    assert again.is_new
    assert again.stored.study.get_trials() == []


def test_a_refusal_in_the_middle_keeps_the_trials_there_are(make_own, work, location):
    study = make_own(sampler="grid", space={"a": SPACE["a"]}, budget={"trials": 2})

    def evaluate(trial):
        return float(trial.suggest_int("a", 0, 1)) if trial.number < 1 else undeclared(trial)

    with pytest.raises(OutsideSpace, match=r"suggests z \(integers 0 .. 3\), which .space. does not have"):
        work(study, evaluate)
    with pytest.raises(Exception, match="searches something else"):
        create_or_join(location, study.storage, study.required_spec().model_copy(update={"space": {}}))
    assert work(study, lambda trial: float(trial.suggest_int("a", 0, 1))) == "budget reached"
    assert set(points(study).values()) == {1}


def test_repeated_points_take_their_value_over(make_own, work):
    space = {"a": {"low": 0, "high": 1}}
    study, calls = make_own(space=space, budget={"trials": 4}, duplicates="reuse", sampler="random"), []

    def evaluate(trial):
        calls.append(trial.number)
        return float(trial.suggest_int("a", 0, 1))

    work(study, evaluate)
    assert len(calls) == 2
    assert len(study.study.get_trials()) == 4
