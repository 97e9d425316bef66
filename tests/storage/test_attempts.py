"""When a trial is tried again, and when it fails for good."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from optuna.trial import TrialState, create_trial

from storage.attempts import KEY, Attempt, attempts_of, failure_reason, now, record, times_of, to_json
from storage.processes import ProcessIdentity

ME = ProcessIdentity.current()
E, D, I = "exception", "death", "interrupted"  # noqa: E741


def attempts(*outcomes):
    return [
        Attempt(worker="w", process=ME, start=now()).ended(outcome, f"detail {number}")
        for number, outcome in enumerate(outcomes, 1)
    ]


@pytest.mark.parametrize(
    ("outcomes", "reason"),
    [
        # Exceptions: three attempts, and no more
        ([E], None),
        ([E, E], None),
        ([E, E, E], "3 attempts ended in an exception, the last: detail 3"),
        # Deaths: four workers may die of it, not five
        ([D], None),
        ([D, D, D, D], None),
        ([D, D, D, D, D], "it took 5 workers with it, the last: detail 5"),
        # Interruptions never count
        ([I], None),
        ([I] * 50, None),
        # Divergence and a value that is none fail at once: the same would come again
        (["divergence"], "divergence: detail 1"),
        (["bad value"], "bad value: detail 1"),
        ([I, E, "divergence"], "divergence: detail 3"),
        # Mixtures: a death uses up no attempt, an exception kills no worker
        ([E, D, E, D, D, D], None),
        ([E, D, I, E, D, D, D, I], None),
        ([E, D, I, E, D, I, E], "3 attempts ended in an exception, the last: detail 7"),
        ([D, E, D, I, D, E, D, D], "it took 5 workers with it, the last: detail 8"),
        ([E, I, E, I, I], None),
    ],
)
def test_why_a_trial_fails(outcomes, reason):
    assert failure_reason(attempts(*outcomes)) == reason


def test_attempts_survive_the_trial_they_are_kept_on(opened):
    # Given a trial with one attempt that is over and one that runs
    trial_id = opened.create_new_trial(1)
    kept = [*attempts(E), Attempt(worker="v", process=ME, start=now())]
    record(opened, trial_id, kept)
    # Then they are read back as they were, the running one without an outcome
    assert attempts_of(opened.get_trial(trial_id).system_attrs) == kept
    assert kept[-1].outcome is None


def test_a_trial_of_stock_optuna_has_no_attempts():
    assert attempts_of({"fixed_params": {"x": 1}}) == []


def test_attempts_are_plain_data():
    kept = attempts(E, D)
    assert attempts_of({KEY: json.loads(json.dumps(to_json(kept)))}) == kept


def test_times_are_utc_and_an_end_is_not_before_its_start():
    (attempt,) = attempts(E)
    start, end = (datetime.fromisoformat(text) for text in (attempt.start, attempt.end))
    assert start.tzinfo == UTC
    assert start <= end <= datetime.now(UTC)


def at(minute, **facts):
    """An attempt from 12:00 UTC on, as it lies in the storage; it ended at that minute unless that is None."""
    end = None if minute is None else f"2026-10-25T12:{minute:02}:00.000+00:00"
    return {"worker": "w", "process": ME.to_json(), "start": "2026-10-25T12:00:00.000+00:00", "end": end, **facts}


@pytest.mark.parametrize(
    ("state", "rows", "minute", "seconds"),
    [
        # By the length that was measured, whatever the clock says; by the clock where none was
        ("COMPLETE", [at(5, outcome="complete", seconds=7.0)], 5, 7.0),
        ("COMPLETE", [at(5, outcome="complete")], 5, 300.0),
        ("PRUNED", [at(1, outcome="death"), at(6, outcome="pruned")], 6, 360.0),
        ("FAIL", [at(5, outcome="divergence")], 5, 300.0),
        # A trial that runs or waits has no end
        ("RUNNING", [at(1, outcome="death"), at(None)], None, None),
        ("WAITING", [at(1, outcome="interrupted")], None, None),
        # What stock Optuna has ended has Optuna's times
        ("COMPLETE", [], 30, 1800.0),
        ("COMPLETE", [at(1, outcome="interrupted")], 30, 1800.0),
        ("FAIL", [at(None)], 30, 1800.0),
    ],
)
def test_when_a_trial_ended_and_how_long_it_took(state, rows, minute, seconds):
    trial = create_trial(state=TrialState[state], value=1.0 if state == "COMPLETE" else None, system_attrs={KEY: rows})
    noon = datetime(2026, 10, 25, 12, tzinfo=UTC)
    trial.datetime_start = noon.astimezone().replace(tzinfo=None)
    if trial.state.is_finished():
        trial.datetime_complete = noon.replace(minute=30).astimezone().replace(tzinfo=None)
    times = times_of(trial)
    assert (times.start, times.end) == (noon, None if minute is None else noon.replace(minute=minute))
    assert times.seconds == seconds


def test_a_length_is_measured_on_one_machine_only():
    begun = Attempt.begun("w", ME)
    assert begun.ended("complete").seconds >= 0.0
    assert replace(begun, process=replace(ME, boot="of another machine")).ended("death").seconds is None
