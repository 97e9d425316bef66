"""What the live table says of workers that start, work and have ended."""

import io
from dataclasses import replace

import pytest
from optuna.trial import TrialState, create_trial
from rich.console import Console

from storage.claims import Budget, claim
from storage.processes import ProcessIdentity
from studies.commands.live import LiveView
from studies.record.progress import read_progress


@pytest.fixture
def looks(make_study):
    """A study as it begins, with a trial that runs, and at the end of its time."""
    study = make_study(objective="quadratic", budget={"trials": 9})
    begins = read_progress(study)
    trial = claim(study.storage, study.study_id, "worker", ProcessIdentity.current())
    runs = read_progress(study)
    study.storage.set_trial_state_values(trial, TrialState.COMPLETE, [1.0])
    study.storage.create_new_trial(study.study_id, create_trial(value=2.0))
    ended = replace(read_progress(study), budget=Budget(trials=9, seconds=3.0), seconds=3.0)
    return begins, runs, ended


def last_frame(*seen):
    output = io.StringIO()
    with LiveView(Console(file=output, force_terminal=True, width=100)) as view:
        for progress in seen:
            view(progress)
    return output.getvalue().rpartition("complete")[2]


def test_workers_start_until_one_has_run_a_trial(looks):
    begins, runs, ended = looks
    assert "workers start" in last_frame(begins)
    assert "workers start" not in last_frame(begins, runs)
    assert "workers start" not in last_frame(begins, runs, ended)
    # Trials too short to be seen running
    assert "workers start" not in last_frame(begins, ended)


def test_nothing_is_left_of_a_study_that_has_ended(looks):
    _, runs, ended = looks
    timed = replace(runs, budget=ended.budget, seconds=1.0)
    assert "0:02 left" in last_frame(timed)
    assert " left" not in last_frame(timed, ended)
