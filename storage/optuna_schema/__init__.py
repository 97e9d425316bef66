"""All that is private to Optuna and used here: its tables, its sessions, its hidden ids, its words of refusal.

Everything below was read in the Optuna named by ``READ_IN``; a test fails as soon as another one is installed, and
when a storage of Optuna's has a method that is not sorted into the tables at the end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from types import FunctionType
from typing import Any, Literal

import optuna
import sqlalchemy
from optuna._typing import JSONSerializable as JSONSerializable  # 5.0.0
from optuna.storages import RDBStorage
from optuna.storages._rdb.models import BaseModel  # 5.0.0: optuna/storages/_rdb/models.py
from optuna.storages._rdb.storage import _create_scoped_session, _VersionManager  # 5.0.0: as above, storage.py
from optuna.study._frozen import FrozenStudy  # 5.0.0
from optuna.trial import FrozenTrial
from sqlalchemy.orm import Session

READ_IN = "5.0.0"

# --- the tables, optuna/storages/_rdb/models.py in 5.0.0 -----------------------------------------------------

METADATA: sqlalchemy.MetaData = BaseModel.metadata
ALL_TABLES = frozenset(METADATA.tables)
STAMP = "alembic_version"  # Alembic's own, which says of which version the others are; other programs have one too
CORE_COLUMNS = {
    "studies": {"study_id", "study_name"},
    "trials": {"trial_id", "study_id", "state"},
    "version_info": {"version_info_id", "schema_version"},
}
"""The tables, and what they hold, in every version of Optuna whose files can be upgraded."""

COUNT_STATES = sqlalchemy.text("SELECT state, COUNT(*) FROM trials WHERE study_id = :study GROUP BY state")
_FIRST_WAITING = (
    "SELECT trial_id FROM trials WHERE study_id = :study AND state = 'WAITING' AND trial_id NOT IN :but"
    " ORDER BY number LIMIT 1"
)
_BUT: sqlalchemy.BindParameter[int] = sqlalchemy.bindparam("but", expanding=True)
FIRST_WAITING = sqlalchemy.text(_FIRST_WAITING).bindparams(_BUT)
# SKIP LOCKED: stock Optuna beside us may be claiming that trial at this moment.
FIRST_WAITING_UNLOCKED = sqlalchemy.text(f"{_FIRST_WAITING} FOR NO KEY UPDATE SKIP LOCKED").bindparams(_BUT)
STATE_AND_ATTRIBUTE = sqlalchemy.text(
    "SELECT state, value_json FROM trials LEFT JOIN trial_system_attributes AS attribute"
    " ON attribute.trial_id = trials.trial_id AND attribute.key = :key WHERE trials.trial_id = :trial"
)
ATTRIBUTE_OF_TRIALS = sqlalchemy.text(
    "SELECT trials.trial_id, value_json FROM trials JOIN trial_system_attributes AS attribute"
    " ON attribute.trial_id = trials.trial_id AND attribute.key = :key"
    " WHERE trials.study_id = :study AND value_json LIKE :like ORDER BY trials.number"
)
_RUNNING_UNOWNED = (
    "SELECT trials.trial_id, trials.number FROM trials"
    " LEFT JOIN trial_system_attributes AS attribute ON attribute.trial_id = trials.trial_id AND attribute.key = :key"
    " LEFT JOIN trial_heartbeats AS sign ON sign.trial_id = trials.trial_id"
    " WHERE trials.study_id = :study AND trials.state = 'RUNNING'"
    " AND (value_json IS NULL OR value_json NOT LIKE :open)"
    " AND (heartbeat IS NULL OR heartbeat NOT BETWEEN {earliest} AND {latest}) ORDER BY trials.number"
)
# By the clock of the database, as Optuna writes and judges these times; one ahead of it was written before the clock
# was set back, and says nothing.
RUNNING_UNOWNED_SQLITE = sqlalchemy.text(
    _RUNNING_UNOWNED.format(
        earliest="datetime('now', -:seconds || ' seconds')", latest="datetime('now', :seconds || ' seconds')"
    )
)
RUNNING_UNOWNED_POSTGRESQL = sqlalchemy.text(
    _RUNNING_UNOWNED.format(
        earliest="LOCALTIMESTAMP - make_interval(secs => :seconds)",
        latest="LOCALTIMESTAMP + make_interval(secs => :seconds)",
    )
)
COUNT_STATES_OF_EACH_STUDY = (
    "SELECT study_name, state, COUNT(*) FROM studies LEFT JOIN trials USING (study_id) GROUP BY 1, 2 ORDER BY 1, 2"
)

SET_BY_OBJECTIVES = ("constraints", "artifacts:", "terminator:", "ddp_pl:", "completed_rung_")
"""How the names of system attributes begin that say how an attempt at a trial went.

