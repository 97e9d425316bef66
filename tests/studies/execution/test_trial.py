"""A worker that is slow to hear that its trial was given to another, and samplers that hear of bad ends."""

import asyncio
import math
import os
import sys

import optuna
import pytest
from optuna.trial import TrialState

from storage.attempts import attempts_of
from storage.claims import TrialLost, claim, finish, requeue
from storage.processes import ProcessIdentity
from studies.errors import ChoiceError


def take_away(study, trial):
    """What somebody does who believes this process dead: hand the trial on, to another process."""
    me = ProcessIdentity.current()
    other = ProcessIdentity.from_json({**me.to_json(), "pid": 1})
    requeue(study.storage, trial._trial_id, me, "death")
    assert claim(study.storage, study.study_id, "w1", other) == trial._trial_id
    return other


def test_a_worker_whose_trial_was_taken_writes_nothing_more_and_takes_another(make_study, work):
    study = make_study(objective="quadratic", budget={"trials": 2})
    ran = []

    def objective(trial):
        ran.append(trial.number)
        if trial.number:
            return 1.0
        trial.report(0.5, 0)
        other = take_away(study, trial)
        try:
            trial.report(0.6, 1)
        finally:
            # The other one ends too, so that the study can.
            requeue(study.storage, trial._trial_id, other, "divergence", "nan")
        raise AssertionError("the report went through")

    work(study, objective)
    taken, *_ = study.study.get_trials()
    assert taken.intermediate_values == {0: 0.5}
    assert taken.state is TrialState.FAIL
    assert ran == [0, 1, 2]


def test_an_objective_that_catches_everything_does_not_write_over_its_successor(make_study, work):
    study = make_study(objective="quadratic")

    def objective(trial):
        if trial.number:
            return 2.0
        other = take_away(study, trial)
        try:
            trial.set_user_attr("note", "late")
        except BaseException:  # noqa: BLE001
            requeue(study.storage, trial._trial_id, other, "divergence", "nan")
        return 1.0

    work(study, objective)
    taken, other = study.study.get_trials()
    assert "note" not in taken.user_attrs
    assert (taken.state, other.value) == (TrialState.FAIL, 2.0)


@pytest.mark.parametrize("pruner", ["none", "median", "hyperband"])
def test_a_stale_worker_changes_nothing_that_its_successor_suggests(make_study, work, pruner):
    study, refused = make_study(objective="quadratic", pruner=pruner), []

    def objective(trial):
        x = trial.suggest_float("x", 0, 1)
        other = take_away(study, trial)
        theirs = optuna.Trial(study.study, trial._trial_id)
        for write in (
            lambda: trial.suggest_float("y", 0, 1),
            lambda: trial.suggest_categorical("z", [(1,), (2,)]),
            lambda: trial.report(1.0, 0),
            lambda: trial.set_constraint("c", 5.0),
            lambda: trial.study.tell(trial, 3.0),
        ):
            try:
                write()
            except Exception:  # noqa: BLE001
                refused.append("an objective would have caught it")
            except TrialLost:
                refused.append("lost")
        assert theirs.suggest_float("x", 0, 1) == x
        theirs.suggest_float("y", 5, 6)
        theirs.set_constraint("c", -1.0)
        finish(study.storage, study.study, theirs, other, state=TrialState.COMPLETE, values=[0.25])
        return 1.0

    assert work(study, objective) == "budget reached"
    (trial,) = study.study.get_trials()
    assert refused == ["lost"] * 5
    assert 5 <= trial.params["y"] <= 6
    assert (trial.constraints, trial.value, trial.intermediate_values) == ({"c": -1.0}, 0.25, {})


def test_a_trial_more_that_an_objective_asks_for_is_not_refused(make_study, work):
    study = make_study(objective="quadratic", budget={"trials": 2})

    def objective(trial):
        if trial.number == 0:
            more = trial.study.ask()
            trial.study.tell(more, more.suggest_float("x", 0, 1))
        return 1.0

    work(study, objective)
    assert [trial.state for trial in study.study.get_trials()] == [TrialState.COMPLETE] * 2


@pytest.mark.parametrize(
    "raised",
    [asyncio.CancelledError("y"), GeneratorExit(), SystemExit(0), KeyboardInterrupt(), pytest.skip.Exception("no")],
    ids=lambda error: type(error).__name__,
)
def test_whatever_is_raised_the_trial_keeps_the_reason_and_the_worker_goes_on(make_study, work, raised):
    study, attempts = make_study(objective="quadratic", budget={"trials": 2}), []

    def objective(trial):
        attempts.append(trial.number)
        if len(attempts) == 1:
            raise raised
        return 1.0

    assert work(study, objective) == "budget reached"
    first, second = attempts_of(study.study.get_trials()[0].system_attrs)
    assert first.outcome == "exception"
    assert first.detail.startswith(type(raised).__name__)
    assert (second.outcome, sorted(attempts)) == ("complete", [0, 0, 1])


@pytest.mark.parametrize("again", [RuntimeError, optuna.TrialPruned, lambda: BaseExceptionGroup("g", [SystemExit()])])
def test_an_interruption_is_one_whatever_the_objective_makes_of_it(study, work, again):
    asked = []

    def objective(trial):
        asked.append(True)
        try:
            trial.report(0.5, 0)
        except BaseException:  # noqa: BLE001
            raise again() from None

    assert work(study, objective, lambda: "stopping" if asked else None) == "stopped"
    (trial,) = study.study.get_trials()
    assert trial.state is TrialState.WAITING
    assert attempts_of(trial.system_attrs)[-1].outcome == "interrupted"


