"""A budget is raised to what makes sense, and says how much is left."""

import optuna
import pytest
from optuna.trial import create_trial

from storage.processes import ProcessIdentity
from studies.errors import StudyError
from studies.record.budget import check_size, raise_budget, trials_left

GRID = {"sampler": "grid", "space": {"x": {"low": 0, "high": 3}, "y": 0.0}, "budget": {"trials": 4}}


def finish(study, count):
    for _ in range(count):
        study.storage.create_new_trial(study.study_id, create_trial(value=1.0))


def test_what_is_left_counts_finished_trials_and_never_less_than_none(make_study):
    study = make_study(objective="quadratic", budget={"trials": 3})
    finish(study, 2)
    assert trials_left(study) == 1
    finish(study, 2)
    assert trials_left(study) == 0


def test_a_failed_trial_leaves_its_place(make_study):
    study = make_study(objective="quadratic", budget={"trials": 3})
    study.storage.create_new_trial(study.study_id, create_trial(state=optuna.trial.TrialState.FAIL))
    assert trials_left(study) == 3


def test_trials_are_set_and_seconds_are_added(make_study):
    study = make_study(objective="quadratic", budget={"trials": 3, "timeout": 60})
    raise_budget(study, trials=5, more_seconds=30.0)
    assert (study.budget.trials, study.budget.seconds) == (5, 90.0)


def test_time_is_added_to_what_was_used_where_that_is_more(make_study):
    study = make_study(objective="quadratic", budget={"timeout": 60})
    row = {"start": "2026-01-01T12:00:00+00:00", "seconds": 70.0, "workers": 1, "running": False}
    row["process"] = ProcessIdentity.current().to_json()
    study.storage.set_study_system_attr(study.study_id, "studyhall:session:x", row)
    raise_budget(study, more_seconds=30.0)
    assert study.budget.seconds == 100.0


def test_fewer_trials_than_are_finished_are_refused_and_nothing_is_changed(make_study):
    study = make_study(objective="quadratic", budget={"trials": 3})
    finish(study, 3)
    with pytest.raises(StudyError, match="has 3 finished trials, which is more than 2 already; give a number above 3"):
        raise_budget(study, trials=2, more_seconds=30.0)
    assert (study.budget.trials, study.budget.seconds) == (3, None)


def test_more_trials_than_a_grid_has_points_are_refused(make_study):
    study = make_study(objective="quadratic", **GRID)
    with pytest.raises(StudyError, match="the grid of study 's' has 4 points, and 5 trials are asked for"):
        raise_budget(study, trials=5)
    check_size(study.required_spec(), 4)