Constraints (5.0.0: study/_constrained_optimization.py), artifacts (artifacts/_upload.py), scores of folds
(terminator/erroreval.py), the pruning callback of optuna-integration for Lightning, and what successive halving judges
other trials by (pruners/_successive_halving.py). What samplers note is not among them: it belongs to the parameters.
"""

# --- hidden ids ----------------------------------------------------------------------------------------------


def trial_id_of(trial: FrozenTrial | optuna.Trial) -> int:
    """The id of a trial in its storage, which is unique over all studies, unlike its number."""
    return trial._trial_id  # 5.0.0: optuna/trial/_frozen.py, optuna/trial/_trial.py


def study_id_of(study: FrozenStudy | optuna.Study) -> int:
    """The id of a study in its storage."""
    return study._study_id  # 5.0.0: optuna/study/_frozen.py, optuna/study/study.py


# --- sessions ------------------------------------------------------------------------------------------------

REVISION = "v3.2.0.a"
"""Which revision of the tables this Optuna writes (5.0.0: the newest of optuna/storages/_rdb/alembic/versions)."""
_STAMPED = sqlalchemy.text(f"SELECT version_num FROM {STAMP}")


class _Versions(_VersionManager):
    """Optuna's versions of a database, which need Alembic only where it is stamped with no revision or another one.

    Importing Alembic and reading its scripts takes as long as importing Optuna itself, whenever a database is opened.
    """

    def _init_alembic(self) -> None:
        if self._stamped() is None:
            super()._init_alembic()

    def check_table_schema_compatibility(self) -> None:
        if self._stamped() != REVISION:
            super().check_table_schema_compatibility()

    def _stamped(self) -> str | None:
        with self.engine.connect() as connection, suppress(sqlalchemy.exc.DBAPIError):
            revision: str | None = connection.execute(_STAMPED).scalar()
            return revision
        return None


def initialize(storage: RDBStorage, url: str, engine_kwargs: dict[str, Any]) -> None:
    """What `RDBStorage.__init__` does to a storage whose tables are there, with `_Versions` for its versions."""
    # 5.0.0: it looks `_VersionManager` up in its module, and nothing else of it does.
    theirs = RDBStorage.__init__
    names = {**theirs.__globals__, "_VersionManager": _Versions}
    ours = FunctionType(theirs.__code__, names, theirs.__name__, theirs.__defaults__, theirs.__closure__)
    ours.__kwdefaults__ = theirs.__kwdefaults__
    ours(storage, url, engine_kwargs, skip_table_creation=True)


@contextmanager
def joined(storage: RDBStorage, connection: sqlalchemy.Connection) -> Iterator[None]:
    """Let every call of this thread on the storage take part in the transaction of ``connection``."""
    # Optuna opens a session for each call; the session of this thread is bound to one outer transaction instead
    # (SQLAlchemy: "joining a session into an external transaction"), so that the commits inside it wait for the end
    # of the block. 5.0.0: `scoped_session` is made in RDBStorage.__init__, and used by `_create_scoped_session`.
    storage.scoped_session.remove()
    storage.scoped_session(bind=connection, join_transaction_mode="create_savepoint")
    try:
        yield
    finally:
        storage.scoped_session.remove()


def session(storage: RDBStorage) -> AbstractContextManager[Session]:
    """A session of this thread for one of Optuna's calls, whose errors are raised as Optuna raises them."""
    return _create_scoped_session(storage.scoped_session)


