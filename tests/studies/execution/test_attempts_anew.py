"""An attempt that starts from nothing has its own record; one that loads its checkpoint keeps the earlier reports."""

import optuna
import pytest
from optuna.trial import TrialState

from storage.claims import claim, requeue
from storage.owned_trial import Leftovers
from storage.processes import ProcessIdentity
from studies.execution.trial import AttemptCheckpoint, trial_checkpoint

PRUNERS = ["none", "median", "halving", "hyperband"]


def only_trial(study):
    (trial,) = study.study.get_trials()
    return trial


class Attempts:
    """An objective whose attempts differ in all that they write, and which raises once, in its middle."""

    def __init__(self, *, loads=False, saves=False, discards=False):
        self.count, self.loads, self.saves, self.discards = 0, loads, saves, discards

    def __call__(self, trial):
        self.count += 1
        trial.suggest_float("x", 0, 1)
        trial.set_user_attr("both", self.count)
        trial.set_constraint("c", float(self.count))
        start = int(trial.checkpoint.load() or 0) if self.loads else 0
        if self.discards and start:
            trial.checkpoint.discard()
            start = 0
        for step in range(start, 5):
            trial.report(10.0 * self.count + step, step)
            trial.should_prune()
            if self.saves and step == 1:
                trial.checkpoint.save(b"2")
            if self.count == 1 and step == 3:
                trial.set_user_attr("first", 1)
                trial.set_constraint("first", 1.0)
                raise RuntimeError("boom")
        return 10.0 * self.count


@pytest.mark.parametrize("pruner", PRUNERS)
@pytest.mark.parametrize(
    "settings", [{}, {"saves": True}, {"saves": True, "loads": True, "discards": True}], ids=["", "saves", "discards"]
)
def test_an_attempt_from_nothing_has_its_own_record(make_study, work, pruner, settings):
    study = make_study(objective="quadratic", pruner=pruner)
    assert work(study, Attempts(**settings)) == "budget reached"
    trial = only_trial(study)
    assert trial.intermediate_values == {step: 20.0 + step for step in range(5)}
    assert trial.user_attrs == {"both": 2}
    assert trial.constraints == {"c": 2.0}
    assert [value for key, value in trial.system_attrs.items() if key.startswith("completed_rung") and value < 20] == []
    assert (trial.state, trial.value) == (TrialState.COMPLETE, 20.0)


def test_an_attempt_from_a_checkpoint_keeps_what_was_reported_before_it(make_study, work):
    study = make_study(objective="quadratic", pruner="median")
    work(study, Attempts(saves=True, loads=True))
    trial = only_trial(study)
    # The step after the checkpoint was trained again, and it is this training's value that stands
    assert trial.intermediate_values == {0: 10.0, 1: 11.0, 2: 22.0, 3: 23.0, 4: 24.0}
    assert trial.user_attrs == {"both": 2, "first": 1}
    assert trial.constraints == {"c": 2.0, "first": 1.0}


def test_parameters_and_what_the_trial_was_given_stay(make_study, work):
    study, points = make_study(objective="quadratic"), []
    study.study.enqueue_trial({"x": 0.25}, user_attrs={"why": "mine"})

    def objective(trial):
        points.append(trial.suggest_float("x", 0, 1) + trial.suggest_float("y", 0, 1))
        if len(points) == 1:
            trial.set_user_attr("note", "lost")
            raise RuntimeError("boom")
        return 1.0

    work(study, objective)
    assert points[0] == points[1]
    assert only_trial(study).user_attrs == {"why": "mine"}


@pytest.mark.parametrize("outcome", ["exception", "interrupted", "death"])
def test_it_is_so_however_the_attempt_was_lost(study, work, outcome):
    # Given what somebody has left, who is gone
    other = ProcessIdentity.from_json({**ProcessIdentity.current().to_json(), "pid": 1})
    trial_id = claim(study.storage, study.study_id, "w1", other)
    optuna.Trial(study.study, trial_id).report(7.0, 3)
    requeue(study.storage, trial_id, other, outcome)
    # When a worker tries again and never reports
    work(study, lambda trial: 1.0)
    assert only_trial(study).intermediate_values == {}


def test_a_running_trial_of_stock_optuna_that_waits_again_begins_anew(study, work):
    asked = study.study.ask()
    asked.report(7.0, 3)
    asked.set_constraint("c", 1.0)
    study.storage.set_trial_state_values(asked._trial_id, TrialState.WAITING)
    work(study, lambda trial: 1.0)
    assert (only_trial(study).intermediate_values, only_trial(study).constraints) == ({}, {})


def test_an_objective_that_saves_and_never_loads_or_reports_begins_anew(study, work):
    attempts = []

    def objective(trial):
        attempts.append(trial.number)
        trial.checkpoint.save(b"for somebody else")
        if len(attempts) == 1:
            trial.report(1.0, 0)
            trial.set_user_attr("note", "lost")
            raise RuntimeError("boom")
        return 1.0

    work(study, objective)
    assert (only_trial(study).intermediate_values, only_trial(study).user_attrs) == ({}, {})


def test_a_pruned_trials_value_is_of_its_last_attempt(study, work):
    attempts = []

    def objective(trial):
        attempts.append(trial.number)
        trial.report(float(len(attempts)), 9 if len(attempts) == 1 else 0)
        raise RuntimeError("boom") if len(attempts) == 1 else optuna.TrialPruned

    work(study, objective)
    assert (only_trial(study).state, only_trial(study).value) == (TrialState.PRUNED, 2.0)


def test_a_damaged_checkpoint_is_none(study):
    checkpoint = trial_checkpoint(study, 0)
    checkpoint.save(b"half way")
    checkpoint.path.write_bytes(b"damaged")
    seen = AttemptCheckpoint(checkpoint)
    assert (seen.load(), seen.loaded, checkpoint.exists()) == (None, False, True)
    seen.discard()
    assert not checkpoint.exists()


def test_a_trial_without_a_past_has_nothing_left(study):
    trial_id = claim(study.storage, study.study_id, "w0", ProcessIdentity.current())
    assert not Leftovers.of(study.storage.get_trial(trial_id))
