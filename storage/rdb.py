"""Optuna's database storage with one thing added: several of its calls as one transaction."""

from __future__ import annotations

import json
import threading
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import sqlalchemy
from optuna.storages import RDBStorage
from optuna.trial import TrialState

_COUNT = sqlalchemy.text("SELECT state, COUNT(*) FROM trials WHERE study_id = :study GROUP BY state")
_FIRST_WAITING = sqlalchemy.text(
    "SELECT trial_id FROM trials WHERE study_id = :study AND state = 'WAITING' ORDER BY number LIMIT 1"
)
_STATE_AND_ATTRIBUTE = sqlalchemy.text(
    "SELECT state, value_json FROM trials LEFT JOIN trial_system_attributes AS attribute"
    " ON attribute.trial_id = trials.trial_id AND attribute.key = :key WHERE trials.trial_id = :trial"
)


class SharedStorage(RDBStorage):
    """An ``RDBStorage`` that many processes may write to at once."""

    _inside: threading.local

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
        # Optuna opens a session for each call; the session of this thread is bound to one outer transaction
        # instead (SQLAlchemy: "joining a session into an external transaction"), so that the commits inside
        # it wait for the end of the block.
        self.scoped_session.remove()
        self.scoped_session(bind=connection, join_transaction_mode="create_savepoint")
        self._inside.connection = connection
        try:
            yield
        finally:
            self._inside.connection = None
            self.scoped_session.remove()

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

    def count_states(self, study_id: int) -> Counter[TrialState]:
        """How many trials of the study are in each state."""
        return Counter({TrialState[state]: count for state, count in self._rows(_COUNT, study=study_id)})

    def first_waiting(self, study_id: int) -> int | None:
        """The id of the WAITING trial with the lowest number, if there is one."""
        return next((trial_id for (trial_id,) in self._rows(_FIRST_WAITING, study=study_id)), None)

    def state_and_attribute(self, trial_id: int, key: str) -> tuple[TrialState, Any]:
        """The trial's state and one of its system attributes (None where it has none), without reading the rest.

        Raises:
            KeyError: there is no such trial (any more).
        """
        for state, value in self._rows(_STATE_AND_ATTRIBUTE, trial=trial_id, key=key):
            return TrialState[state], None if value is None else json.loads(value)
        raise KeyError(f"no trial of the id {trial_id}")

    def _rows(self, query: sqlalchemy.TextClause, **values: Any) -> Sequence[Any]:
        session = self.scoped_session()
        try:
            return session.execute(query, values).all()
        finally:
            session.close()
