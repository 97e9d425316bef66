"""What an attempt that starts from nothing finds of the attempts before it: parameters, and nothing else."""

import math
from dataclasses import replace

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from storage.claims import TrialLost, claim, requeue
from storage.optuna_schema import trial_id_of
from storage.owned_trial import Leftovers, forget
from storage.processes import ProcessIdentity

ME = ProcessIdentity.current()


@pytest.fixture
def study(opened):
    return optuna.load_study(study_name="s", storage=opened)


@pytest.fixture
def tried(opened, study):
    """An enqueued trial that an attempt has written everything to, and that waits again."""
    study.enqueue_trial({"x": 0.5}, user_attrs={"given": 1})
    trial = optuna.Trial(study, claim(opened, 1, "w", ME))
    trial.suggest_float("x", 0, 1)
    for step, value in enumerate([0.5, math.nan, math.inf]):
        trial.report(value, step)
    trial.set_user_attr("note", "a")
    trial.set_constraint("size", 1.0)
    for key in ("artifacts:1", "completed_rung_0", "ddp_pl:pruned", "NSGAIISampler:generation"):
        opened.set_trial_system_attr(trial_id_of(trial), key, 1)
    requeue(opened, trial_id_of(trial), ME, "death")
    return trial_id_of(trial)


def test_what_an_attempt_left_goes_and_what_the_trial_was_given_stays(opened, tried):
    other = opened.create_new_trial(1, create_trial(state=TrialState.RUNNING, intermediate_values={0: 1.0}))
    assert claim(opened, 1, "w", ME) == tried
    forget(opened, ME, tried, Leftovers.of(opened.get_trial(tried)))
    trial = opened.get_trial(tried)
    assert (trial.params, trial.user_attrs) == ({"x": 0.5}, {"given": 1})
    assert (trial.intermediate_values, trial.constraints) == ({}, {})
    kept = {"fixed_params", "NSGAIISampler:generation", "studyhall:attempts", "studyhall:given"}
    assert trial.system_attrs.keys() == kept
    assert not Leftovers.of(trial)
    assert opened.get_trial(other).intermediate_values == {0: 1.0}


def test_the_reports_from_a_step_on_go_alone(opened, tried):
    claim(opened, 1, "w", ME)
    forget(opened, ME, tried, Leftovers.of(opened.get_trial(tried)).since(1))
    trial = opened.get_trial(tried)
    assert trial.intermediate_values == {0: 0.5}
    assert trial.user_attrs == {"given": 1, "note": "a"}
    assert trial.constraints == {"size": 1.0}


def test_who_lost_the_trial_removes_nothing(opened, tried):
    claim(opened, 1, "w", replace(ME, pid=1))
    before = opened.get_trial(tried)
    with pytest.raises(TrialLost):
        forget(opened, ME, tried, Leftovers.of(before))
    assert len(opened.get_trial(tried).intermediate_values) == 3


def test_a_first_attempt_keeps_what_the_trial_came_with(opened, study):
    study.enqueue_trial({"x": 0.5}, user_attrs={"given": 1})
    assert not Leftovers.of(opened.get_trial(claim(opened, 1, "w", ME)))
