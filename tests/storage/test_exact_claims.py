"""Who gets which trial: exactly one worker each, as many as the budget says, however many ask at once."""

from dataclasses import asdict, replace

import optuna
import pytest
from optuna.trial import TrialState

from storage import StorageError, StorageLocation, open_storage
from storage.attempts import MAX_EXCEPTIONS, attempts_of
from storage.claims import Budget, NoTrial, TrialLost, claim, finish, reclaim, requeue, running_attempts
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
    assert sorted(n for n, _ in recorded) == sorted(n for each in attempts for n in each)
    assert all(attempt.outcome is not None and attempt.end is not None for _, attempt in recorded)


def test_a_larger_budget_goes_on_where_the_smaller_ended(processes, where, opened, states):
    Budget(trials=5, failures=100).store(opened, 1)
    processes.run(*[("work", where)] * 4)
    Budget(trials=12, failures=100).store(opened, 1)
    processes.run(*[("work", where)] * 4)
    counts = states(opened)
    assert counts["COMPLETE"] + counts["PRUNED"] == 12


def test_no_more_trials_run_at_once_than_the_budget_has_left(opened, me, somebody):
    # Given a budget of 2
    Budget(trials=2).store(opened, 1)
    first, second = claim(opened, 1, "a", me), claim(opened, 1, "b", somebody)
    # When both run, a third worker waits, for one of them may come back
    assert claim(opened, 1, "c", me) is NoTrial.WAIT
    requeue(opened, second, somebody, "interrupted")
    assert claim(opened, 1, "c", me) == second
    # And when both are finished, it is told so
    study = optuna.load_study(study_name="s", storage=opened)
    for trial_id in (first, second):
        finish(opened, study, optuna.Trial(study, trial_id), me, state=TrialState.COMPLETE, values=[1.0])
    assert claim(opened, 1, "c", me) is NoTrial.BUDGET_REACHED


def test_a_budget_without_limit_always_has_a_new_trial(opened, me):
    assert [claim(opened, 1, "w", me) for _ in range(3)] == [1, 2, 3]
    assert numbers(opened) == [0, 1, 2]


def test_waiting_trials_come_first_and_in_their_order(opened, me, enqueue):
    running = claim(opened, 1, "w", me)
    first, second = enqueue(opened, 2)
    assert [claim(opened, 1, "w", me) for _ in range(2)] == [first, second]
    assert running < first


def test_failures_end_the_study_and_those_from_before_do_not_count(opened, me):
    # Given two failures allowed, and two trials that have failed for good
    Budget(trials=10, failures=2).store(opened, 1)
    for _ in range(2):
        assert requeue(opened, claim(opened, 1, "w", me), me, "divergence", "nan") is TrialState.FAIL
    # Then there is no third trial, but for a later launch, which counts from there, there is
    assert claim(opened, 1, "w", me) is NoTrial.TOO_MANY_FAILURES
    assert isinstance(claim(opened, 1, "w", me, failed_before=2), int)


def test_a_budget_that_is_reached_counts_more_than_failures(opened, me):
    Budget(trials=0, failures=0).store(opened, 1)
    assert claim(opened, 1, "w", me) is NoTrial.BUDGET_REACHED


def test_each_trial_is_handed_back_by_only_one_of_eight_who_try_at_once(
    processes, where, opened, somebody, states, tmp_path
):
    # Given ten trials whose worker is gone
    trials = [claim(opened, 1, "w", somebody) for _ in range(10)]
    # When eight processes see it and hand them back at once
    handed_back = processes.run(*[("give_back", where, trials, somebody.to_json(), tmp_path / "meeting", 8)] * 8)
    # Then each trial was handed back by one, to the others it was taken
    assert sorted(trial for each in handed_back for trial in each) == trials
    # And there are still ten trials, with one death each: no retry was made twice
    assert states(opened) == {"WAITING": 10}
    assert [[attempt.outcome for attempt in attempts_of(trial.system_attrs)] for trial in opened.get_all_trials(1)] == [
        ["death"]
    ] * 10


