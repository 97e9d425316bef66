"""What is read with plain queries equals what Optuna reads with objects of its own, down to the types."""

import random

import pytest
from helpers.random_trials import fill
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import TrialState

from storage.optuna_schema import trial_id_of, trial_rows


def facts(trial):
    """All of a trial, in an order, so that NaN equals itself and 1 does not equal True."""
    reports = sorted(trial.intermediate_values.items())
    rest = {key: value for key, value in vars(trial).items() if key != "intermediate_values"}
    return repr((rest, reports))


@pytest.fixture
def studies(opened):
    """The ids of two filled studies, of one objective and of three, whose trials lie between one another's."""
    other = opened.create_new_study([StudyDirection.MAXIMIZE] * 3, "t")
    for part in range(2):
        fill(opened, 1, seed=part, count=10)
        fill(opened, other, seed=part + 10, count=5, objectives=3)
    return opened, (1, other)


def test_every_trial_of_a_study_is_what_optuna_reads(studies, monkeypatch):
    opened, ids = studies
    for study_id in ids:
        expected = RDBStorage._get_trials(opened, study_id, None, set(), -1)
        assert len(expected) >= 10
        for chunk in (500, 4):
            monkeypatch.setattr(trial_rows, "_CHUNK", chunk)
            found = opened.get_all_trials(study_id, deepcopy=False)
            assert list(map(facts, found)) == list(map(facts, expected))
        assert [facts(opened.get_trial(trial_id_of(trial))) for trial in found] == list(map(facts, expected))
    # And with parameters, user attributes and reports taken away it is the outline
    for study_id in ids:
        whole = opened.get_all_trials(study_id)
        counts = [len(trial.intermediate_values) for trial in whole]
        for trial in whole:
            trial.params, trial.distributions, trial.user_attrs, trial.intermediate_values = {}, {}, {}, {}
        outlines = opened.outlines(study_id)
        assert [facts(trial) for trial, _ in outlines] == list(map(facts, whole))
        assert [count for _, count in outlines] == counts


def test_a_part_of_a_study_is_what_optuna_reads(studies, monkeypatch):
    monkeypatch.setattr(trial_rows, "_CHUNK", 4)
    opened, (study_id, _) = studies
    draw = random.Random(0)
    for _ in range(12):
        states = draw.choice([None, (), *[draw.sample(list(TrialState), 2) for _ in range(3)]])
        known, after = set(draw.sample(range(1, 31), draw.choice([0, 1, 12]))), draw.choice([-1, 0, 9, 20, 99])
        found = opened._get_trials(study_id, states, known, after)
        expected = RDBStorage._get_trials(opened, study_id, states, known, after)
        assert list(map(facts, found)) == list(map(facts, expected)), (states, known, after)
    assert [trial_id_of(trial) for trial in opened.trials_of([9, 999, 4, 2])] == [2, 4, 9]
    assert opened.trials_of([]) == []


def test_what_is_gone_is_a_key_error_as_optunas(opened):
    for ask in (opened.get_all_trials, opened.outlines, opened.get_trial):
        with pytest.raises(KeyError):
            ask(999)
    opened.delete_study(1)
    with pytest.raises(KeyError):
        opened.get_all_trials(1)


def test_two_trials_share_no_attribute(opened):
    fill(opened, 1, seed=1, count=5)
    once, twice = opened.get_all_trials(1, deepcopy=False), opened.get_all_trials(1, deepcopy=False)
    for trial in once:
        trial.user_attrs["mine"] = trial.system_attrs["mine"] = trial.params["mine"] = 1
    assert not any("mine" in {**row.user_attrs, **row.system_attrs, **row.params} for row in twice)
