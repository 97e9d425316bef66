"""The part of the contract of a storage that says when there is no trial to claim, though the budget has some left."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import optuna
import pytest
import sqlalchemy
from contracts.storage import StorageContract
from optuna.trial import TrialState, create_trial

from storage.attempts import HANDFUL, HEARTBEAT_SECONDS, attempts_of, unowned
from storage.claims import CLOSED_KEY, Budget, NoTrial, TrialLost, claim, finish, reclaim, requeue
from storage.maintenance.unowned import settle_unowned
from storage.processes import ProcessIdentity


def beat(storage, trial_id, seconds_ago):
    """Send a heartbeat as stock Optuna does, by the database's clock so long ago."""
    storage.record_heartbeat(trial_id)
    with storage.transaction() as connection:
        now = connection.execute(sqlalchemy.select(sqlalchemy.func.now())).scalar().replace(tzinfo=None)
        then = (now - timedelta(seconds=seconds_ago)).isoformat(sep=" ")
        update = "UPDATE trial_heartbeats SET heartbeat = :then WHERE trial_id = :trial"
        connection.execute(sqlalchemy.text(update), {"then": then, "trial": trial_id})


class EndingsContract(StorageContract):
    """Trials of nobody, a closed study, and a mistake that every trial makes."""

    @pytest.fixture
    def me(self):
        return ProcessIdentity.current()

    @pytest.fixture
    def somebody(self, me):
        """Another process, which does not have to exist."""
        return replace(me, pid=1, born=1)

    @pytest.fixture
    def study(self, storage, study_id):
        return optuna.load_study(study_name="s", storage=storage)

    # --- trials of nobody ------------------------------------------------------------------------------------

    def test_trials_that_run_in_nobodys_hands_are_neither_counted_nor_waited_for(self, storage, study_id, study, me):
        # Given two trials that were asked elsewhere and never told, and a budget of two
        Budget(trials=2).store(storage, study_id)
        orphans = {storage.create_new_trial(study_id): number for number in range(2)}
        # Then two are claimed beside them, and only these are waited for
        mine = [claim(storage, study_id, "w-0", me) for _ in range(2)]
        assert [storage.get_trial(trial_id).number for trial_id in mine] == [2, 3]
        assert claim(storage, study_id, "w-0", me) is NoTrial.WAIT
        for trial_id in mine:
            finish(storage, study, optuna.Trial(study, trial_id), me, state=TrialState.COMPLETE, values=[1.0])
        assert claim(storage, study_id, "w-0", me) is NoTrial.BUDGET_REACHED
        # And nobody has touched them
        assert unowned(storage, study_id) == orphans

    @pytest.mark.parametrize("trials", [2, None])
    def test_they_take_no_point_of_a_space_that_is_to_be_covered(self, storage, study_id, me, trials):
        Budget(points=2, trials=trials).store(storage, study_id)
        storage.create_new_trial(study_id)
        mine = [claim(storage, study_id, "w-0", me) for _ in range(2)]
        assert claim(storage, study_id, "w-0", me) is NoTrial.WAIT
        for trial_id in mine:
            requeue(storage, trial_id, me, "divergence", "nan")
        assert claim(storage, study_id, "w-0", me) is NoTrial.BUDGET_REACHED

    @pytest.mark.parametrize(
        ("seconds_ago", "is_held"),
        [
            (0, True),
            (HEARTBEAT_SECONDS - 20, True),
            (HEARTBEAT_SECONDS + 20, False),
            (-3600, False),  # the clock was set back since
        ],
    )
    def test_a_heartbeat_of_stock_optuna_shows_that_a_trial_is_held(self, storage, study_id, me, seconds_ago, is_held):
        Budget(trials=1).store(storage, study_id)
        trial_id = storage.create_new_trial(study_id)
        beat(storage, trial_id, seconds_ago)
        assert unowned(storage, study_id) == ({} if is_held else {trial_id: 0})
        assert (claim(storage, study_id, "w-0", me) is NoTrial.WAIT) is is_held

    def test_a_trial_that_stock_optuna_has_taken_as_it_waited_is_no_longer_ours(self, storage, study_id, somebody):
        # Given a trial that a dead process of ours has handed back, and that `study.ask` has taken
        trial_id = claim(storage, study_id, "w-0", somebody)
        requeue(storage, trial_id, somebody, "exception", 'of "outcome": null')
        storage.set_trial_state_values(trial_id, TrialState.RUNNING)
        # Then it is neither taken away from whoever has it, nor written to
        assert reclaim(storage, storage.get_all_trials(study_id), lambda worker: True) == []
        with pytest.raises(TrialLost):
            requeue(storage, trial_id, somebody, "exception", "late")
        assert unowned(storage, study_id) == {trial_id: 0}

    @pytest.mark.parametrize(("decision", "state"), [("requeue", "WAITING"), ("fail", "FAIL")])
    def test_what_was_decided_is_done_to_trials_of_nobody_alone(self, storage, study_id, study, me, decision, state):
        orphan = study.ask()
        x = orphan.suggest_float("x", 0, 1)
        living = storage.create_new_trial(study_id)
        beat(storage, living, 0)
        mine = claim(storage, study_id, "w-0", me)
        assert settle_unowned(storage, study_id, decision) == [0]
        assert settle_unowned(storage, study_id, decision) == []
        found = storage.get_all_trials(study_id)
        assert [trial.state.name for trial in found] == [state, "RUNNING", "RUNNING"]
        assert found[0].params == {"x": x}
        if decision == "fail":
            assert "nobody held it" in found[0].user_attrs["failure"]
        else:
            assert storage.get_trial(claim(storage, study_id, "w-0", me)).number == 0
        requeue(storage, mine, me, "interrupted")

    # --- a closed study --------------------------------------------------------------------------------------

    def test_nobody_claims_a_trial_of_a_closed_study(self, storage, study_id, study, me, somebody):
        running = claim(storage, study_id, "w-0", me)
        storage.create_new_trial(study_id, create_trial(state=TrialState.WAITING))
        storage.set_study_system_attr(study_id, CLOSED_KEY, {"reason": "any"})
        assert claim(storage, study_id, "w-0", me) is NoTrial.CLOSED
        assert claim(storage, study_id, "v-0", somebody) is NoTrial.CLOSED
        # Who runs a trial ends it as always
        finish(storage, study, optuna.Trial(study, running), me, state=TrialState.COMPLETE, values=[1.0])
        # And once the study is open again, the one that waits is the next
        storage.set_study_system_attr(study_id, CLOSED_KEY, None)
        assert storage.get_trial(claim(storage, study_id, "v-0", somebody)).number == 1

    # --- a mistake that every trial makes --------------------------------------------------------------------

    @pytest.fixture
    def attempt(self, storage, study_id, me):
        """Claim a trial and end the attempt at it; returns its number, or why there is none."""

        def make(outcome="exception", cause="NameError at f.py, line 4", *, worker="s-0"):
            claimed = claim(storage, study_id, worker, me)
            if isinstance(claimed, NoTrial):
                return claimed
            requeue(storage, claimed, me, outcome, "why", cause)
            return storage.get_trial(claimed).number

        return make

    @pytest.mark.parametrize(
        ("budget", "numbers"), [(None, [0, 1, 2, 3, 4]), (3, [0, 1, 2, 0, 0]), (1, [0, 0, 0, 1, 1])]
    )
    def test_a_certain_mistake_is_seen_after_a_handful_of_attempts_at_as_many_trials_as_there_are(
        self, storage, study_id, attempt, budget, numbers
    ):
        Budget(trials=budget).store(storage, study_id)
        assert [attempt() for _ in range(HANDFUL)] == numbers
        assert attempt() is NoTrial.SAME_ERROR
        # And who has attempts left waits for a launch in which it is mended
        states = {trial.number: trial.state.name for trial in storage.get_all_trials(study_id)}
        assert states == {number: "FAIL" if numbers.count(number) == 3 else "WAITING" for number in numbers}

    @pytest.mark.parametrize(
        ("between", "is_certain"),
        [
            (("exception", "NameError at f.py, line 5"), False),
            (("exception", "ValueError at f.py, line 4"), False),
            (("exception", ""), False),
            (("death", ""), False),
            (("timeout", ""), False),
            (("memory", ""), False),
            (("divergence", ""), False),
            (("interrupted", ""), True),
        ],
    )
    def test_one_attempt_that_ends_otherwise_shows_that_it_is_not_certain(self, attempt, between, is_certain):
        attempt()
        attempt(*between)
        for _ in range(HANDFUL - 1):
            attempt()
        assert (attempt() is NoTrial.SAME_ERROR) is is_certain

    def test_a_trial_that_has_finished_shows_it_too(self, storage, study_id, attempt):
        storage.create_new_trial(study_id, create_trial(value=1.0))
        # Then who has raised is tried again before another, as always
        assert [attempt() for _ in range(HANDFUL + 1)] == [1, 1, 1, 2, 2, 2]

    def test_a_trial_that_waits_for_its_first_attempt_is_the_next(self, storage, study_id, attempt):
        assert attempt() == 0
        storage.create_new_trial(study_id, create_trial(state=TrialState.WAITING))
        assert [attempt(), attempt()] == [1, 2]

    def test_each_launch_counts_for_itself(self, attempt):
        for _ in range(HANDFUL):
            attempt()
        assert attempt() is NoTrial.SAME_ERROR
        # Those that raised under the launch before are tried first
        assert [attempt(worker=f"later-{slot}") for slot in range(HANDFUL)] == [0, 1, 2, 3, 4]
        assert attempt(worker="later-9") is NoTrial.SAME_ERROR

    @pytest.mark.parametrize("finishes", [True, False])
    def test_nothing_is_certain_while_another_trial_runs(self, storage, study_id, study, attempt, me, finishes):
        running = claim(storage, study_id, "s-1", me)
        for _ in range(HANDFUL):
            attempt()
        assert attempt() is NoTrial.WAIT
        if finishes:
            finish(storage, study, optuna.Trial(study, running), me, state=TrialState.COMPLETE, values=[1.0])
            assert isinstance(attempt(), int)
        else:
            requeue(storage, running, me, "exception", "why", "NameError at f.py, line 4")
            assert attempt() is NoTrial.SAME_ERROR
        assert attempts_of(storage.get_trial(running).system_attrs)[0].worker == "s-1"