def test_a_trial_that_comes_back_keeps_number_parameters_and_reports(opened, me):
    # Given a trial with a parameter and a report
    study = optuna.load_study(study_name="s", storage=opened)
    trial = optuna.Trial(study, claim(opened, 1, "w", me))
    x = trial.suggest_float("x", 0, 1)
    trial.report(0.25, 3)
    # When it is handed back and claimed again
    assert requeue(opened, trial._trial_id, me, "interrupted", "Ctrl-C") is TrialState.WAITING
    again = opened.get_trial(claim(opened, 1, "v", me))
    # Then it is the same trial, and both attempts are on record
    assert (again.number, again.params, again.intermediate_values) == (0, {"x": x}, {3: 0.25})
    assert [(a.worker, a.outcome, a.detail) for a in attempts_of(again.system_attrs)] == [
        ("w", "interrupted", "Ctrl-C"),
        ("v", None, ""),
    ]


def test_a_worker_that_was_declared_dead_can_neither_finish_nor_hand_back(opened, me, somebody):
    # Given a trial that was taken from me and runs elsewhere
    study = optuna.load_study(study_name="s", storage=opened)
    trial = optuna.Trial(study, claim(opened, 1, "w", me))
    requeue(opened, trial._trial_id, me, "death")
    assert claim(opened, 1, "v", somebody) == trial._trial_id
    before = opened.get_trial(trial._trial_id)
    # When I come back with a result
    with pytest.raises(TrialLost, match="was handed to another worker"):
        finish(opened, study, trial, me, state=TrialState.COMPLETE, values=[1.0])
    with pytest.raises(TrialLost):
        requeue(opened, trial._trial_id, me, "exception", "late")
    # Then nothing was written
    assert opened.get_trial(trial._trial_id) == before


def test_a_failed_finish_leaves_the_attempt_open(opened, me):
    # Given a trial, and a value that Optuna refuses
    study = optuna.load_study(study_name="s", storage=opened)
    trial = optuna.Trial(study, claim(opened, 1, "w", me))
    with pytest.raises(ValueError, match="number of the values"):
        finish(opened, study, trial, me, state=TrialState.COMPLETE, values=[1.0, 2.0])
    # Then the trial is still mine, running, and can be finished properly
    assert attempts_of(opened.get_trial(trial._trial_id).system_attrs)[-1].outcome is None
    finish(opened, study, trial, me, state=TrialState.COMPLETE, values=[1.0])
    assert study.best_value == 1.0


def test_the_third_exception_fails_a_trial_and_says_why(opened, me):
    became = []
    for number in range(MAX_EXCEPTIONS):
        became.append(requeue(opened, claim(opened, 1, "w", me), me, "exception", f"boom {number}"))
    assert became == [TrialState.WAITING, TrialState.WAITING, TrialState.FAIL]
    assert opened.get_trial(1).user_attrs["failure"] == "3 attempts ended in an exception, the last: boom 2"


def test_reclaim_takes_only_from_the_dead_of_this_machine(processes, opened, me, somebody):
    # Given trials of a living process, of a dead one, of another machine, and one of stock Optuna
    living, dead, elsewhere = (
        claim(opened, 1, "w", who) for who in (me, somebody, replace(me, host="elsewhere", pid=1))
    )
    stock = opened.create_new_trial(1)
    trials = opened.get_all_trials(1)
    # When they are looked through, twice, and nobody far away has fallen silent
    assert [trial._trial_id for trial in reclaim(opened, trials, lambda worker: False)] == [dead]
    assert reclaim(opened, trials, lambda worker: False) == []
    # Then only the dead one's waits
    assert {trial_id: opened.get_trial(trial_id).state.name for trial_id in (living, dead, elsewhere, stock)} == {
        living: "RUNNING",
        dead: "WAITING",
        elsewhere: "RUNNING",
        stock: "RUNNING",
    }
    assert {t._trial_id for t, _ in running_attempts(opened.get_all_trials(1))} == {living, elsewhere}


def test_a_budget_is_read_back_as_it_was_stored(opened):
    assert Budget.of(opened, 1) == Budget()
    budget = Budget(trials=7, seconds=1.5, failures=3)
    budget.store(opened, 1)
    assert Budget.of(opened, 1) == budget
    assert asdict(budget).items() >= {"trials": 7, "seconds": 1.5, "failures": 3}.items()


def test_a_disk_that_does_not_take_a_result_is_a_fault_of_the_storage(tmp_path, me):
    # Given a storage whose log lies on a device that cannot be synced, as a failing disk
    path = tmp_path / "s.db"
    store = open_storage(StorageLocation(path), create=True)
    store.engine.dispose()
    (tmp_path / "s.db-wal").symlink_to("/dev/null")
    with pytest.raises(StorageError, match=r"s\.db could not be written to its disk: Invalid argument"):
        store.persist()
