"""Every name of the tables works on a real study, and each trial draws from a stream of its own."""

from __future__ import annotations

import importlib.util

import optuna
import pytest

from objectives.space.search_space import SearchSpace
from studies.sampling import pruners, samplers
from studies.sampling.pruners import make_pruner, pruner_faults
from studies.sampling.samplers import make_sampler, sampler_faults, sampler_of, trial_seed
from studies.spec.study import StudySpec

NAMES = ["random", "tpe", "cmaes", "gp", "nsgaii", "nsgaiii", "qmc", "grid", "bruteforce", "partial-fixed"]
PRUNERS = ["none", "median", "percentile", "halving", "hyperband", "patient", "threshold", "wilcoxon"]
OPTIONS = {"partial-fixed": {"fixed": {"x": 3}}, "threshold": {"upper": 50.0}}


def spec(**changes):
    space = {"x": {"low": 0, "high": 9}, "y": {"low": 0, "high": 9}}
    return StudySpec.model_validate({"name": "s", "objective": "quadratic", "space": space, "seed": 3} | changes)


def test_the_tables_hold_the_names_that_scripts_rely_on():
    assert set(NAMES) <= samplers.ENTRIES.keys()
    assert set(PRUNERS) <= pruners.ENTRIES.keys()


BASES = [name for name, entry in samplers.ENTRIES.items() if not entry.covers_space and name != "partial-fixed"]


@pytest.mark.parametrize("base", BASES)
def test_partial_fixed_works_with_any_base_and_its_options(base):
    options = {"tpe": {"n_startup_trials": 3}, "cmaes": {"popsize": 4}, "nsgaii": {"population_size": 4}}.get(base, {})
    name = {"name": "partial-fixed", "fixed": {"x": 3}, "base": base, "options": options}
    chosen = spec(sampler=name, space={axis: {"low": 0, "high": 99} for axis in "xyz"})
    found = list(sampler_faults(chosen))
    if base == "gp" and importlib.util.find_spec("torch") is None:
        assert [key for key, _ in found] == ["sampler.base"]
        pytest.skip("the extra torch is not installed")
    assert found == []
    study = optuna.create_study()
    for number in range(15):
        study.sampler = make_sampler(chosen, seed=trial_seed(chosen, number))
        trial = study.ask()
        values = SearchSpace(chosen.space).suggest(trial)
        study.tell(trial, sum(value**2 for value in values.values()))
    assert {trial.params["x"] for trial in study.trials} == {3}
    assert len({(trial.params["y"], trial.params["z"]) for trial in study.trials}) > 10
    assert sampler_of(chosen).shares_sequence == samplers.ENTRIES[base].shares_sequence


@pytest.mark.parametrize(
    ("options", "key", "words"),
    [
        ({}, "sampler.fixed", "fixed = { NAME = VALUE }"),
        ({"fixed": 3}, "sampler.fixed", "found 3"),
        ({"fixed": {"z": 3}}, "sampler.fixed.z", "no such parameter"),
        ({"fixed": {"x": 30}}, "sampler.fixed.x", "an integer from 0 to 9"),
        ({"fixed": {"x": 3, "y": 3}}, "sampler.fixed", "every parameter"),
        ({"fixed": {"x": 3}, "base": "tpee"}, "sampler.base", 'did you mean "tpe"'),
        ({"fixed": {"x": 3}, "base": "grid"}, "sampler.base", "what [space] fixes"),
        ({"fixed": {"x": 3}, "base": 3}, "sampler.base", "must be str"),
        ({"fixed": {"x": 3}, "options": {"n_start": 3}}, "sampler.options.n_start", "n_startup_trials"),
        ({"fixed": {"x": 3}, "options": 3}, "sampler.options", "a table"),
        ({"fixed": {"x": 3}, "base": "qmc", "options": {"qmc_type": "x"}}, "sampler", "refuses its options"),
    ],
)
def test_partial_fixed_is_checked_against_the_space(options, key, words):
    found = dict(sampler_faults(spec(sampler={"name": "partial-fixed", **options})))
    assert list(found) == [key]
    assert words in found[key]


def test_a_base_is_judged_like_a_sampler():
    two = spec(sampler={"name": "partial-fixed", "fixed": {"x": 3}, "base": "cmaes"}, directions=["minimize"] * 2)
    assert "one objective only" in dict(sampler_faults(two))["sampler"]
    for options, key in (({"base": "mediam"}, "pruner.base"), ({"base": "patient"}, "pruner.base"),
                         ({"options": {"warm": 1}}, "pruner.options.warm")):  # fmt: skip
        assert list(dict(pruner_faults(spec(pruner={"name": "patient", **options})))) == [key]
    assert list(pruner_faults(spec(pruner={"name": "patient", "options": {"n_warmup_steps": 3}}))) == []


@pytest.mark.parametrize("name", PRUNERS)
def test_every_pruner_judges(name):
    pruner = make_pruner(spec(pruner={"name": name, **OPTIONS.get(name, {})}))
    study = optuna.create_study(pruner=pruner)
    verdicts = []
    for number in range(12):
        trial = study.ask()
        for step in range(12):
            trial.report(number * 10.0 + step, step)
        verdicts.append(trial.should_prune())
        study.tell(trial, number * 10.0)
    assert verdicts[0] is False
    assert any(verdicts) == (name != "none")


def test_hyperband_knows_how_long_a_trial_is():
    chosen = spec(objective="mlp", space={}, pruner="hyperband", train={"epochs": 27}, data={})
    assert make_pruner(chosen)._max_resource == 27


def test_each_trial_has_a_stream_of_its_own_whoever_draws_it():
    chosen = spec()
    seeds = [trial_seed(chosen, number) for number in range(100)]
    assert len(set(seeds)) == 100
    assert seeds == [trial_seed(chosen, number) for number in range(100)]
    assert seeds[0] != trial_seed(spec(seed=4), 0)


def test_a_grid_has_one_seed_for_all():
    chosen = spec(sampler="grid")
    assert len({trial_seed(chosen, number) for number in range(100)}) == 1


@pytest.mark.parametrize("sampler", ["tpe", {"name": "tpe", "n_startup_trials": 4}])
def test_a_stored_spec_reads_back_the_same(sampler):
    chosen = spec(sampler=sampler, budget={"trials": 3, "timeout": "1h30m"}, pruner={"name": "median"})
    again = StudySpec.model_validate(chosen.model_dump(mode="json", exclude_none=True))
    assert again == chosen
    assert again.budget.timeout == 5400
    assert not again.differences(chosen)
