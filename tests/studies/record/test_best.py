"""The best trials under constraints, as Optuna chooses them, and what ended after the best, whatever clocks say."""

import itertools
import math
import random
import time

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial

from storage.attempts import times_of
from studies import api
from studies.errors import StudyError
from studies.record.progress import read_progress
from studies.record.source_study import known_trials

KINDS = ("mixed", "feasible", "infeasible", "missing", "list", "nan", "edge")


def constrained(kind, draw, values):
    """A COMPLETE trial of these values with the constraints of that kind."""
    sign = {"feasible": -1.0, "infeasible": 1.0}.get(kind, draw.choice([-1.0, 1.0]))
    some = {name: sign * draw.uniform(0.1, 1.0) for name in ("memory", "seconds")}
    attributes = {}
    if kind == "missing" and draw.random() < 0.7:
        some = {} if draw.random() < 0.5 else {"memory": some["memory"]}
    if kind == "list":  # as a sampler's `constraints_func` writes them
        attributes, some = {"constraints": list(some.values())}, {}
    if kind == "nan" and draw.random() < 0.5:  # which Optuna refuses, and other programs may write
        attributes, some = {"constraints": [math.nan]}, {}
    if kind == "edge":
        some = {"memory": 0.0 if sign < 0 else math.inf}
    return create_trial(
        values=values,
        params={"x": draw.random()},
        distributions={"x": FloatDistribution(0.0, 1.0)},
        constraints=some,
        system_attrs=attributes,
    )


def theirs(study):
    """The numbers of what stock Optuna calls the best."""
    if len(study.directions) > 1:
        return {trial.number for trial in study.best_trials}
    try:
        return {study.best_trial.number}
    except ValueError:
        return set()


def ours(location, name):
    try:
        return {trial.number for trial in api.best(name, storage=location).trials}
    except StudyError:
        return set()


@pytest.mark.parametrize("directions", [("minimize",), ("maximize",), ("minimize", "maximize")])
def test_the_best_are_those_that_optuna_names(make_study, location, directions):
    draw = random.Random(str(directions))
    for kind, count in itertools.product(KINDS, (1, 8)):
        # Given a study in which trials break constraints, or prune, or have no value yet
        study = make_study(f"{kind} {count}", objective="mine.py:objective", directions=directions)
        trials = [constrained(kind, draw, [draw.random() for _ in directions]) for _ in range(count)]
        if len(directions) == 1:
            trials.append(create_trial(state=TrialState.PRUNED, intermediate_values={0: -99.0}))
        with study.storage.transaction():
            for trial in [*trials, create_trial(state=TrialState.WAITING)]:
                study.storage.create_new_trial(study.study_id, trial)
        # Then they are the same everywhere
        expected, progress = theirs(study.study), read_progress(study)
        assert ours(location, study.name) == expected, kind
        assert progress.front == (len(expected) if len(directions) > 1 else 0), kind
        assert ({progress.best.number} if progress.best else set()) == (expected if len(directions) == 1 else set()), (
            kind
        )
        assert progress.none_feasible == (not expected), kind


def test_a_study_without_a_feasible_trial_says_so(make_study, location):
    study = make_study(objective="quadratic")
    study.storage.create_new_trial(study.study_id, create_trial(value=1.0, constraints={"memory": 2.0}))
    with pytest.raises(StudyError, match="no feasible trial yet: all 1 complete trials break a constraint"):
        api.best("s", storage=location)


def test_neither_a_target_nor_patience_hears_of_an_infeasible_trial(make_study):
    study = make_study(objective="quadratic")
    for value, bound in ((2.0, -1.0), (0.0, 1.0), (1.0, 1.0), (3.0, -1.0)):
        study.storage.create_new_trial(study.study_id, create_trial(value=value, constraints={"c": bound}))
    progress = read_progress(study)
    assert (progress.best.number, progress.infeasible, progress.since_best) == (0, 2, 3)


def test_a_reused_result_keeps_its_constraints(run_here):
    def risky(trial):
        x = trial.suggest_int("x", 0, 1)
        trial.set_constraint("even", x)
        return -float(x)

    study, evaluated = run_here("small", 6, risky, space={"x": {"low": 0, "high": 1}, "y": 0.0}, duplicates="reuse")
    trials = study.study.get_trials()
    assert len(evaluated) < len(trials)
    assert all(trial.constraints == {"even": trial.params["x"]} for trial in trials)
    assert read_progress(study).best.params["x"] == 0


def test_a_sampler_hears_of_the_constraints_of_a_warm_start(make_study):
    source = make_study("source", objective="quadratic")
    trial = create_trial(
        value=1.0,
        params={"x": 1.0, "y": 2.0},
        distributions=dict.fromkeys("xy", FloatDistribution(-10.0, 10.0)),
        constraints={"memory": 3.0},
    )
    source.storage.create_new_trial(source.study_id, trial)
    target = make_study("target", objective="quadratic", space=source.spec.space, warm_start="source")
    assert [known.constraints for known in known_trials(target)] == [{"memory": 3.0}]


@pytest.fixture
def in_zone(monkeypatch):
    """Let this process live in another time zone, as a container may."""

    def move(zone):
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


ZONES = {
    "one zone": ("UTC", "UTC"),
    "the clock goes back": ("Asia/Tokyo", "America/New_York"),
    "the clock goes on": ("America/New_York", "Asia/Tokyo"),
}


def ending_in(in_zone, zones, best, change):
    """An objective whose best trial is that one, and that moves to the other zone within a trial."""

    def objective(trial):
        trial.suggest_float("x", 0.0, 1.0)
        in_zone(zones[trial.number >= change])
        return 0.0 if trial.number == best else 1.0 + trial.number

    return objective


@pytest.mark.parametrize("zones", ZONES.values(), ids=ZONES)
@pytest.mark.parametrize(("best", "change"), [(2, 3), (4, 2)])
def test_patience_and_durations_know_no_time_zone(make_study, work, in_zone, zones, best, change):
    # Given trials before and after the clocks of a machine changed
    study = make_study(objective="mine.py:objective", budget={"trials": 7})
    in_zone(zones[0])
    work(study, ending_in(in_zone, zones, best, change))
    # Then those after the best one are counted, and none has a length below 0 or of hours
    assert read_progress(study).since_best == 6 - best
    times = [times_of(trial) for trial in study.study.get_trials()]
    assert all(0.0 <= each.seconds < 600.0 for each in times)
    assert [each.start for each in times] == sorted(each.start for each in times)


@pytest.mark.parametrize("own_first", [True, False])
def test_trials_of_stock_optuna_beside_ours_are_ordered_too(make_study, work, location, own_first):
    study = make_study(objective="mine.py:objective", budget={"trials": 2})
    stock = optuna.load_study(study_name="s", storage=study.storage)

    if own_first:
        work(study, lambda trial: -1.0 - trial.number)
        stock.tell(stock.ask(), 5.0)
        stock.tell(stock.ask(), 6.0)
        assert read_progress(study).since_best == 2  # the second of ours is the best
    else:
        stock.tell(stock.ask(), -9.0)
        work(study, lambda trial: 1.0 + trial.number)
        assert read_progress(study).since_best == 1
        stock.tell(stock.ask(), 6.0)
        assert read_progress(study).since_best == 2
