"""What `check` sees of a study's data: how much there is, and whether the parameters go with it. Trains nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import optuna
from optuna.samplers import RandomSampler

from objectives.data.arrays import Splits
from objectives.data.dataset import ColumnReport, Dataset
from objectives.data.loading import absence
from objectives.data.named import DATA_FOLDER_VARIABLE, is_downloaded
from objectives.data.settings import DataSettings
from objectives.space.search_space import SearchSpace
from objectives.space.values import Scalar
from studies.preflight.baselines import Baseline, baselines
from studies.spec.resolving import resolve
from studies.spec.study import StudySpec

_POINTS = 200  # of the space, drawn to be held against ...
_ROWS = 1000  # ... so many rows: their range and their shape tell as much as all of them, 200 times


@dataclass(frozen=True, kw_only=True)
class ClassRows:
    """How many rows a class has."""

    name: str
    """Its number, where the source has no names."""
    rows: int
    """Of training and validation."""
    share: float
    """Of these."""


@dataclass(frozen=True, kw_only=True)
class DataCheck:
    """The data of a study, and every sentence on what does not go with them."""

    kind: str
    """"image", "table" or "text"."""
    shape: tuple[int, ...]
    """Of one row; empty for a text."""
    classes: int | None
    """None: regression."""
    train: int
    """Rows of the training split, of several the first, ..."""
    validation: int
    """... and of its validation split."""
    rows: int
    """All that were read, those of a test split among them."""
    columns: tuple[ColumnReport, ...] = ()
    """Of a table of the user's own."""
    class_rows: tuple[ClassRows, ...] = ()
    """In the order of their numbers; empty for regression."""
    baselines: tuple[Baseline, ...] = ()
    notes: tuple[str, ...] = ()
    """What of the data, or of the baselines, the user should hear."""
    faults: tuple[str, ...] = ()

    def __str__(self) -> str:
        size = " x ".join(map(str, self.shape))
        rows = {"image": f"images of {size}", "table": f"{size} columns", "text": "texts"}[self.kind]
        task = "regression" if self.classes is None else f"{self.classes} classes"
        return f"{rows}, {task}; {self.train:,} rows to train on, {self.validation:,} to validate, of {self.rows:,}"

    def to_json(self) -> dict[str, Any]:
        """The key ``data`` of ``check --json``."""
        return {key: value for key, value in asdict(self).items() if key not in ("faults", "notes")}


def data_check(spec: StudySpec) -> DataCheck | None:
    """Load the data as a trial would, and hold points of the space against them.

    None for what reads no data, and for data that are not on this machine; `unseen` says why.

    Raises:
        DataError: there are no such data, or they cannot be split as the study asks.
    """
    if spec.data is None or unseen(spec.data) is not None:
        return None
    objective = resolve(spec.objective)
    splits = objective.load_data(spec)
    if splits is None:
        return None
    data = splits[0]
    faults = objective.data_faults(spec, replace(data, x_train=data.x_train[:_ROWS]), _points(spec))
    return described(spec, splits, tuple(dict.fromkeys(faults)))


def described(spec: StudySpec, splits: Splits, faults: tuple[str, ...] = ()) -> DataCheck:
    """What there is to say of the splits of a study; without baselines where faults are told."""
    data, dataset = splits[0], splits.dataset
    found, unfound = ([], []) if faults else baselines(spec, data)
    return DataCheck(
        kind=data.kind,
        shape=() if data.kind == "text" else data.x_train.shape[1:],
        classes=data.classes,
        train=len(data.x_train),
        validation=len(data.x_validation),
        rows=splits.rows_read,
        columns=dataset.columns,
        class_rows=_class_rows(dataset),
        baselines=tuple(found),
        notes=(*dataset.notes, *unfound),
        faults=faults,
    )


def _class_rows(dataset: Dataset) -> tuple[ClassRows, ...]:
    import numpy as np

    if dataset.classes is None:
        return ()
    counts = np.bincount(dataset.y, minlength=dataset.classes).tolist()
    names = dataset.names or tuple(map(str, range(dataset.classes)))
    return tuple(
        ClassRows(name=name, rows=rows, share=rows / len(dataset.y)) for name, rows in zip(names, counts, strict=True)
    )


def unseen(data: DataSettings) -> str | None:
    """Why the data are not looked at; None where they are."""
    if is_downloaded(data.dataset):
        return f"they may have to be downloaded, for ${DATA_FOLDER_VARIABLE} is not set"
    return absence(data.dataset)


def _points(spec: StudySpec) -> Iterator[Mapping[str, Scalar]]:
    """Points of the space, drawn at random: they meet every choice under its conditions, and no strength is 0."""
    space = SearchSpace(spec.space)
    study = optuna.create_study(sampler=RandomSampler(seed=0))
    for _ in range(_POINTS if space.searched else 1):
        yield space.suggest(study.ask())
