"""Optuna's database storage with one thing added: several of its calls as one transaction."""

from __future__ import annotations

import json
import threading
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import partial, wraps
from typing import Any, Self, TypeVar, cast

import sqlalchemy
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from storage import optuna_schema
from storage.optuna_schema import JSONSerializable, trial_id_of, trial_rows
from storage.optuna_schema.json_values import as_json

OWN_READS = (
    "attribute_of_trials", "count_states", "first_waiting", "outlines", "running_unowned", "state_and_attribute",
    "trials_of",
)  # fmt: skip
"""The methods of ``SharedStorage`` that begin a transaction which only reads, as ``optuna_schema.READS`` do."""

Method = TypeVar("Method", bound=Callable[..., Any])


class SharedStorage(RDBStorage):
    """An ``RDBStorage`` that many processes may write to at once."""

    _inside: threading.local
    first_waiting_query = optuna_schema.FIRST_WAITING
    running_unowned_query = optuna_schema.RUNNING_UNOWNED_SQLITE
    _may_write: Callable[[int], AbstractContextManager[object]] | None = None

    def guarded(self, may_write: Callable[[int], AbstractContextManager[object]]) -> Self:
        """The same database, with the same transactions, through which no trial is written to but inside a context.

        ``may_write`` is given the trial's id and raises where nothing may be written. What is pickled is unguarded.
        """
        guarded = object.__new__(type(self))
        guarded.__dict__.update(self.__dict__, _may_write=may_write)
        return guarded

    def _writing(self, trial_id: int) -> AbstractContextManager[object]:
        # What is written later is written by a transaction that looks for itself.
        if self._may_write is None or getattr(self._inside, "deferred", None) is not None:
            return nullcontext()
        return self._may_write(trial_id)

    def __init__(self, url: str, engine_kwargs: dict[str, Any]) -> None:
        optuna_schema.initialize(self, url, engine_kwargs)

    @contextmanager
    def transaction(self) -> Iterator[sqlalchemy.Connection]:
        """Everything called on this storage inside is one transaction, with no other writer in between.

        An exception undoes all of it. Blocks may be nested.
        """
        outer = getattr(self._inside, "connection", None)
        if outer is not None:
            yield outer
            return
        with self.engine.connect() as connection, connection.begin():
            self.exclude_other_writers(connection)
            with self._joined(connection):
                yield connection

    @contextmanager
    def snapshot(self) -> Iterator[sqlalchemy.Connection]:
        """Everything read from this storage inside is of one moment, however many write meanwhile."""
        with self.reading_connection() as connection, connection.begin(), self._joined(connection):
            yield connection

    @contextmanager
    def _joined(self, connection: sqlalchemy.Connection) -> Iterator[None]:
        with optuna_schema.joined(self, connection):
            self._inside.connection = connection
            try:
                yield
            finally:
                self._inside.connection = None

    def persist(self) -> None:
        """Wait until what was committed would survive a power cut; nothing to do where every commit waits for that.

        Raises:
            StorageError: the disk does not take it.
        """

    @abstractmethod
    def exclude_other_writers(self, connection: sqlalchemy.Connection) -> None:
        """Make every other ``transaction`` on this database wait until this connection's one ends."""

    @abstractmethod
    def reading_connection(self) -> AbstractContextManager[sqlalchemy.Connection]:
        """A connection whose next transaction sees one moment, and keeps no writer waiting."""

    @contextmanager
    def deferred_trial_writes(self) -> Iterator[list[Callable[[], object]]]:
        """What this thread writes inside to the state and the system attributes of trials is not written.

        Gives the writes instead, in their order, for a transaction to do them all.
        """
        writes: list[Callable[[], object]] = []
        self._inside.deferred = writes
        try:
            yield writes
        finally:
            self._inside.deferred = None

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        """Set as Optuna does, or later (see ``deferred_trial_writes``)."""
        write = partial(super().set_trial_state_values, trial_id, state, values)
        return self._is_deferred(write) or write()

    def set_trial_system_attr(self, trial_id: int, key: str, value: JSONSerializable) -> None:
        """Set as Optuna does, arrays as lists, or later (see ``deferred_trial_writes``)."""
        # In memory Optuna keeps any value, so that what fails on its databases is met in people's scripts.
        with suppress(TypeError, RecursionError):
            value = as_json(value)
        write = partial(super().set_trial_system_attr, trial_id, key, value)
        if not self._is_deferred(write):
            write()

    def _is_deferred(self, write: Callable[[], object]) -> bool:
        deferred: list[Callable[[], object]] | None = getattr(self._inside, "deferred", None)
        if deferred is None:
            return False
        deferred.append(write)
        return True

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """The trial as Optuna reads it, with plain queries.

        Raises:
            KeyError: there is no such trial (any more).
        """
        for trial in self.trials_of([trial_id]):
            return trial
        raise KeyError(f"no trial of the id {trial_id}")

    def trials_of(self, trial_ids: Sequence[int]) -> list[FrozenTrial]:
        """The trials of these ids, whole, in the order of their ids; one that is gone is left out."""
        with optuna_schema.session(self) as session:
            return trial_rows.read_trials(session, trial_ids)

    def _get_trials(
        self,
        study_id: int,
        states: Container[TrialState] | None,
        included_trial_ids: set[int],
        trial_id_greater_than: int,
    ) -> list[FrozenTrial]:
        # What `get_all_trials` of Optuna's storage and of the cache before it are made of (5.0.0).
        with optuna_schema.session(self) as session:
            return trial_rows.read_study(
                session, study_id, states=states, known=included_trial_ids, after=trial_id_greater_than
            )

    def outlines(self, study_id: int, *, known: Collection[int] = (), after: int = -1) -> list[tuple[FrozenTrial, int]]:
        """A study's trials without their parameters, user attributes and reports, each with the number of its reports.

        Of all trials, those whose ids are greater than ``after`` or among ``known``.

        Raises:
            KeyError: there is no such study (any more).
        """
        with optuna_schema.session(self) as session:
            parts: tuple[trial_rows.Part, ...] = ("values", "system_attrs")
            found = trial_rows.read_study(session, study_id, known=known, after=after, parts=parts)
            reports = trial_rows.count_reports(session, [trial_id_of(trial) for trial in found])
        return [(trial, reports.get(trial_id_of(trial), 0)) for trial in found]

    def count_states(self, study_id: int) -> Counter[TrialState]:
        """How many trials of the study are in each state."""
        found = optuna_schema.rows(self, optuna_schema.COUNT_STATES, study=study_id)
        return Counter({TrialState[state]: count for state, count in found})

    def first_waiting(self, study_id: int, but: Collection[int] = ()) -> int | None:
        """The id of the WAITING trial with the lowest number, if there is one that is none of ``but``."""
        found = optuna_schema.rows(self, self.first_waiting_query, study=study_id, but=list(but))
        return next((trial_id for (trial_id,) in found), None)

    def running_unowned(self, study_id: int, key: str, open_: str, seconds: int) -> dict[int, int]:
        """The numbers, by id, of the RUNNING trials that nobody can be shown to hold.

        Held is a trial whose system attribute ``key`` has the text ``open_`` in its JSON, or that has sent one of
        Optuna's heartbeats within ``seconds``.
        """
        found = optuna_schema.rows(
            self, self.running_unowned_query, study=study_id, key=key, open=f"%{open_}%", seconds=seconds
        )
        return dict(map(tuple, found))

    def attribute_of_trials(self, study_id: int, key: str, text: str) -> dict[int, Any]:
        """A system attribute of the study's trials, by their ids, where its JSON has that text."""
        found = optuna_schema.rows(self, optuna_schema.ATTRIBUTE_OF_TRIALS, study=study_id, key=key, like=f"%{text}%")
        return {trial_id: json.loads(value) for trial_id, value in found}

    def state_and_attribute(self, trial_id: int, key: str) -> tuple[TrialState, Any]:
        """The trial's state and one of its system attributes (None where it has none), without reading the rest.

        Raises:
            KeyError: there is no such trial (any more).
        """
        for state, value in optuna_schema.rows(self, optuna_schema.STATE_AND_ATTRIBUTE, trial=trial_id, key=key):
            return TrialState[state], None if value is None else json.loads(value)
        raise KeyError(f"no trial of the id {trial_id}")


def _writes(method: Method) -> Method:
    @wraps(method)
    def write(self: SharedStorage, trial_id: int, *args: Any, **kwargs: Any) -> Any:
        with self._writing(trial_id):
            return method(self, trial_id, *args, **kwargs)

    return cast(Method, write)


for _name in optuna_schema.TRIAL_WRITES:
    setattr(SharedStorage, _name, _writes(getattr(SharedStorage, _name)))