@pytest.mark.parametrize("leave", [lambda: sys.exit(3), lambda: None])
def test_a_forked_child_that_comes_back_ends_and_the_trial_stays_its_parents(study, work, leave):
    codes = []

    def objective(trial):
        pid = os.fork()
        if pid == 0:
            leave()
            return 0.5
        codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        return 1.0

    work(study, objective)
    (trial,) = study.study.get_trials()
    assert (trial.value, len(attempts_of(trial.system_attrs))) == (1.0, 1)
    assert codes in ([3], [0])


@pytest.mark.parametrize("value", [math.inf, -math.inf])
@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "nsgaii"])
def test_infinity_is_a_value(make_study, work, value, sampler):
    study = make_study(objective="quadratic", budget={"trials": 15}, sampler=sampler)
    work(study, lambda trial: value if trial.suggest_float("x", -1, 1) > 0 else 1.0)
    assert {trial.state for trial in study.study.get_trials()} == {TrialState.COMPLETE}
    assert study.study.best_value == min(1.0, value)


@pytest.mark.parametrize("value", [10**400, None, "1", [1.0, 2.0], object()], ids=lambda value: type(value).__name__)
def test_what_is_no_value_fails_at_once_and_says_so(make_study, work, value):
    study = make_study(objective="quadratic")
    work(study, lambda trial: value if trial.number == 0 else 1.0)
    failed, other = study.study.get_trials()
    assert (failed.state, other.value) == (TrialState.FAIL, 1.0)
    assert failed.user_attrs["failure"].startswith("bad value: the objective returned ")
    assert len(attempts_of(failed.system_attrs)) == 1


def test_an_attribute_that_no_database_keeps_fails_its_trial_at_once(make_study, work):
    study = make_study(objective="quadratic")
    work(study, lambda trial: trial.set_user_attr("model", object()) if trial.number == 0 else 1.0)
    failed, _ = study.study.get_trials()
    assert failed.user_attrs["failure"].startswith("bad value: the user attribute 'model' is of the type object")


def test_a_choice_that_no_database_keeps_ends_the_worker_at_the_first(study, work):
    with pytest.raises(ChoiceError, match="'layer' has the choice"):
        work(study, lambda trial: trial.suggest_categorical("layer", [dict, list]))
    (trial,) = study.study.get_trials()
    assert (trial.state, trial.params) == (TrialState.WAITING, {})


@pytest.mark.parametrize("sampler", ["random", "tpe", "cmaes", {"name": "tpe", "multivariate": True}], ids=str)
def test_tuples_are_found_equal_by_every_worker(make_study, work, sampler):
    # Given more trials than a sampler draws at random, each by a worker that knows nothing of the others
    choices, seen = [(16, 16), (32,), (8, 8)], []
    study = make_study(objective="quadratic", sampler=sampler, budget={"trials": 14})

    def objective(trial):
        chosen = trial.suggest_categorical("h", choices)
        assert any(chosen is choice for choice in choices)
        x = trial.suggest_float("x", 0, 1)
        assert trial.params == {"h": chosen, "x": x}
        seen.append(chosen)
        return float(len(chosen))

    asked = iter(range(1000))
    while work(study, objective, lambda: "stopping" if next(asked) % 3 == 2 else None) != "budget reached":
        pass
    trials = study.study.get_trials()
    assert [trial.state for trial in trials] == [TrialState.COMPLETE] * 14
    assert [tuple(trial.params["h"]) for trial in trials] == seen


def test_samplers_learn_that_a_region_diverges_and_the_record_stays_as_it_is(make_study, work):
    # Given a study whose better half returns NaN
    settings = {"objective": "quadratic", "budget": {"trials": 60, "failures": 1000}}
    study = make_study(**settings, sampler={"name": "tpe", "n_startup_trials": 10})
    suggested = []

    def objective(trial):
        x = trial.suggest_float("x", -1.0, 1.0)
        suggested.append(x)
        return float("nan") if x < 0 else 1.0 - x

    # When TPE searches it
    work(study, objective)
    # Then what it suggests at the end lies in the other half, and the diverged trials are failed ones
    late = suggested[-30:]
    assert sum(x < 0 for x in late) <= 5
    failed = study.study.get_trials(states=(TrialState.FAIL,))
    assert failed
    assert all(trial.values is None for trial in failed)


def test_a_grid_gives_no_point_twice_where_one_fails(make_study, work):
    space = {"x": {"low": 0, "high": 4}, "y": 0.0}
    study = make_study(objective="quadratic", space=space, sampler="grid", budget={"trials": 5})
    seen = []

    def objective(trial):
        seen.append(trial.suggest_int("x", 0, 4))
        return float("nan") if seen[-1] == 2 else 1.0

    assert work(study, objective) == "budget reached"
    assert sorted(seen) == [0, 1, 2, 3, 4]


def test_a_point_of_a_shared_sequence_is_drawn_once_a_trial(make_study, work):
    study = make_study(objective="quadratic", sampler="qmc", budget={"trials": 8})

    def objective(trial):
        return trial.suggest_float("x", 0.0, 1.0)

    work(study, objective)
    (drawn,) = (value for key, value in study.attributes.items() if key.startswith("qmc:"))
    assert drawn == 6  # counted from 0; the first trial has no sequence yet


def test_a_study_without_a_value_yet_goes_on_after_divergence(make_study, work):
    study = make_study(objective="quadratic", budget={"trials": 3})
    work(study, lambda trial: float("nan") if trial.suggest_float("x", 0, 1) and trial.number < 3 else 1.0)
    states = [trial.state for trial in study.study.get_trials()]
    assert states == [TrialState.FAIL] * 3 + [TrialState.COMPLETE] * 3
