"""What ends a study before its trials are done, and which of the running trials have gone too far."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from optuna.trial import TrialState, create_trial

from storage.claims import Budget, claim
from storage.processes import ProcessIdentity
from studies.execution.limits import Reports, TrialLimits, failures_warning, last_failed, study_over
from studies.execution.outcome import StopReason
from studies.record.progress import read_progress


@pytest.fixture
def progress(make_study):
    """A study with the values 3, 1, 2, 2, 2 at one moment."""
    study = make_study(objective="quadratic", budget={"trials": 9})
    for value in (3.0, 1.0, 2.0, 2.0, 2.0):
        study.storage.create_new_trial(study.study_id, create_trial(value=value))
    return read_progress(study)


@pytest.mark.parametrize(
    ("budget", "seconds", "reason"),
    [
        (Budget(trials=9), 1e9, None),
        (Budget(seconds=10.0), 9.9, None),
        (Budget(seconds=10.0), 10.0, StopReason.TIME_OVER),
        (Budget(target=0.9), 0.0, None),
        (Budget(target=1.0), 0.0, StopReason.TARGET_REACHED),
        (Budget(patience=4), 0.0, None),
        (Budget(patience=3), 0.0, StopReason.STALLED),
    ],
)
def test_time_target_or_patience_end_a_study(progress, budget, seconds, reason):
    over = study_over(replace(progress, budget=budget, seconds=seconds))
    assert (over[0] if over else None) == reason


@pytest.mark.parametrize(
    ("failed", "before", "limit", "is_told"),
    [
        (4, 0, 10, False),
        (5, 0, 10, True),
        (9, 0, 10, True),
        (10, 0, 10, False),
        (7, 3, 10, False),
        (8, 3, 10, True),
        (1, 0, 3, False),
        (2, 0, 3, True),
        (0, 0, 1, False),
        (1, 0, 1, False),
    ],
)
def test_it_is_told_once_half_of_the_failures_that_a_launch_may_have_are_used_up(
    progress, failed, before, limit, is_told
):
    warning = failures_warning(replace(progress, budget=Budget(failures=limit), failed=failed), before)
    assert (warning is not None) is is_told
    if warning is not None:
        assert f"{failed - before} trials have failed for good; after {limit} (budget.failures)" in warning


class Here:
    """An engine whose only worker is this process; no more of an engine is asked for here."""

    def __init__(self, process, memory):
        self._process, self._memory = process, memory

    def process(self, slot):
        return self._process

    def memory(self, slot, *, beyond):
        return self._memory


def exceeded(study, *, seconds=None, memory=None, used=100, process=None, slots=None):
    engine = Here(process or ProcessIdentity.current(), used)
    limits = TrialLimits(seconds, memory, engine, {"w-0": 0} if slots is None else slots)
    progress = read_progress(study)
    found = list(limits.exceeded(progress))
    return found or list(limits.exceeded(progress))  # time counts from the first look


@pytest.fixture
def at_work(make_study):
    """A study with a trial that this process runs as the worker "w-0"."""
    study = make_study(objective="quadratic")
    claim(study.storage, study.study_id, "w-0", ProcessIdentity.current())
    return study


def test_a_trial_within_its_limits_goes_on(at_work):
    assert exceeded(at_work, seconds=1e6, memory=100) == []


def test_a_trial_that_takes_too_long_or_too_much_is_named_with_its_slot(at_work):
    assert [(slot, outcome) for slot, outcome, _ in exceeded(at_work, seconds=0.0)] == [(0, "timeout")]
    ((slot, outcome, sentence),) = exceeded(at_work, memory=2**20, used=3 * 2**20)
    assert (slot, outcome, sentence) == (0, "memory", "its worker used 3 MiB, the limit is 1 MiB")


def test_nobody_judges_the_trials_of_other_supervisors(at_work):
    assert exceeded(at_work, seconds=0.0, slots={"other-0": 0}) == []


def test_a_trial_is_not_held_against_the_process_that_came_after(at_work):
    assert exceeded(at_work, seconds=0.0, process=replace(ProcessIdentity.current(), pid=1)) == []


def test_a_worker_has_reported_when_its_own_attempt_has(make_study):
    # Given a trial that an earlier attempt has reported once
    study = make_study(objective="quadratic")
    trial_id = claim(study.storage, study.study_id, "w-0", ProcessIdentity.current())
    study.storage.set_trial_intermediate_value(trial_id, 0, 0.5)
    reports = Reports()
    reports.look(read_progress(study))
    assert not reports.come_from("w-0")
    # When it reports again
    study.storage.set_trial_intermediate_value(trial_id, 1, 0.4)
    reports.look(read_progress(study))
    assert reports.come_from("w-0")
    assert not reports.come_from("w-1")


def test_the_last_failure_is_the_one_that_ended_last_whatever_its_number(make_study):
    study = make_study(objective="quadratic", budget={"trials": 3})
    begun = datetime(2026, 3, 1, tzinfo=UTC)
    for minutes, failure in ((9, "the last\nof them"), (5, "before"), (None, "never noted")):
        trial = create_trial(state=TrialState.FAIL, user_attrs={"failure": failure})
        trial.datetime_start = begun
        trial.datetime_complete = None if minutes is None else begun + timedelta(minutes=minutes)
        study.storage.create_new_trial(study.study_id, trial)
    assert last_failed(study.study.trials) == (0, "the last")
