"""Who gets which trial: exactly one worker each, as many as the budget says, however many ask at once."""

import signal
from dataclasses import replace

import optuna
import pytest
from optuna.trial import TrialState

from storage import StorageError, StorageLocation, open_storage
from storage.attempts import attempts_of
from storage.claims import Budget, claim, finish, reclaim
from storage.processes import ProcessIdentity


@pytest.fixture
def me():
    return ProcessIdentity.current()


@pytest.fixture
def somebody(me):
    """Another process, which does not have to exist."""
    return replace(me, pid=1, born=1)


def numbers(opened):
    return [trial.number for trial in opened.get_all_trials(1)]


def test_eight_processes_claim_sixty_waiting_trials_each_exactly_once(
    processes, where, opened, enqueue, states, tmp_path
):
    # Given 60 trials that wait, and a budget that allows no new one
    waiting = enqueue(opened, 60)
    Budget(trials=60).store(opened, 1)
    # When 8 processes claim 8 times each, all at the same moment
    claimed = processes.run(*[("claim_in_rounds", where, 8, tmp_path / "meeting", 8)] * 8)
    # Then every trial has one owner, whose only attempt it is
    assert sorted(trial for each in claimed for trial in each) == waiting
    assert states(opened) == {"RUNNING": 60}
    assert all(len(attempts_of(trial.system_attrs)) == 1 for trial in opened.get_all_trials(1))
    # And nobody went away without, but in the last round, where four were left for eight
    assert sorted(len(each) for each in claimed) == [7] * 4 + [8] * 4


def test_eight_processes_finish_exactly_the_budget_whatever_fails_or_comes_back(processes, where, opened, states):
    # Given a budget of 40, and workers that fail, are interrupted and prune
    Budget(trials=40, failures=100).store(opened, 1)
    # When 8 of them work until claim says that the budget is reached
    attempts = processes.run(*[("work", where)] * 8)
    # Then exactly 40 are finished, and each failed one was replaced by one more number
    counts = states(opened)
    assert counts["COMPLETE"] + counts["PRUNED"] == 40
    assert counts.keys() == {"COMPLETE", "PRUNED", "FAIL"}
    assert numbers(opened) == list(range(40 + counts["FAIL"]))
    # And every attempt that the workers made is on record, by whom and how it ended
    recorded = [
        (trial.number, attempt) for trial in opened.get_all_trials(1) for attempt in attempts_of(trial.system_attrs)
    ]
    # And the finished ones are numbered in the order of their ends
    assert sorted(row.finished for _, row in recorded if row.finished is not None) == list(range(1, 41))
    assert sorted(n for n, _ in recorded) == sorted(n for each in attempts for n in each)
    assert all(attempt.outcome is not None and attempt.end is not None for _, attempt in recorded)


def test_a_larger_budget_goes_on_where_the_smaller_ended(processes, where, opened, states):
    Budget(trials=5, failures=100).store(opened, 1)
    processes.run(*[("work", where)] * 4)
    Budget(trials=12, failures=100).store(opened, 1)
    processes.run(*[("work", where)] * 4)
    counts = states(opened)
    assert counts["COMPLETE"] + counts["PRUNED"] == 12


def test_each_trial_is_requeued_by_only_one_of_eight_who_try_at_once(
    processes, where, opened, somebody, states, tmp_path
):
    # Given ten trials whose worker is gone
    trials = [claim(opened, 1, "w", somebody) for _ in range(10)]
    # When eight processes see it and requeue them at once
    requeued = processes.run(*[("requeue_all", where, trials, somebody.to_json(), tmp_path / "meeting", 8)] * 8)
    # Then each trial was requeued by one, and lost to the others
    assert sorted(trial for each in requeued for trial in each) == trials
    # And there are still ten trials, with one death each: no retry was made twice
    assert states(opened) == {"WAITING": 10}
    assert [[attempt.outcome for attempt in attempts_of(trial.system_attrs)] for trial in opened.get_all_trials(1)] == [
        ["death"]
    ] * 10


def test_a_disk_that_does_not_take_a_result_is_a_fault_of_the_storage(tmp_path, me):
    # Given a storage whose log lies on a device that cannot be synced, as a failing disk
    path = tmp_path / "s.db"
    store = open_storage(StorageLocation(path), create=True)
    store.engine.dispose()
    (tmp_path / "s.db-wal").symlink_to("/dev/null")
    with pytest.raises(StorageError, match=r"s\.db could not be written to its disk: Invalid argument"):
        store.persist()


def test_a_worker_killed_amid_after_trial_loses_nothing_and_ends_the_trial_once(processes, where, opened, me):
    # Given a worker that is killed after the objective's end, before the trial's
    (result,) = processes.wait(processes.start(("finish_and_die", where)))
    assert result["exitcode"] == -signal.SIGKILL
    (trial,) = opened.get_all_trials(1)
    assert (trial.state, trial.values) == (TrialState.RUNNING, None)
    # When it is missed, and another one does it again
    assert len(reclaim(opened, [trial], lambda worker: False)) == 1
    again = claim(opened, 1, "v", me)
    study = optuna.load_study(study_name="s", storage=opened)
    finish(opened, study, optuna.Trial(study, again), me, state=TrialState.COMPLETE, values=[2.0])
    # Then the trial has one end, and both attempts are on record
    (trial,) = opened.get_all_trials(1)
    assert (trial.number, trial.value) == (0, 2.0)
    assert [attempt.outcome for attempt in attempts_of(trial.system_attrs)] == ["death", "complete"]
