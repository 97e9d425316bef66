"""Who may start which trial, and how it goes back: the only place where a trial of ours changes its state.

The budget is the study's, exact over all workers and resumes, because counting and claiming are one
transaction: no other worker can claim between the count and the claim.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

from storage.attempts import (
    GIVEN_KEY,
    KEY,
    Attempt,
    Outcome,
    SameError,
    attempts_of,
    failure_reason,
    record,
    same_error,
    to_json,
    unowned,
)
from storage.optuna_schema import study_id_of, trial_id_of
from storage.owned_trial import TrialLost as TrialLost
from storage.owned_trial import owned_attempts
from storage.processes import ProcessIdentity
from storage.rdb import SharedStorage

BUDGET_KEY = "studyhall:budget"
CLOSED_KEY = "studyhall:closed"
"""The study's attribute that says that nobody is to claim a trial any more; None, or not there, where one may."""
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


@dataclass(frozen=True, kw_only=True)
class Budget:
    """When all workers of one study have, together, done enough. None means without limit.

    ``trials`` counts finished ones (COMPLETE or PRUNED), ``seconds`` the time in which at least one launch of
    the study ran, ``failures`` the trials that may fail for good within one launch or resume. ``patience`` ends the
    study after so many finished trials without a better one, ``target`` at a value at least that good;
    ``trial_seconds`` is what one attempt at a trial may take; ``points`` the size of a space that is to be covered,
    each point by one trial, so that one which fails is not replaced; ``grace`` the seconds that running trials may go
    on when the study is over before its number of trials.
    """

    trials: int | None = None
    seconds: float | None = None
    failures: int = 10
    patience: int | None = None
    target: float | None = None
    trial_seconds: float | None = None
    points: int | None = None
    grace: float | None = 10.0

    @classmethod
    def of(cls, storage: SharedStorage, study_id: int) -> Budget:
        """The budget that the study holds now."""
        return cls.in_attributes(storage.get_study_system_attrs(study_id))

    @classmethod
    def in_attributes(cls, attributes: Mapping[str, Any]) -> Budget:
        """The budget among a study's system attributes."""
        stored = attributes.get(BUDGET_KEY, {})
        # Format 2 of the stored study calls it so.
        return cls(**{"patience" if key == "stall" else key: value for key, value in stored.items()})

    def store(self, storage: SharedStorage, study_id: int) -> None:
        """Make it the study's; workers that run obey it from their next claim on."""
        storage.set_study_system_attr(study_id, BUDGET_KEY, asdict(self))


class NoTrial(Enum):
    """Why a worker gets no trial."""

    BUDGET_REACHED = "the budget is reached"
    WAIT = "every trial left is running elsewhere, and may yet come back"
    TOO_MANY_FAILURES = "too many trials have failed"
    CLOSED = "the study was closed: running trials may finish, and nobody starts another"
    SAME_ERROR = "every attempt has raised the same"


def claim(
    storage: SharedStorage,
    study_id: int,
    worker: str,
    process: ProcessIdentity,
    *,
    failed_before: int = 0,
    is_covered: Callable[[], bool] = lambda: False,
) -> int | NoTrial:
    """Take the first WAITING trial, or make a new one; returns its id, RUNNING, or why there is none.

    ``failed_before`` is the number of failed trials that the budget's ``failures`` does not count; ``is_covered``
    says whether a new trial would have nothing to evaluate.
    """
    attempt = Attempt.begun(worker, process)
    with storage.transaction():
        attributes = storage.get_study_system_attrs(study_id)
        counts = storage.count_states(study_id)
        budget = Budget.in_attributes(attributes)
        finished = sum(counts[state] for state in FINISHED)
        if budget.trials is not None and finished >= budget.trials:
            return NoTrial.BUDGET_REACHED
        if counts[TrialState.FAIL] - failed_before >= budget.failures:
            return NoTrial.TOO_MANY_FAILURES
        if attributes.get(CLOSED_KEY) is not None:
            return NoTrial.CLOSED
        error = None if finished else same_error(storage, study_id, worker)
        if error is not None and error.is_certain:
            return NoTrial.WAIT if error.running else NoTrial.SAME_ERROR
        # Asked only where it matters: at nearly every claim the budget has more left than there are trials that run.
        is_tight = _has_all_trials(budget, counts) or _has_all_points(budget, counts)
        if is_tight:
            counts[TrialState.RUNNING] -= len(unowned(storage, study_id))
        if _has_all_trials(budget, counts):
            return NoTrial.WAIT
        waiting = _first_waiting(storage, study_id, budget, counts, error)
        if waiting is None and (_has_all_points(budget, counts) or is_covered()):
            waiting = storage.first_waiting(study_id)  # one that was to wait for others, of which there are none
            if waiting is None:
                held = counts[TrialState.RUNNING] > (0 if is_tight else len(unowned(storage, study_id)))
                return NoTrial.WAIT if held else NoTrial.BUDGET_REACHED
        if waiting is None:
            return storage.create_new_trial(study_id, _running(attempt))
        trial = storage.get_trial(waiting)
        attempts = attempts_of(trial.system_attrs)
        if not attempts and trial.user_attrs:
            storage.set_trial_system_attr(waiting, GIVEN_KEY, sorted(trial.user_attrs))
        record(storage, waiting, [*attempts, attempt])
        storage.set_trial_state_values(waiting, TrialState.RUNNING)
        return waiting


