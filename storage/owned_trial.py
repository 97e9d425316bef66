"""A trial in its owner's hands: nobody else writes to it; where it starts anew, what earlier attempts left goes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Self

import sqlalchemy
from optuna.trial import FrozenTrial, TrialState

from storage.attempts import GIVEN_KEY, KEY, Attempt, attempts_of
from storage.optuna_schema import SET_BY_OBJECTIVES, forget_attributes, forget_reports
from storage.processes import ProcessIdentity
from storage.rdb import SharedStorage


class TrialLost(BaseException):
    """The trial is no longer this worker's: it was declared dead and the trial handed on.

    Not an ``Exception``, so that an objective that catches those does not go on for nothing.
    """


@contextmanager
def owned(storage: SharedStorage, trial_id: int, process: ProcessIdentity) -> Iterator[sqlalchemy.Connection]:
    """What is written to the trial inside is written only while ``process`` owns it, or if it is nobody's of ours.

    Raises:
        TrialLost: it does not (any more); nothing is written.
    """
    with storage.transaction() as connection:
        state, rows = storage.state_and_attribute(trial_id, KEY)
        # An objective may ask its study for a trial more, which no worker has claimed.
        if rows is not None:
            _checked(state, rows, process)
        yield connection


def written_by_owner(storage: SharedStorage, process: ProcessIdentity) -> SharedStorage:
    """The storage as the objectives, samplers and pruners of a worker get it.

    Whatever they write to a trial, they write while the worker owns it; later ``TrialLost`` is raised instead.
    """

    def may_write(trial_id: int) -> AbstractContextManager[object]:
        return owned(storage, trial_id, process)

    return storage.guarded(may_write)


def owned_attempts(storage: SharedStorage, trial_id: int, process: ProcessIdentity) -> list[Attempt]:
    """The attempts at a trial that ``process`` owns, the last one its own.

    Raises:
        TrialLost: it does not own it (any more).
    """
    return _checked(*storage.state_and_attribute(trial_id, KEY), process)


def _checked(state: TrialState, rows: Any, process: ProcessIdentity) -> list[Attempt]:
    attempts = attempts_of({KEY: rows or []})
    mine = bool(attempts) and attempts[-1].process == process and attempts[-1].outcome is None
    if state is not TrialState.RUNNING or not mine:
        raise TrialLost("the trial was handed to another worker")
    return attempts


@dataclass(frozen=True, kw_only=True)
class Leftovers:
    """What the next attempt at a trial sets anew, unless it goes on from a checkpoint.

    Parameters are not among it, nor what samplers have noted with them, nor the user attributes of an enqueued trial.
    """

    steps: frozenset[int] = frozenset()
    user: frozenset[str] = frozenset()
    system: frozenset[str] = frozenset()

    @classmethod
    def of(cls, trial: FrozenTrial) -> Self:
        """What a trial has as an attempt begins."""
        is_first = len(attempts_of(trial.system_attrs)) <= 1
        given = trial.user_attrs.keys() if is_first else trial.system_attrs.get(GIVEN_KEY, ())
        return cls(
            steps=frozenset(trial.intermediate_values),
            user=frozenset(trial.user_attrs.keys() - given),
            system=frozenset(key for key in trial.system_attrs if key.startswith(SET_BY_OBJECTIVES)),
        )

    def since(self, step: int) -> Self:
        """The reports of that step and later ones alone."""
        return type(self)(steps=frozenset(each for each in self.steps if each >= step))

    def without(self, user: Collection[str], system: Collection[str]) -> Self:
        """All but the attributes of those names."""
        return type(self)(steps=self.steps, user=self.user.difference(user), system=self.system.difference(system))

    def __bool__(self) -> bool:
        return bool(self.steps or self.user or self.system)


def forget(storage: SharedStorage, process: ProcessIdentity, trial_id: int, leftovers: Leftovers) -> None:
    """Delete them from the trial.

    Raises:
        TrialLost: ``process`` does not own the trial (any more); nothing is deleted.
    """
    with owned(storage, trial_id, process) as connection:
        if leftovers.steps:
            forget_reports(connection, trial_id, min(leftovers.steps))
        forget_attributes(connection, "user", trial_id, leftovers.user)
        forget_attributes(connection, "system", trial_id, leftovers.system)
