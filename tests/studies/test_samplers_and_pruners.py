"""Every name of the tables works on a real study, and each trial draws from a stream of its own."""

from __future__ import annotations

import importlib.util

import optuna
import pytest

from objectives.space import Space
from studies import pruners, samplers
from studies.pruners import make_pruner
from studies.samplers import make_sampler, trial_seed
from studies.spec import StudySpec

NAMES = ["random", "tpe", "cmaes", "gp", "nsgaii", "nsgaiii", "qmc", "grid", "bruteforce", "partial-fixed"]
PRUNERS = ["none", "median", "percentile", "halving", "hyperband", "patient", "threshold", "wilcoxon"]
OPTIONS = {"partial-fixed": {"fixed": {"x": 3}}, "threshold": {"upper": 50.0}}


def spec(**changes):
    space = {"x": {"low": 0, "high": 9}, "y": {"low": 0, "high": 9}}
    return StudySpec.model_validate({"name": "s", "objective": "quadratic", "space": space, "seed": 3} | changes)


def test_the_tables_hold_the_names_that_scripts_rely_on():
    assert list(samplers.OFFERS) == NAMES
    assert list(pruners.OFFERS) == PRUNERS


@pytest.mark.parametrize("name", NAMES)
def test_every_sampler_searches(name):
    if name == "gp" and importlib.util.find_spec("torch") is None:
        pytest.skip("the extra torch is not installed")
    chosen = spec(sampler={"name": name, **OPTIONS.get(name, {})})
    study = optuna.create_study()
    for number in range(12):
        study.sampler = make_sampler(chosen, seed=trial_seed(chosen, number))
        trial = study.ask()
        values = Space(chosen.space).suggest(trial)
        study.tell(trial, values["x"] ** 2 + values["y"] ** 2)
    assert len({tuple(trial.params.items()) for trial in study.trials}) > 1


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
    chosen = spec(objective="mlp", space={}, pruner="hyperband", train={"epochs": 27})
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