def _first_waiting(
    storage: SharedStorage, study_id: int, budget: Budget, counts: Counter[TrialState], error: SameError | None
) -> int | None:
    """The WAITING trial that is next; None where a new one is.

    A trial that has raised what every trial raises so far waits until others were tried, as far as the budget has
    room for them: whether it is the parameters' fault can be seen at other parameters only.
    """
    if error is None:
        return storage.first_waiting(study_id)
    other = storage.first_waiting(study_id, but=error.trials)
    unfinished = counts[TrialState.WAITING] + counts[TrialState.RUNNING]
    has_room = (budget.trials is None or unfinished < budget.trials) and not _has_all_points(budget, counts)
    return other if other is not None or has_room else storage.first_waiting(study_id)


def _has_all_trials(budget: Budget, counts: Counter[TrialState]) -> bool:
    begun = counts[TrialState.RUNNING] + sum(counts[state] for state in FINISHED)
    return budget.trials is not None and begun >= budget.trials


def _has_all_points(budget: Budget, counts: Counter[TrialState]) -> bool:
    return budget.points is not None and counts.total() >= budget.points


def _running(attempt: Attempt) -> FrozenTrial:
    trial = create_trial(state=TrialState.RUNNING, system_attrs={KEY: to_json([attempt])})
    trial.datetime_start = datetime.now()  # local and naive, as Optuna's own
    return trial


def finish(
    storage: SharedStorage,
    study: optuna.Study,
    trial: optuna.Trial,
    process: ProcessIdentity,
    *,
    state: TrialState,
    values: Sequence[float] | None = None,
) -> None:
    """Tell Optuna that this worker's trial is COMPLETE with ``values``, or PRUNED; then not even a power cut undoes it.

    The sampler's ``after_trial`` may read the whole study. It runs before the trial ends, as Optuna has it, but
    keeps no other worker waiting: only what it and Optuna write to the trial is one transaction.

    Raises:
        TrialLost: it is not this worker's any more; nothing is written to it.
    """
    number = trial_id_of(trial)
    owned_attempts(storage, number, process)
    writes: Sequence[Callable[[], object]] = ()
    try:
        with storage.deferred_trial_writes() as writes:
            study.tell(trial, values, state)
    finally:
        # Also where `after_trial` has raised: the trial ends nevertheless, as Optuna has it.
        if writes:
            with storage.transaction():
                attempts = owned_attempts(storage, number, process)
                outcome: Outcome = "complete" if state is TrialState.COMPLETE else "pruned"
                counts = storage.count_states(study_id_of(study))
                finished = 1 + sum(counts[each] for each in FINISHED)
                record(storage, number, [*attempts[:-1], attempts[-1].ended(outcome, finished=finished)])
                for write in writes:
                    write()
            storage.persist()


def requeue(
    storage: SharedStorage,
    trial_id: int,
    process: ProcessIdentity,
    outcome: Outcome,
    detail: str = "",
    cause: str = "",
) -> TrialState:
    """End the attempt of ``process`` at a trial without a result: the trial waits again, or fails for good.

    Its number, parameters and reports stay. Returns WAITING or FAIL.

    Raises:
        TrialLost: ``process`` does not own the trial (any more); nothing is written.
    """
    with storage.transaction():
        attempts = owned_attempts(storage, trial_id, process)
        attempts[-1] = attempts[-1].ended(outcome, detail, cause=cause)
        record(storage, trial_id, attempts)
        failure = failure_reason(attempts)
        if failure is None:
            storage.set_trial_state_values(trial_id, TrialState.WAITING)
            return TrialState.WAITING
        storage.set_trial_user_attr(trial_id, "failure", failure)
        storage.set_trial_state_values(trial_id, TrialState.FAIL)
    storage.persist()
    return TrialState.FAIL


def running_attempts(trials: Sequence[FrozenTrial]) -> list[tuple[FrozenTrial, Attempt]]:
    """The RUNNING trials among ``trials`` that a worker of ours owns, each with its attempt.

    Where the last attempt is over, a stock Optuna worker beside us has taken the trial as it waited.
    """
    return [
        (trial, attempts[-1])
        for trial in trials
        if trial.state is TrialState.RUNNING
        and (attempts := attempts_of(trial.system_attrs))
        and attempts[-1].outcome is None
    ]


def reclaim(
    storage: SharedStorage, trials: Sequence[FrozenTrial], is_silent: Callable[[str], bool]
) -> list[FrozenTrial]:
    """Requeue each of ``trials`` that is RUNNING under a dead process; returns those.

    On this machine a process is judged at once; of one that cannot be seen from here ``is_silent`` is asked, with
    the worker's name, whether its heartbeat has stopped.
    """
    reclaimed = []
    for trial, attempt in running_attempts(trials):
        alive = attempt.process.is_alive()
        if alive or (alive is None and not is_silent(attempt.worker)):
            continue
        detail = f"{attempt.process} is gone" if alive is False else f"{attempt.process} sends no heartbeat any more"
        try:
            requeue(storage, trial_id_of(trial), attempt.process, "death", detail)
        except TrialLost:
            continue
        reclaimed.append(trial)
    return reclaimed
