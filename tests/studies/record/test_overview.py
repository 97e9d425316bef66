"""A study is read in outline: the answers are those of whole trials, and what others write is seen."""

import math

import optuna
import pytest
import sqlalchemy
from helpers.random_trials import fill
from optuna.study import StudyDirection
from optuna.trial import TrialState

from storage import open_storage
from storage.optuna_schema import trial_id_of
from studies import api
from studies.record.overview import Overview
from studies.record.progress import read_progress
from studies.record.stored import load


@pytest.fixture
def filled(location):
    """A plain Optuna study of 25 random trials, with one objective or two."""

    def make(objectives):
        storage = open_storage(location, create=True)
        study_id = storage.create_new_study([StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE][:objectives], "s")
        fill(storage, study_id, seed=objectives, count=25, objectives=objectives)
        return load(location, storage, "s")

    return make


@pytest.mark.parametrize("objectives", [1, 2])
def test_progress_and_best_say_what_whole_trials_say(filled, objectives):
    study = filled(objectives)
    whole = optuna.load_study(study_name=study.name, storage=study.storage)
    trials = whole.get_trials()
    progress = read_progress(study)
    counted = (progress.complete, progress.pruned, progress.failed, progress.running, progress.waiting)
    names = ("COMPLETE", "PRUNED", "FAIL", "RUNNING", "WAITING")
    assert counted == tuple(sum(row.state is TrialState[name] for row in trials) for name in names)
    assert progress.epochs == sum(len(row.intermediate_values) for row in trials) > 0
    found = api.best(study.name, storage=study.location).trials
    if objectives == 1:
        assert progress.best == found[0] == whole.best_trial
    else:
        assert progress.front == len(found) == len(whole.best_trials) > 0
        assert sorted(found, key=lambda row: row.number) == whole.best_trials
        assert [row.values[0] for row in found] == sorted((row.values[0] for row in found), reverse=True)


def test_what_another_process_writes_is_seen_and_what_is_finished_is_read_once(study):
    other = open_storage(study.location)
    look = Overview(study.storage, study.study_id)
    first = other.create_new_trial(study.study_id)
    other.set_trial_intermediate_value(first, 0, 1.0)
    assert [row.state for row in look.look()] == [TrialState.RUNNING]
    assert look.reports == 1
    # Given a later trial that is finished before it
    second = other.create_new_trial(study.study_id)
    other.set_trial_state_values(second, TrialState.COMPLETE, [math.inf])
    assert [row.state for row in look.look()] == [TrialState.RUNNING, TrialState.COMPLETE]
    finished = look.look()[1]
    # When the earlier one goes on and ends
    other.set_trial_intermediate_value(first, 1, math.nan)
    other.set_trial_state_values(first, TrialState.PRUNED)
    assert [row.state for row in look.look()] == [TrialState.PRUNED, TrialState.COMPLETE]
    assert look.reports == 2
    assert look.look()[1] is finished
    # And a trial that waits again is followed
    third = other.create_new_trial(study.study_id)
    for state in (TrialState.WAITING, TrialState.RUNNING, TrialState.FAIL):
        other.set_trial_state_values(third, state)
        assert look.look()[2].state is state


def test_a_running_trial_shows_its_last_report(study, work):
    seen = []

    def objective(trial):
        for step in range(3):
            trial.report(10.0 - step, step)
        seen.append(read_progress(study).workers)
        return 1.0

    work(study, objective)
    ((row,),) = seen
    assert (row.number, row.epochs, row.last_value) == (0, 3, 8.0)


def read_reports(study, act):
    """The ids of the trials whose reports are read meanwhile."""
    read = set()

    def note(connection, cursor, statement, parameters, context, many):
        if "intermediate_value_type" in statement:
            read.update(parameters)

    engine = sqlalchemy.engine.Engine
    sqlalchemy.event.listen(engine, "before_cursor_execute", note)
    try:
        act(study.name, storage=study.location)
    finally:
        sqlalchemy.event.remove(engine, "before_cursor_execute", note)
    return read


def test_who_only_looks_reads_the_reports_of_what_is_shown(filled):
    study = filled(1)
    best = trial_id_of(study.study.best_trial)
    assert read_reports(study, api.status) == {best}
    assert read_reports(study, api.best) == {best}
    assert read_reports(study, lambda name, storage: api.trial(name, 7, storage=storage)) == {8}
    assert read_reports(study, lambda _, storage: api.list_studies(storage=storage)) == set()