def rows(storage: RDBStorage, query: sqlalchemy.TextClause, **values: Any) -> Sequence[Any]:
    """What a query gives, in a transaction of its own or in the one that this thread has joined."""
    session = storage.scoped_session()  # 5.0.0: see above
    try:
        return session.execute(query, values).all()
    finally:
        session.close()


def forget_reports(connection: sqlalchemy.Connection, trial_id: int, first_step: int) -> None:
    """Delete what was reported to a trial, from a step on."""
    table = METADATA.tables["trial_intermediate_values"]
    connection.execute(sqlalchemy.delete(table).where(table.c.trial_id == trial_id, table.c.step >= first_step))


def forget_attributes(
    connection: sqlalchemy.Connection, kind: Literal["user", "system"], trial_id: int, keys: Collection[str]
) -> None:
    """Delete the attributes of those names from a trial."""
    table = METADATA.tables[f"trial_{kind}_attributes"]
    connection.execute(sqlalchemy.delete(table).where(table.c.trial_id == trial_id, table.c.key.in_(keys)))


def schema_refusal(error: RuntimeError) -> Literal["older", "newer"] | None:
    """Whether Optuna has refused a database because another version of it has made the tables."""
    # 5.0.0: _VersionManager.check_table_schema_compatibility; it advises to upgrade where it knows the version.
    if "table schema" not in str(error):
        return None
    return "older" if "storage upgrade" in str(error) else "newer"


# --- what its methods do: BaseStorage, BaseHeartbeat and RDBStorage of 5.0.0 ---------------------------------

READS = (
    "get_all_studies", "get_all_trials", "get_best_trial", "get_current_version", "get_n_trials",
    "get_study_directions", "get_study_id_from_name", "get_study_name_from_id", "get_study_system_attrs",
    "get_study_user_attrs", "get_trial", "get_trial_id_from_study_id_trial_number", "get_trial_number_from_id",
    "get_trial_param", "get_trial_params", "get_trial_system_attrs", "get_trial_user_attrs",
    "_get_best_trial_id", "_get_stale_trial_ids", "_get_trials",
)  # fmt: skip
"""Begin a transaction that only reads."""

WRITES = (
    "create_new_study", "create_new_trial", "delete_study", "record_heartbeat", "set_study_system_attr",
    "set_study_user_attr", "set_trial_intermediate_value", "set_trial_param", "set_trial_state_values",
    "set_trial_system_attr", "set_trial_user_attr", "upgrade", "_create_new_trial", "_create_unique_study_name",
    "_set_trial_param",
)  # fmt: skip
"""Begin a transaction that writes, or reads what the next one writes."""

TRIAL_WRITES = (
    "set_trial_intermediate_value", "set_trial_state_values", "set_trial_system_attr", "set_trial_user_attr",
    "_set_trial_param",
)  # fmt: skip
"""Those that write to one trial, their first argument; `set_trial_param` is `_set_trial_param`."""

NO_TRANSACTION = (
    # run inside the transaction of another
    "_build_frozen_trial_from_trial_model", "_get_prepared_new_trial", "_set_trial_attr_without_commit",
    "_set_trial_intermediate_value_without_commit", "_set_trial_param_without_commit",
    "_set_trial_value_without_commit", "check_trial_is_updatable",
    # ask the object or the installed Optuna
    "get_all_versions", "get_failed_trial_callback", "get_head_version", "get_heartbeat_interval",
    "get_heartbeat_stale_trial_callback", "remove_session", "_fill_storage_url_template",
    "_set_default_engine_kwargs_for_mysql",
)  # fmt: skip
"""Begin none."""
