"""When a trial is tried again, and when it fails for good."""

import json
from datetime import UTC, datetime

import pytest

from storage.attempts import KEY, Attempt, attempts_of, failure_reason, now, record, to_json
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
