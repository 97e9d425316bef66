"""Brute force over what an objective suggests: each point once, whoever walks and in whatever order."""

import random
import warnings
from collections import Counter

import optuna
import pytest
from optuna.trial import TrialState

from storage.claims import NoTrial, claim, finish, requeue
from storage.optuna_schema import trial_id_of
from storage.processes import ProcessIdentity
from studies.errors import StudyError
from studies.execution.trial import WorkerStudy
from studies.sampling.propose import Proposer

ME = ProcessIdentity.current()


def flat(trial):
    yield
    a = trial.suggest_int("a", 0, 3)
    yield
    return a + (trial.suggest_categorical("b", ["p", "q"]) == "p")


def branching(trial):
    kind = trial.suggest_categorical("kind", ["float", "int", "none"])
    yield
    if kind == "float":
        return trial.suggest_float("x", 0.1, 0.7, step=0.3)
    if kind == "int":
        a = trial.suggest_int("a", 1, 3)
        yield
        return a + trial.suggest_int("b", a, 3)
    return 0.0


def single(trial):
    yield
    return (
        trial.suggest_int("one", 4, 4) + trial.suggest_float("half", 0.5, 0.5, step=0.1) + trial.suggest_int("x", 0, 2)
    )


def failing(trial):
    a = trial.suggest_int("a", 0, 2)
    yield
    if a == 1:
        raise ValueError("before b")
    return a + trial.suggest_float("b", 0.0, 1.0, step=0.5)


def nothing(trial):
    yield
    return 1.0


OBJECTIVES = [flat, branching, single, failing, nothing]


def whole(steps):
    """The objective as a function of a trial."""

    def objective(trial):
        walk = steps(trial)
        while True:
            try:
                next(walk)
            except StopIteration as end:
                return end.value

    return objective


def points_of_optuna(steps):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study = optuna.create_study(sampler=optuna.samplers.BruteForceSampler())
    study.optimize(whole(steps), catch=ValueError)
    return Counter(tuple(trial.params.items()) for trial in study.trials)


def advance(storage, steps):
    """One step of a walk, alone as a suggestion is; returns how the trial ends by it, and its value."""
    with storage.transaction():
        try:
            next(steps)
        except StopIteration as end:
            return "complete", end.value
        except ValueError:
            return "bad value", None
    return None, None


@pytest.fixture
def begin(make_study, tmp_path):
    """A study of an objective of one's own under brute force; returns it, and how to begin a trial of it."""
    file = tmp_path / "mine.py"
    file.write_text("def f(trial): ...\n")

    def make():
        stored = make_study(objective=f"{file}:f", sampler="bruteforce", budget={})
        study = WorkerStudy(stored.name, stored.storage)
        proposer = Proposer(study=study, storage=stored.storage, spec=stored.required_spec())

        def start():
            with stored.storage.transaction():
                claimed = claim(stored.storage, stored.study_id, "w", ME, is_covered=proposer.is_covered)
                if isinstance(claimed, NoTrial):
                    return claimed
                proposal = proposer.propose(claimed)
            study.sampler = proposal.sampler
            trial = optuna.Trial(study, claimed)
            return trial, proposal.sampler

        return stored, study, start

    return make


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("chance", [0, 1])
def test_walks_in_any_order_visit_what_optuna_visits_each_once(begin, objective, workers, chance):
    stored, study, start = begin()
    dice, walks, covered = random.Random(chance), [], False
    while walks or not covered:
        if not covered and len(walks) < workers:
            begun = start()
            covered = begun is NoTrial.BUDGET_REACHED
            if not isinstance(begun, NoTrial):
                walks.append((*begun, objective(begun[0])))
                continue
        if not walks:
            continue
        walk = trial, sampler, steps = dice.choice(walks)
        study.sampler = sampler
        outcome, value = advance(stored.storage, steps)
        if outcome == "complete":
            finish(stored.storage, study, trial, ME, state=TrialState.COMPLETE, values=[value])
        elif outcome == "bad value":
            requeue(stored.storage, trial_id_of(trial), ME, outcome)
        elif dice.random() < 0.1:  # its worker is killed, and another begins it again
            requeue(stored.storage, trial_id_of(trial), ME, "interrupted")
        else:
            continue
        walks.remove(walk)
    found = Counter(tuple(trial.params.items()) for trial in stored.study.get_trials())
    assert found == points_of_optuna(objective)


@pytest.mark.parametrize(
    ("suggest", "sentence"),
    [
        (lambda trial: trial.suggest_float("x", 0.0, 1.0), "x is a range of floats without a step"),
        (lambda trial: trial.suggest_int("x", 0, 10**7), "10,000,001 values of x alone"),
        (lambda trial: trial.suggest_int(f"x{trial.number}", 0, 1), "suggests the same again at the same point"),
        (lambda trial: trial.suggest_int("x", 0, 1 + trial.number), "at the start trial 0 was asked for x"),
    ],
)
def test_what_cannot_be_covered_is_said(begin, suggest, sentence):
    stored, study, start = begin()

    def search():
        for _ in range(3):
            trial, _ = start()
            finish(stored.storage, study, trial, ME, state=TrialState.COMPLETE, values=[float(suggest(trial))])

    with pytest.raises(StudyError, match=sentence):
        search()
