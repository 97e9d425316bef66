"""Studies brought from one storage into another, whole: every row, every file, compared before they count."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Table

from storage.errors import StorageError
from storage.location import FILES_VARIABLE, StorageLocation
from storage.optuna_schema import METADATA
from storage.rdb import SharedStorage
from storage.staging import staging_folder

_BATCH = 1000  # rows in memory, and in one statement
_TRIAL_FIELDS = (
    "number", "state", "values", "params", "distributions", "intermediate_values", "user_attrs", "system_attrs",
    "datetime_start", "datetime_complete",
)  # fmt: skip


class CopyError(StorageError):
    """What arrived is not what was sent; nothing of it was kept, and nothing taken from where it was."""


@dataclass(frozen=True)
class Side:
    """A storage that is copied from or to."""

    location: StorageLocation
    storage: SharedStorage


@dataclass(frozen=True, kw_only=True)
class Copied:
    """What was brought over of one study."""

    study: str
    trials: int
    files: int


def refuse_conflicts(source: Side, target: Side, names: Sequence[str]) -> None:
    """Find out before anything is copied.

    Raises:
        StorageError: one of the studies, or a folder for its files, is at the target already.
    """
    there = {study.study_name for study in target.storage.get_all_studies()}
    for name in names:
        if name in there:
            raise StorageError(
                f"{target.location} has a study {name!r} already", hint="delete it, or choose with --study"
            )
        folder = target.location.study_files(name)
        if not folder.exists():
            continue
        if folder == source.location.study_files(name):
            # Deleting one of the two studies would take the other's files.
            raise StorageError(
                f"both storages would keep the files of study {name!r} in {folder}",
                hint=f"set {FILES_VARIABLE} to another folder for the one on the server, and keep it set",
            )
        raise StorageError(f"{folder} is there already, for the files of study {name!r}", hint="move it away")


def copy_study(source: Side, target: Side, name: str) -> Copied:
    """Copy one study, its trials and its files; all of it arrives or none.

    Rows are copied and not trials: a trial read by Optuna has its times in local time, which is ambiguous for an
    hour a year, and creating one takes some fifty statements. Both storages have the same schema, or they would
    not have been opened. The comparison then reads both through Optuna.

    Raises:
        CopyError: a field or a file is not the same afterwards.
    """
    files = source.location.study_files(name)
    goal = target.location.study_files(name)
    goal.parent.mkdir(parents=True, exist_ok=True)
    with staging_folder(goal) if files.is_dir() else nullcontext() as folder:
        count = _copy_files(files, folder / "files") if folder is not None else 0
        with source.storage.snapshot() as reading, target.storage.transaction() as writing:
            study_id = source.storage.get_study_id_from_name(name)
            copy_id = _copy_rows(reading, writing, study_id)
            trials = _compare(source.storage, study_id, target.storage, copy_id)
            if folder is not None:
                (folder / "files").rename(goal)  # last: what fails before it leaves neither rows nor files
    return Copied(study=name, trials=trials, files=count)


def _copy_rows(reading: Connection, writing: Connection, study_id: int) -> int:
    """Copy the study's row and every row that belongs to it; returns the new id."""
    trials = METADATA.tables["trials"]
    within = {
        "studies": sqlalchemy.select(sqlalchemy.literal(study_id)),
        "trials": sqlalchemy.select(trials.c.trial_id).where(trials.c.study_id == study_id),
    }
    new: dict[str, dict[int, int]] = {"studies": {}, "trials": {}}
    for table in METADATA.sorted_tables:  # parents first
        (own,) = table.primary_key.columns
        parent = next(iter(table.foreign_keys), None)
        if table.name == "studies":
            wanted = own == study_id
        elif parent is not None:
            wanted = parent.parent.in_(within[parent.column.table.name])
        else:
            continue  # which version of the schema it is
        for rows in _batches(reading, table, wanted):
            old = [row.pop(own.name) for row in rows]
            if parent is not None:
                for row in rows:
                    row[parent.parent.name] = new[parent.column.table.name][row[parent.parent.name]]
            if table.name in new:
                made = writing.execute(sqlalchemy.insert(table).returning(own, sort_by_parameter_order=True), rows)
                new[table.name].update(zip(old, made.scalars(), strict=True))
            else:
                writing.execute(sqlalchemy.insert(table), rows)
    return new["studies"][study_id]


def _batches(
    reading: Connection, table: Table, wanted: sqlalchemy.ColumnElement[bool]
) -> Iterator[list[dict[str, Any]]]:
    (own,) = table.primary_key.columns
    result = reading.execute(sqlalchemy.select(table).where(wanted).order_by(own)).mappings()
    for rows in result.partitions(_BATCH):
        yield [dict(row) for row in rows]


def _compare(source: SharedStorage, study_id: int, target: SharedStorage, copy_id: int) -> int:
    """Read both as Optuna does, field by field; returns the number of trials.

    Raises:
        CopyError: with the first difference.
    """
    for read in ("get_study_name_from_id", "get_study_directions", "get_study_user_attrs", "get_study_system_attrs"):
        before, after = _plain(getattr(source, read)(study_id)), _plain(getattr(target, read)(copy_id))
        if before != after:
            raise CopyError(f"the copy differs in {read.removeprefix('get_')}: {before} became {after}")
    sent = source.get_all_trials(study_id, deepcopy=False)
    arrived = target.get_all_trials(copy_id, deepcopy=False)
    if len(sent) != len(arrived):
        raise CopyError(f"{len(sent)} trials were sent, {len(arrived)} arrived; nothing of them was kept")
    for trial, copy in zip(sent, arrived, strict=True):
        for field in _TRIAL_FIELDS:
            before, after = _plain(getattr(trial, field)), _plain(getattr(copy, field))
            if before != after:
                raise CopyError(f"trial {trial.number} of the copy differs in its {field}: {before} became {after}")
    return len(sent)


def _plain(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=repr)  # NaN equals NaN here; 1, 1.0 and True do not


def _copy_files(source: Path, target: Path) -> int:
    """Copy the tree, as it is found; returns the number of files.

    Raises:
        CopyError: a file reads otherwise than it was written.
    """
    target.mkdir()
    count = 0
    for path in sorted(source.rglob("*")):
        copy = target / path.relative_to(source)
        if path.is_symlink():
            copy.symlink_to(path.readlink())
        elif path.is_dir():
            copy.mkdir(exist_ok=True)
        elif path.is_file():
            count += 1
            with path.open("rb") as reading, copy.open("xb") as writing:
                digest = hashlib.blake2b()
                while piece := reading.read(2**20):
                    digest.update(piece)
                    writing.write(piece)
            shutil.copystat(path, copy)
            with copy.open("rb") as reading:
                if hashlib.file_digest(reading, "blake2b").digest() != digest.digest():
                    raise CopyError(
                        f"{path} reads otherwise in its copy", hint=f"is the disk of {target.parent} sound?"
                    )
    return count
