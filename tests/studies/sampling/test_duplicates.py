"""What becomes of a suggestion that was evaluated before."""

from collections import Counter

import optuna
import pytest
from optuna.trial import TrialState

from studies.sampling.duplicates import duplicate_faults
from studies.spec.study import StudySpec

SMALL = {"x": {"low": -1, "high": 1}, "y": {"choices": [-1.0, 0.0, 2.0]}}
NINE = 9


@pytest.fixture
def search(run_here):
    """Run a study on a small discrete space; returns its trials, and which of them were evaluated."""

    def run(trials, call=None, **settings):
        name = settings.pop("name", "small")
        study, evaluated = run_here(name, trials, call, **{"space": SMALL, **settings})
        return study.study.get_trials(), evaluated

    return run


def points(trials):
    return Counter(tuple(sorted(trial.params.items())) for trial in trials)


@pytest.mark.parametrize("sampler", ["random", "tpe", "nsgaii", "cmaes", "qmc"])
def test_another_visits_everything_before_anything_twice(search, sampler):
    trials, evaluated = search(NINE + 3, sampler=sampler)
    if sampler != "qmc":  # it has one common sequence and is asked only once
        assert len(points(trials[:NINE])) == NINE
        assert evaluated == list(range(NINE))
    assert len(points(trials)) == len(evaluated)
    for trial in trials:
        if trial.number not in evaluated:
            first = trials[trial.user_attrs["duplicate_of"]]
            assert first.number in evaluated
            assert trial.params == first.params
            assert trial.value == first.value
            assert trial.state is TrialState.COMPLETE


def test_reuse_takes_the_value_and_says_whose(search):
    trials, evaluated = search(20, sampler="random", duplicates="reuse")
    allowed, all_of_them = search(20, sampler="random", duplicates="allow", name="allowed")
    assert [trial.params for trial in trials] == [trial.params for trial in allowed]
    assert [trial.value for trial in trials] == [trial.value for trial in allowed]
    assert all_of_them == list(range(20))
    assert len(evaluated) == len(points(trials)) < NINE + 1
    repeated = [trial for trial in trials if trial.number not in evaluated]
    assert all(trial.user_attrs["duplicate_of"] in evaluated for trial in repeated)


def test_a_continuum_is_searched_as_without(search):
    space = {axis: {"low": -4.5, "high": 4.5} for axis in "xy"}
    runs = [search(15, space=space, duplicates=how, name=how)[0] for how in ("allow", "reuse", "resample")]
    assert runs[0][-1].params == runs[1][-1].params == runs[2][-1].params


def test_the_first_answer_counts_when_it_is_new(search):
    wide = {axis: {"low": -50_000, "high": 50_000} for axis in "xy"}
    runs = [search(12, space=wide, duplicates=how, name=how)[0] for how in ("allow", "resample")]
    assert [trial.params for trial in runs[0]] == [trial.params for trial in runs[1]]


def test_conditions_and_a_continuum_in_one_branch(search):
    # An endless branch: whoever comes there is new; the other branch has two points.
    space = {
        "x": {"choices": [0, 1]},
        "y": {"low": 0.0, "high": 1.0, "when": {"x": [1]}},
    }
    trials, evaluated = search(30, space=space, sampler="random")
    assert evaluated == list(range(30))
    assert len(points(trials)) == 30


def test_a_fixed_parameter_stays_fixed_when_another_point_is_asked_for(search):
    sampler = {"name": "partial-fixed", "fixed": {"y": 2.0}, "base": "tpe"}
    trials, evaluated = search(5, sampler=sampler)
    assert {trial.params["y"] for trial in trials} == {2.0}
    assert len(evaluated) == len(points(trials)) == 3


def test_a_duplicate_of_a_pruned_trial_is_pruned_with_its_value(search):
    def prunes(trial):
        x = trial.suggest_int("x", -1, 1)
        trial.suggest_categorical("y", (-1.0, 0.0, 2.0))
        trial.report(float(x), 4)
        prunes.evaluated += 1
        raise optuna.TrialPruned

    prunes.evaluated = 0
    trials, _ = search(14, prunes, sampler="random")
    assert prunes.evaluated == NINE
    assert {trial.state for trial in trials} == {TrialState.PRUNED}
    for trial in trials[NINE:]:
        assert trial.value == trials[trial.user_attrs["duplicate_of"]].value
        assert trial.intermediate_values == {4: trial.value}


def test_a_failed_trial_is_no_result(search):
    calls = []

    def fails_once(trial):
        x = trial.suggest_int("x", -1, 1)
        trial.suggest_categorical("y", (-1.0, 0.0, 2.0))
        calls.append(trial.number)
        return float("nan") if trial.number == 0 else float(x)

    trials, _ = search(12, fails_once, sampler="random")
    assert trials[0].state is TrialState.FAIL
    assert len(points(trials[1:])) == NINE


def test_three_workers_on_a_small_space(place):
    (place.folder / "small.toml").write_text(
        'objective = "quadratic"\n[budget]\ntrials = 40\n[space]\n'
        "x = { low = 0, high = 4, step = 1 }\ny = { choices = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0] }\n"
    )
    assert place.run("launch", "small.toml", "--workers", "3").returncode == 0
    trials = place.study("small").trials
    fresh = [trial for trial in trials if "duplicate_of" not in trial.user_attrs]
    # Thirty points, each evaluated once although three workers chose at once; then the space is exhausted.
    assert set(points(fresh).values()) == {1}
    assert len(fresh) == 30
    assert [trial.state for trial in trials] == [TrialState.COMPLETE] * 40
    for trial in trials:
        if trial not in fresh:
            first = trials[trial.user_attrs["duplicate_of"]]
            assert (trial.params, trial.value) == (first.params, first.value)


def test_it_is_refused_where_it_would_do_nothing():
    def faults(**settings):
        return dict(duplicate_faults(StudySpec.model_validate({"name": "s", "space": SMALL, **settings})))

    assert "function of your own" in faults(objective="a.py:f", duplicates="reuse", space={})["duplicates"]
    assert "once anyway" in faults(objective="quadratic", sampler="grid", duplicates="resample")["duplicates"]
    assert faults(objective="quadratic", sampler="grid") == faults(objective="a.py:f", duplicates="allow") == {}
