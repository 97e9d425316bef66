"""The private parts of Optuna that studies/ relies on are as they were read; a new Optuna is to be read first."""

import optuna
import pytest
from optuna.distributions import FloatDistribution, IntDistribution
from optuna.samplers import NSGAIIISampler, NSGAIISampler, RandomSampler, TPESampler
from optuna.trial import TrialState, create_trial

from studies.sampling import optuna_private
from studies.sampling.sampler_view import SamplerView, ViewStudy


@pytest.fixture
def study(tmp_path):
    return optuna.create_study(storage=f"sqlite:///{tmp_path}/s.db", study_name="s", sampler=RandomSampler(0))


def test_this_is_the_optuna_that_was_read():
    assert optuna.__version__ == optuna_private.READ_IN, (
        f"Optuna {optuna.__version__} is installed, and what studies/sampling/optuna_private.py uses was read in "
        f"{optuna_private.READ_IN}: read it again, then change READ_IN"
    )


def test_enqueued_parameters_stand_where_we_look(study):
    study.enqueue_trial({"x": 0.5})
    assert study.get_trials()[0].system_attrs[optuna_private.FIXED_PARAMS] == {"x": 0.5}


def test_a_distribution_says_whether_it_contains_a_value():
    assert optuna_private.contains(FloatDistribution(0, 1), 0.5)
    assert not optuna_private.contains(IntDistribution(0, 4, step=2), 3)


def test_a_trial_forgets_what_its_storage_has_lost(study):
    trial = study.ask()
    trial.report(1.0, 3)
    trial.set_user_attr("a", 1)
    trial.set_constraint("c", -1.0)
    optuna_private.forget(trial, [3, 4], ["a", "b"], [optuna_private.constraint_key("c")])
    assert trial.user_attrs == {}
    assert trial._cached_frozen_trial.intermediate_values == {}
    assert trial._cached_frozen_trial.constraints == {}


def test_a_constraint_stands_under_the_key_we_give(study):
    trial = study.ask()
    trial.set_constraint("c", -1.0)
    assert study.get_trials()[0].system_attrs[optuna_private.constraint_key("c")] == -1.0


def test_an_id_that_was_set_is_the_trials(study):
    trial = create_trial(value=1.0)
    optuna_private.set_trial_id(trial, 17)
    assert trial._trial_id == 17


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
@pytest.mark.parametrize("sampler", [NSGAIISampler, NSGAIIISampler])
def test_genetic_samplers_note_the_generation_under_the_key_we_give(study, sampler):
    study.sampler = sampler(seed=0, population_size=2)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
    assert study.get_trials()[0].system_attrs.keys() & set(optuna_private.generation_keys())


def test_a_trial_writes_its_parameters_through_its_studys_storage_alone(study):
    # What SamplerView relies on: there, what a sampler says is seen by nobody else.
    trial_id = study.ask()._trial_id
    peeked = optuna.Trial(ViewStudy("s", optuna_private.storage_of(study)), trial_id)
    assert 0 <= peeked.suggest_float("x", 0, 1) <= 1
    assert peeked.params.keys() == {"x"}
    assert study.get_trials()[0].params == {}


def test_samplers_read_trials_from_their_studys_storage(study):
    known = create_trial(value=1.0, params={"x": 0.5}, distributions={"x": FloatDistribution(0, 1)})
    view = optuna.Study("s", SamplerView(optuna_private.storage_of(study), [known] * 20))
    assert TPESampler().infer_relative_search_space(view, known)
    assert [trial.state for trial in view.get_trials()] == [TrialState.COMPLETE] * 20
