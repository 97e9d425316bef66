"""The second half of the contract of a storage: one worker has a trial, and only its owner ends it."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import optuna
import pytest
from contracts.endings import EndingsContract
from helpers.waiting import PATIENCE
from optuna.samplers import RandomSampler
from optuna.trial import TrialState, create_trial

from storage.attempts import MAX_EXCEPTIONS, attempts_of
from storage.claims import Budget, NoTrial, TrialLost, claim, finish, reclaim, requeue, running_attempts
from storage.optuna_schema import trial_id_of
from storage.owned_trial import owned


class AfterTrial(RandomSampler):
    """A sampler that does something after a trial, which may take long and write."""

    def __init__(self, do):
        super().__init__(seed=1)
        self._do = do

    def after_trial(self, study, trial, state, values):
        self._do(study, trial, state, values)


class ClaimsContract(EndingsContract):
    """Who gets which trial, and how it ends."""

    @pytest.fixture
    def trial(self, study, storage, study_id, me):
        """A trial of mine."""
        return optuna.Trial(study, claim(storage, study_id, "w", me))

    # --- claims ----------------------------------------------------------------------------------------------

    def test_each_waiting_trial_is_claimed_once_however_many_ask_at_once(self, storage, study_id, me):
        # Given 20 trials that wait, and a budget that allows no new one
        waiting = [storage.create_new_trial(study_id, create_trial(state=TrialState.WAITING)) for _ in range(20)]
        Budget(trials=20).store(storage, study_id)
        barrier = Barrier(5)

        def claim_all():
            opened = pickle.loads(pickle.dumps(storage))
            barrier.wait(PATIENCE)
            claimed = []
            while not isinstance(got := claim(opened, study_id, "w", me), NoTrial):
                claimed.append(got)
            opened.engine.dispose()
            return claimed

        # When five ask at once until there is none left
        with ThreadPoolExecutor(5) as threads:
            claimed = [asking.result(PATIENCE) for asking in [threads.submit(claim_all) for _ in range(5)]]
        # Then every trial has one owner, whose only attempt it is
        assert sorted(trial_id for each in claimed for trial_id in each) == waiting
        assert all(len(attempts_of(trial.system_attrs)) == 1 for trial in storage.get_all_trials(study_id))

    def test_no_more_trials_run_at_once_than_the_budget_has_left(self, storage, study_id, study, me, somebody):
        # Given a budget of 2
        Budget(trials=2).store(storage, study_id)
        first, second = claim(storage, study_id, "a", me), claim(storage, study_id, "b", somebody)
        # When both run, a third worker waits, for one of them may come back
        assert claim(storage, study_id, "c", me) is NoTrial.WAIT
        requeue(storage, second, somebody, "interrupted")
        assert claim(storage, study_id, "c", me) == second
        # And when both are finished, it is told so
        for trial_id in (first, second):
            finish(storage, study, optuna.Trial(study, trial_id), me, state=TrialState.COMPLETE, values=[1.0])
        assert claim(storage, study_id, "c", me) is NoTrial.BUDGET_REACHED

    def test_a_budget_without_limit_always_has_a_new_trial(self, storage, study_id, me):
        claimed = [claim(storage, study_id, "w", me) for _ in range(3)]
        assert [storage.get_trial(trial_id).number for trial_id in claimed] == [0, 1, 2]

    def test_waiting_trials_come_first_and_in_their_order(self, storage, study_id, me):
        running = claim(storage, study_id, "w", me)
        first, second = (storage.create_new_trial(study_id, create_trial(state=TrialState.WAITING)) for _ in range(2))
        assert [claim(storage, study_id, "w", me) for _ in range(2)] == [first, second]
        assert running < first

    def test_failures_end_the_study_and_those_from_before_do_not_count(self, storage, study_id, me):
        # Given two failures allowed, and two trials that have failed for good
        Budget(trials=10, failures=2).store(storage, study_id)
        for _ in range(2):
            trial_id = claim(storage, study_id, "w", me)
            assert requeue(storage, trial_id, me, "divergence", "nan") is TrialState.FAIL
        # Then there is no third trial, but for a later launch, which counts from there, there is
        assert claim(storage, study_id, "w", me) is NoTrial.TOO_MANY_FAILURES
        assert isinstance(claim(storage, study_id, "w", me, failed_before=2), int)

    def test_a_budget_that_is_reached_counts_more_than_failures(self, storage, study_id, me):
        Budget(trials=0, failures=0).store(storage, study_id)
        assert claim(storage, study_id, "w", me) is NoTrial.BUDGET_REACHED

    # --- requeued --------------------------------------------------------------------------------------------

    def test_a_requeued_trial_keeps_number_parameters_and_reports(self, storage, study_id, study, trial, me):
        # Given a trial with a parameter and a report
        x = trial.suggest_float("x", 0, 1)
        trial.report(0.25, 3)
        # When it is requeued and claimed again
        assert requeue(storage, trial_id_of(trial), me, "interrupted", "Ctrl-C") is TrialState.WAITING
        again = storage.get_trial(claim(storage, study_id, "v", me))
        # Then it is the same trial, and both attempts are on record
        assert (again.number, again.params, again.intermediate_values) == (0, {"x": x}, {3: 0.25})
        assert [(a.worker, a.outcome, a.detail) for a in attempts_of(again.system_attrs)] == [
            ("w", "interrupted", "Ctrl-C"),
            ("v", None, ""),
        ]

    def test_the_third_exception_fails_a_trial_and_says_why(self, storage, study_id, me):
        became = []
        for number in range(MAX_EXCEPTIONS):
            trial_id = claim(storage, study_id, "w", me)
            became.append(requeue(storage, trial_id, me, "exception", f"boom {number}"))
        assert became == [TrialState.WAITING, TrialState.WAITING, TrialState.FAIL]
        failure = storage.get_trial(trial_id).user_attrs["failure"]
        assert failure == "3 attempts ended in an exception, the last: boom 2"

    def test_reclaim_takes_only_from_the_dead_of_this_machine(self, storage, study_id, me, somebody):
        # Given trials of a living process, of a dead one, of another machine, and one of stock Optuna
        owners = (me, somebody, replace(me, host="elsewhere", pid=1))
        living, dead, elsewhere = (claim(storage, study_id, "w", owner) for owner in owners)
        stock = storage.create_new_trial(study_id)
        trials = storage.get_all_trials(study_id)
        # When they are looked through, twice, and nobody far away has fallen silent
        assert [trial_id_of(trial) for trial in reclaim(storage, trials, lambda worker: False)] == [dead]
        assert reclaim(storage, trials, lambda worker: False) == []
        # Then only the dead one's waits
        states = {number: storage.get_trial(number).state.name for number in (living, dead, elsewhere, stock)}
        assert states == {living: "RUNNING", dead: "WAITING", elsewhere: "RUNNING", stock: "RUNNING"}
        running = {trial_id_of(trial) for trial, _ in running_attempts(storage.get_all_trials(study_id))}
        assert running == {living, elsewhere}

    # --- ends ------------------------------------------------------------------------------------------------

    def test_a_process_that_lost_its_trial_writes_nothing(self, storage, study_id, study, trial, me, somebody):
        # Given a trial that was taken from me and runs elsewhere
        number, called = trial_id_of(trial), []
        study.sampler = AfterTrial(lambda *_: called.append(1))
        requeue(storage, number, me, "death")
        assert claim(storage, study_id, "v", somebody) == number
        before = storage.get_trial(number)
        # When I come back with a result
        with pytest.raises(TrialLost, match="was handed to another worker"):
            finish(storage, study, trial, me, state=TrialState.COMPLETE, values=[1.0])
        with pytest.raises(TrialLost):
            requeue(storage, number, me, "exception", "late")
        with pytest.raises(TrialLost), owned(storage, number, me):
            storage.set_trial_user_attr(number, "note", "late")
        # Then nothing was written, and the sampler was not asked
        assert storage.get_trial(number) == before
        assert called == []

    def test_a_refused_value_leaves_the_attempt_open(self, storage, study, trial, me):
        with pytest.raises(ValueError, match="number of the values"):
            finish(storage, study, trial, me, state=TrialState.COMPLETE, values=[1.0, 2.0])
        # The trial is still mine, running, and can be finished properly
        assert attempts_of(storage.get_trial(trial_id_of(trial)).system_attrs)[-1].outcome is None
        finish(storage, study, trial, me, state=TrialState.COMPLETE, values=[1.0])
        assert study.best_value == 1.0

    def test_after_trial_keeps_no_writer_waiting_and_sees_the_trial_still_running(
        self, storage, study_id, study, trial, other, me
    ):
        seen = []

        def after(study, frozen, state, values):
            with ThreadPoolExecutor(1) as thread:  # whoever holds the lock would wait for itself
                thread.submit(claim, other, study_id, "v", me).result(PATIENCE)
            storage.set_study_system_attr(study_id, "sampler:state", 1)
            seen.append((frozen.number, state, values, other.get_trial(trial_id_of(frozen)).state))

        study.sampler = AfterTrial(after)
        finish(storage, study, trial, me, state=TrialState.COMPLETE, values=[1.0])
        assert seen == [(0, TrialState.COMPLETE, [1.0], TrialState.RUNNING)]
        assert [found.state.name for found in storage.get_all_trials(study_id)] == ["COMPLETE", "RUNNING"]
        assert storage.get_study_system_attrs(study_id)["sampler:state"] == 1

    def test_what_after_trial_writes_to_the_trial_comes_with_its_end(self, storage, study, trial, other, me):
        number = trial_id_of(trial)

        def after(study, frozen, state, values):
            storage.set_trial_system_attr(number, "sampler:note", [1, 2])
            assert "sampler:note" not in other.get_trial(number).system_attrs

        study.sampler = AfterTrial(after)
        finish(storage, study, trial, me, state=TrialState.COMPLETE, values=[1.0])
        assert storage.get_trial(number).system_attrs["sampler:note"] == [1, 2]

    def test_a_trial_that_is_taken_during_after_trial_is_not_written_to(
        self, storage, study_id, study, trial, other, me, somebody
    ):
        number, before = trial_id_of(trial), []

        def after(study, frozen, state, values):
            storage.set_trial_system_attr(number, "sampler:note", "late")
            requeue(other, number, me, "death")
            assert claim(other, study_id, "v", somebody) == number
            before.append(other.get_trial(number))

        study.sampler = AfterTrial(after)
        with pytest.raises(TrialLost):
            finish(storage, study, trial, me, state=TrialState.COMPLETE, values=[1.0])
        assert storage.get_trial(number) == before[0]

    def test_an_exception_in_after_trial_takes_no_result_away(self, storage, study, trial, me):
        def after(study, frozen, state, values):
            storage.set_trial_system_attr(trial_id_of(trial), "sampler:note", 1)
            raise RuntimeError("of the sampler")

        study.sampler = AfterTrial(after)
        with pytest.raises(RuntimeError, match="of the sampler"):
            finish(storage, study, trial, me, state=TrialState.COMPLETE, values=[1.0])
        ended = storage.get_trial(trial_id_of(trial))
        assert (ended.state, ended.values) == (TrialState.COMPLETE, [1.0])
        assert attempts_of(ended.system_attrs)[-1].outcome == "complete"

    @pytest.mark.parametrize(("reports", "value"), [([], None), ([0.5, 0.25], 0.25), ([0.5, float("nan")], None)])
    def test_a_pruned_trial_has_the_value_of_its_last_report(self, storage, study, trial, me, reports, value):
        for step, report in enumerate(reports):
            trial.report(report, step)
        finish(storage, study, trial, me, state=TrialState.PRUNED)
        (pruned,) = study.get_trials()
        assert (pruned.state, pruned.value) == (TrialState.PRUNED, value)
        assert attempts_of(pruned.system_attrs)[-1].outcome == "pruned"

    def test_constraints_are_kept_with_the_end(self, storage, study, trial, me):
        trial.set_constraint("size", -1.0)
        finish(storage, study, trial, me, state=TrialState.COMPLETE, values=[1.0])
        (complete,) = study.get_trials()
        assert complete.constraints == {"size": -1.0}

    def test_a_budget_is_read_back_as_it_was_stored(self, storage, study_id):
        assert Budget.of(storage, study_id) == Budget()
        budget = Budget(
            trials=7, seconds=1.5, failures=3, patience=4, target=0.5, trial_seconds=2.0, points=9, grace=None
        )
        budget.store(storage, study_id)
        assert Budget.of(storage, study_id) == budget
