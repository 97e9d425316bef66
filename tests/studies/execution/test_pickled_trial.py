"""A trial or study that an objective hands to another process is Optuna's own, on the same database."""

import copy
import multiprocessing
import pickle

import optuna
import pytest


def set_from_child(trial, study):
    """In a process that has no worker: the module is loaded anew there."""
    trial.set_user_attr("child", [trial.number, type(trial).__name__])
    trial.report(0.5, 3)
    study.set_user_attr("trials", len(study.get_trials()))
    assert trial.should_prune() is False


def only_trial(study):
    (trial,) = study.study.get_trials()
    return trial


@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
def test_a_pickled_trial_writes_to_its_own_record(study, work, protocol):
    def objective(trial):
        x = trial.suggest_float("x", 0, 1)
        again = pickle.loads(pickle.dumps(trial, protocol))
        assert type(again) is optuna.Trial
        assert type(again.study) is optuna.Study
        assert again.study._storage is again.storage
        assert again.suggest_float("x", 0, 1) == x
        again.suggest_float("y", 0, 1)
        again.set_user_attr("note", 1)
        again.set_constraint("c", -1.0)
        again.report(0.5, 0)
        return x

    work(study, objective)
    trial = only_trial(study)
    assert (trial.user_attrs, trial.constraints, trial.intermediate_values) == ({"note": 1}, {"c": -1.0}, {0: 0.5})
    assert trial.params.keys() == {"x", "y"}


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_another_process_writes_to_it(study, work, method):
    def objective(trial):
        trial.suggest_float("x", 0, 1)
        context = multiprocessing.get_context(method)
        child = context.Process(target=set_from_child, args=(trial, trial.study))
        child.start()
        child.join()
        assert child.exitcode == 0
        return 1.0

    work(study, objective)
    assert only_trial(study).user_attrs == {"child": [0, "Trial"]}
    assert only_trial(study).intermediate_values == {3: 0.5}
    assert study.study.user_attrs == {"trials": 1}


@pytest.mark.parametrize("sampler", ["random", "tpe", "cmaes", "nsgaii", "qmc", "bruteforce"])
def test_it_can_be_pickled_whatever_the_sampler(make_study, work, sampler):
    settings = {"sampler": sampler, "space": {"x": {"low": 0, "high": 1}, "y": 0.0}, "pruner": "hyperband"}
    study = make_study(objective="quadratic", **settings)

    def objective(trial):
        trial.suggest_int("x", 0, 1)
        return float(pickle.loads(pickle.dumps(trial)).study.get_trials()[0].number)

    assert work(study, objective) in ("budget reached", "stopped")
    assert only_trial(study).value == 0.0


def test_copies_are_copies(study, work):
    def objective(trial):
        trial.study.stop()  # what a worker notes on its study is none of Optuna's
        for made in (copy.copy(trial), copy.deepcopy(trial)):
            made.set_user_attr(f"copy {type(made).__name__}", 1)
        assert len(copy.deepcopy(trial.study.trials)) == len(copy.deepcopy(trial.study).trials) == 1
        return 1.0

    work(study, objective)
    assert only_trial(study).user_attrs == {"copy Trial": 1}
