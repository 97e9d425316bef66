"""A worker that is slow to hear that its trial was given to another, and samplers that hear of bad ends."""

from optuna.trial import TrialState

from storage.claims import claim, requeue
from storage.processes import ProcessIdentity


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
