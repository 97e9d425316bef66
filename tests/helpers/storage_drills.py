"""What other processes do in the tests of storage; run, it imports everything once and forks them as it is asked."""

import contextlib
import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import alembic.command  # noqa: F401
import alembic.migration  # noqa: F401
import alembic.script  # noqa: F401  Optuna imports these as it opens a database
import optuna
import optuna.storages._rdb.models  # noqa: F401
from optuna.trial import TrialState

with contextlib.suppress(ImportError):
    import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401  so is this for a server

from helpers import database_drills
from helpers.database_drills import location
from helpers.forking import serve
from helpers.waiting import PATIENCE, eventually

from storage import open_storage
from storage.claims import NoTrial, TrialLost, claim, finish, requeue
from storage.optuna_schema import trial_id_of
from storage.processes import ProcessIdentity


def meet(folder, count):
    """Wait until as many processes are here: opening a database takes longer than most of what is raced for."""
    Path(folder).mkdir(exist_ok=True)
    Path(folder, str(os.getpid())).touch()
    deadline = time.monotonic() + PATIENCE
    while len(list(Path(folder).iterdir())) < count:
        assert time.monotonic() < deadline, "the others did not come"
        time.sleep(0.001)


def claim_in_rounds(path, rounds, meeting, count):
    """In each round claim one trial, at the same moment as all others; returns the ids."""
    opened, me, claimed = open_storage(location(path)), ProcessIdentity.current(), []
    for number in range(rounds):
        meet(f"{meeting}-{number}", count)
        claimed.append(claim(opened, 1, "w", me))
    return [trial for trial in claimed if not isinstance(trial, NoTrial)]


def work(path):
    """A worker whose every 3rd trial raises once, every 5th is interrupted once and every 7th is pruned."""
    opened, me = open_storage(location(path)), ProcessIdentity.current()
    study = optuna.load_study(study_name="s", storage=opened)
    attempts = []
    while True:
        trial_id = claim(opened, 1, "w", me)
        if trial_id is NoTrial.WAIT:
            time.sleep(0.01)
            continue
        if isinstance(trial_id, NoTrial):
            return attempts
        frozen = next(t for t in study.get_trials(deepcopy=False) if trial_id_of(t) == trial_id)
        trial = optuna.Trial(study, trial_id)
        attempts.append(frozen.number)
        if frozen.number % 9 == 8:
            requeue(opened, trial_id, me, "divergence", "nan")
        elif frozen.number % 3 == 2 and not frozen.intermediate_values:
            trial.report(0.5, 0)
            requeue(opened, trial_id, me, "exception", "boom")
        elif frozen.number % 5 == 4 and not frozen.intermediate_values:
            trial.report(0.5, 0)
            requeue(opened, trial_id, me, "interrupted")
        elif frozen.number % 7 == 6:
            trial.report(trial.suggest_float("x", 0, 1), 1)
            finish(opened, study, trial, me, state=TrialState.PRUNED)
        else:
            finish(opened, study, trial, me, state=TrialState.COMPLETE, values=[trial.suggest_float("x", 0, 1)])


class _Deadly(optuna.samplers.RandomSampler):
    def after_trial(self, study, trial, state, values):
        os.kill(os.getpid(), signal.SIGKILL)


def finish_and_die(path):
    """Claim a trial, and be killed by SIGKILL in the sampler's after_trial, between its value and its end."""
    opened, me = open_storage(location(path)), ProcessIdentity.current()
    study = optuna.load_study(study_name="s", storage=opened, sampler=_Deadly())
    trial = optuna.Trial(study, claim(opened, 1, "w", me))
    finish(opened, study, trial, me, state=TrialState.COMPLETE, values=[1.0])


def requeue_all(path, trial_ids, process, meeting, count):
    """Requeue the trials in the name of ``process``; returns those with which it succeeded."""
    opened, mine = open_storage(location(path)), []
    meet(meeting, count)
    for trial_id in trial_ids:
        try:
            requeue(opened, trial_id, ProcessIdentity.from_json(process), "death")
            mine.append(trial_id)
        except TrialLost:
            continue
    return mine


def optimize(path, trials):
    """Run trials of ours, as a plain Optuna script with our storage would."""
    study = optuna.load_study(study_name="s", storage=open_storage(location(path)))
    study.optimize(_reporting, n_trials=trials)


def optimize_until(path, enough):
    """Run trials of ours until the file ``enough`` appears."""
    while not Path(enough).exists():
        optimize(path, 1)


def optimize_stock(path, trials):
    """Run trials with stock Optuna on the file's URL; returns how many got through."""
    study, told = optuna.load_study(study_name="s", storage=location(path).url), 0
    deadline = time.monotonic() + PATIENCE
    while told < trials and time.monotonic() < deadline:
        try:
            study.optimize(_reporting, n_trials=1)
            told += 1
        except optuna.exceptions.StorageInternalError:
            continue  # its own short patience
    return told


def _reporting(trial):
    x = trial.suggest_float("x", -1, 1)
    for step in range(3):
        trial.report(x + step, step)
        trial.should_prune()
    return x * x


def hold_transaction(path, holding, release):
    """Keep a transaction open with something written in it; ``holding`` says that it is, ``release`` ends it."""
    opened = open_storage(location(path))
    with opened.transaction():
        opened.set_study_user_attr(1, "held", True)
        Path(holding).touch()
        eventually(Path(release).exists)


def hold_connection(path, holding, release, statement=None):
    """Keep the file open with the bare driver, idle or after ``statement``, until ``release`` appears."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("SELECT COUNT(*) FROM studies").fetchone()
        if statement is not None:
            connection.execute(statement)
            connection.execute("SELECT COUNT(*) FROM studies").fetchone()
        Path(holding).touch()
        eventually(Path(release).exists)
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def count_up(path, times):
    """Add one to a study attribute, read and write in one transaction, many times."""
    opened = open_storage(location(path))
    for _ in range(times):
        with opened.transaction():
            opened.set_study_user_attr(1, "count", opened.get_study_user_attrs(1)["count"] + 1)


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    serve({**vars(database_drills), **globals()})
