"""Trials read from Optuna's tables with one plain query a table.

Optuna makes an object of each row, and two distributions of each parameter: seconds and 250 MB for 1,000 trials of
100 reports. What is read here equals what Optuna reads.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Container, Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

import sqlalchemy
from optuna.distributions import json_to_distribution
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.orm import Session

from storage.optuna_schema import METADATA

_CHUNK = 500  # ids in one statement; some builds of SQLite allow 999
_SPECIAL = {"INF_POS": math.inf, "INF_NEG": -math.inf, "NAN": math.nan}
_STUDY = sqlalchemy.text("SELECT 1 FROM studies WHERE study_id = :study")
_TRIALS = METADATA.tables["trials"]
_IDS: sqlalchemy.BindParameter[Sequence[int]] = sqlalchemy.bindparam("ids", expanding=True)

Part = Literal["params", "values", "user_attrs", "system_attrs", "reports"]
"""What a trial has besides its number, its state and its times."""

_Found = dict[int, FrozenTrial]  # by their ids
_Rows = Iterable[Any]


def read_study(
    session: Session,
    study_id: int,
    *,
    states: Container[TrialState] | None = None,
    known: Collection[int] = (),
    after: int = -1,
    parts: Collection[Part] | None = None,
) -> list[FrozenTrial]:
    """The trials of a study whose ids are greater than ``after`` or among ``known``, in the order of their ids.

    Of ``parts``, by default all, those that are not named are left empty.

    Raises:
        KeyError: there is no such study (any more).
    """
    if session.execute(_STUDY, {"study": study_id}).first() is None:
        raise KeyError(f"no study of the id {study_id}")
    wanted = _TRIALS.c.study_id == study_id
    if states is not None:
        wanted &= _TRIALS.c.state.in_([state for state in TrialState if state in states])
    conditions = [wanted & (_TRIALS.c.trial_id > after)]
    earlier = sorted(trial_id for trial_id in known if trial_id <= after)
    conditions += [wanted & _TRIALS.c.trial_id.in_(chunk) for chunk in _chunks(earlier)]
    return _read(session, conditions, parts)


def read_trials(session: Session, trial_ids: Sequence[int]) -> list[FrozenTrial]:
    """Those of the trials that there are, whole, in the order of their ids."""
    return _read(session, [_TRIALS.c.trial_id.in_(chunk) for chunk in _chunks(trial_ids)])


def count_reports(session: Session, trial_ids: Sequence[int]) -> dict[int, int]:
    """How many reports each of these trials has; one that has none is left out."""
    query = "SELECT trial_id, COUNT(*) FROM trial_intermediate_values WHERE trial_id IN :ids GROUP BY trial_id"
    return dict(_rows(session, query, trial_ids))


def _read(
    session: Session, conditions: Iterable[sqlalchemy.ColumnElement[bool]], parts: Collection[Part] | None = None
) -> list[FrozenTrial]:
    rows = [row for condition in conditions for row in session.execute(sqlalchemy.select(_TRIALS).where(condition))]
    found = {row.trial_id: _bare(row) for row in sorted(rows, key=lambda row: row.trial_id)}
    for part, (add, query) in _PARTS.items():
        if parts is None or part in parts:
            add(found, _rows(session, query, list(found)))
    return list(found.values())


def _rows(session: Session, query: str, ids: Sequence[int]) -> _Rows:
    # The types of columns are not named: looking up what each value is would take most of the time.
    statement = sqlalchemy.text(query).bindparams(_IDS)
    for chunk in _chunks(ids):
        yield from session.execute(statement, {"ids": chunk})


def _chunks(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK)]


def _bare(row: Any) -> FrozenTrial:
    return FrozenTrial(
        number=row.number,
        state=row.state,
        value=None,
        datetime_start=_local(row.datetime_start),
        datetime_complete=_local(row.datetime_complete),
        params={},
        distributions={},
        user_attrs={},
        system_attrs={},
        intermediate_values={},
        trial_id=row.trial_id,
    )


def _local(moment: datetime | None) -> datetime | None:
    """Optuna stores UTC, and gives local time, neither with a zone."""
    return None if moment is None else moment.replace(tzinfo=UTC).astimezone().replace(tzinfo=None)


def _add_params(found: _Found, rows: _Rows) -> None:
    distribution_of = cache(json_to_distribution)
    for trial_id, name, value, text in rows:
        distribution = distribution_of(text)
        found[trial_id].distributions[name] = distribution
        found[trial_id].params[name] = distribution.to_external_repr(value)


def _add_values(found: _Found, rows: _Rows) -> None:
    for trial_id, value, kind in rows:
        trial = found[trial_id]
        trial.values = [*(trial.values or ()), _SPECIAL.get(kind, value)]


def _add_user_attrs(found: _Found, rows: _Rows) -> None:
    for trial_id, key, value in rows:
        found[trial_id].user_attrs[key] = json.loads(value)


def _add_system_attrs(found: _Found, rows: _Rows) -> None:
    for trial_id, key, value in rows:
        found[trial_id].system_attrs[key] = json.loads(value)


def _add_reports(found: _Found, rows: _Rows) -> None:
    for trial_id, step, value, kind in rows:
        found[trial_id].intermediate_values[step] = _SPECIAL.get(kind, value)


# The order is that of the tables' indices, in which SQLite gives rows to Optuna as well.
_PARTS: dict[Part, tuple[Callable[[_Found, _Rows], None], str]] = {
    "params": (
        _add_params,
        "SELECT trial_id, param_name, param_value, distribution_json FROM trial_params"
        " WHERE trial_id IN :ids ORDER BY param_id",
    ),
    "values": (
        _add_values,
        "SELECT trial_id, value, value_type FROM trial_values WHERE trial_id IN :ids ORDER BY trial_id, objective",
    ),
    "user_attrs": (
        _add_user_attrs,
        "SELECT trial_id, key, value_json FROM trial_user_attributes WHERE trial_id IN :ids ORDER BY trial_id, key",
    ),
    "system_attrs": (
        _add_system_attrs,
        "SELECT trial_id, key, value_json FROM trial_system_attributes WHERE trial_id IN :ids ORDER BY trial_id, key",
    ),
    "reports": (
        _add_reports,
        "SELECT trial_id, step, intermediate_value, intermediate_value_type FROM trial_intermediate_values"
        " WHERE trial_id IN :ids ORDER BY trial_id, step",
    ),
}
