"""Looks at workers from outside: at their trials, and at what they have started."""

import contextlib

import psutil
from helpers.waiting import eventually
from optuna.trial import TrialState

from storage.attempts import attempts_of


def last_attempt(trial):
    """The newest attempt at a trial."""
    return attempts_of(trial.system_attrs)[-1]


def owners(study):
    """The processes of the trials that run and have reported."""
    trials = study.study.get_trials(states=(TrialState.RUNNING,))
    return [last_attempt(trial).process for trial in trials if trial.intermediate_values]


def alive(study):
    """Which of the processes that its trials have noted still live."""
    pids = [pid for trial in study.study.trials for pid in trial.user_attrs["children"]]
    assert pids
    return living(pids)


def living(pids):
    """Which of the processes live; one that ends while it is looked at does not."""
    found = []
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                found.append(pid)
    return found


def running_trial(study):
    """The first trial that runs and has reported, as soon as there is one."""
    eventually(lambda: owners(study))
    return study.study.get_trials(states=(TrialState.RUNNING,))[0]


def reports(engine, count):
    """So many reports, as soon as they are there."""
    found = []

    def all_there():
        found.extend(engine.poll(0.1))
        return len(found) >= count

    eventually(all_there)
    assert len(found) == count
    return found
