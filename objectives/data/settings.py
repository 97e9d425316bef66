"""`[data]` of a study file, checked. Messages complete the sentence "found X; ..."."""

from __future__ import annotations

import math
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from objectives.data.named import DATASETS
from objectives.data.options import ReadOptions
from objectives.data.paths import is_path
from objectives.data.readers.formats import FOLDER, FORMATS, format_of
from objectives.data.splitting.indices import split_fault
from objectives.settings import AtLeastOne, Name, Settings
from objectives.wording import did_you_mean, listing, written

Columns = tuple[Annotated[str, Field(strict=True)], ...]


class DataSettings(Settings):
    """Which data, split how. The test split is never among what a search sees."""

    dataset: str = "digits"
    """A [named data set](#named-data-sets), or the path of [your own data](#your-own-data)."""
    target: Name | None = None
    """The column of a table to predict."""
    text: Name | None = None
    """The column of a table that holds texts. It is then the only input."""
    ignore: Columns = ()
    """Columns of a table that are no features."""
    categories: Columns = ()
    """Columns whose values are categories, though they are numbers."""
    numbers: Columns = ()
    """Columns of numbers, whatever else they hold: signs such as `$` and `%` are passed over, other cells are gaps."""
    dates: Columns = ()
    """Columns of dates. Each becomes a year, a month, a weekday and, with times, an hour."""
    words: Columns = ()
    """Columns of texts, such as titles. Each becomes its up to 200 most frequent words, beside the other columns."""
    missing: Literal["mean", "indicator", "most_frequent", "drop", "refuse"] = "mean"
    """What becomes of features without a value: see [Missing values](#missing-values)."""
    group: Name | None = None
    """The column whose rows of one value (a patient, a house) are never on two sides of a split. No feature."""
    time: Name | None = None
    """The column by which the rows are split: the earliest train, the last test. No feature."""
    task: Literal["auto", "classification", "regression"] = "auto"
    """`auto`: classification for texts and for few different whole numbers, else regression."""
    rare_classes: Literal["drop", "refuse", "other"] = "drop"
    """What becomes of classes with too few rows for every split: left out, refused, or made one class `other`."""
    header: bool | None = Field(default=None, strict=True, json_schema_extra={"otherwise": "read off"})
    """Whether the first line names the columns. Without names they are `column_1`, `column_2` and so on."""
    separator: Annotated[str, Field(min_length=1, max_length=1)] | None = Field(
        default=None, json_schema_extra={"otherwise": "read off"}
    )
    """The sign between the cells of a line."""
    encoding: Name = "utf-8"
    """How a file of text is encoded, as Python calls it: `latin-1`, `cp1252`, `utf-16`."""
    decimal: Literal[".", ","] = "."
    """The sign before the decimals of a number."""
    thousands: Literal[",", ".", " ", "'", "_"] | None = None
    """The sign between the thousands of a number."""
    image_size: tuple[AtLeastOne, AtLeastOne] | None = Field(
        default=None, json_schema_extra={"otherwise": "that of the first image"}
    )
    """Height and width to which the images of a folder are resized."""
    evaluation: Literal["hold-out", "k-fold", "iterated-k-fold"] = "hold-out"
    """How the rows are split for training and validation: see [Evaluation](#evaluation)."""
    folds: Annotated[int, Field(strict=True, ge=2)] | None = Field(
        default=None, validate_default=True, json_schema_extra={"otherwise": "`5`"}
    )
    """The number of folds. Refused with hold-out."""
    repeats: Annotated[int, Field(strict=True, ge=2)] | None = Field(
        default=None, validate_default=True, json_schema_extra={"otherwise": "`2`"}
    )
    """How often the rows are split into folds again. Only with iterated k-fold."""
    split: tuple[Annotated[float, Field(strict=True)], ...] | None = Field(
        default=None, json_schema_extra={"otherwise": "see [Evaluation](#evaluation)"}
    )
    """The ratios of the splits, which sum to 1."""
    scaling: Literal["auto", "min-max", "standard", "none"] = "auto"
    """How features are scaled: see [Scaling](#scaling)."""
    classes: tuple[Annotated[int, Field(strict=True)] | Annotated[str, Field(strict=True)], ...] | None = Field(
        default=None, json_schema_extra={"otherwise": "all"}
    )
    """Two or more classes, by name or number. Only their rows are used, numbered from 0 in this order."""

    @field_validator("dataset")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in DATASETS and not is_path(name):
            raise _fault(
                f"allowed: {', '.join(DATASETS)}, a file ({', '.join(FORMATS)}), or a folder of images such as "
                f"./{name or 'images'}{did_you_mean(name, DATASETS)}"
            )
        return name

    @field_validator(
        "target", "text", "ignore", "categories", "numbers", "dates", "words", "missing", "group", "time", "task",
        "header", "separator", "encoding", "decimal", "thousands", "image_size",
    )  # fmt: skip
    @classmethod
    def _applies(cls, value: Any, info: ValidationInfo) -> Any:
        dataset, key = info.data.get("dataset"), str(info.field_name)
        if dataset is None or value == cls.model_fields[key].default:
            return value
        if dataset in DATASETS:
            raise _fault(f"not allowed: {dataset} is a known data set and takes no {key}; leave it out")
        found = format_of(dataset)
        if found is FOLDER and not Path(dataset).is_dir() and (Path(dataset).suffix or Path(dataset).exists()):
            return value  # `path_fault` says what it is
        if key not in found.keys:
            takes = f"takes {', '.join(sorted(found.keys))}"
            raise _fault(f"not allowed: {dataset} is {found.name}, which {takes} and no {key}; leave it out")
        return value

    @field_validator("text", "ignore", "categories", "numbers", "dates", "words", "group", "time")
    @classmethod
    def _is_another_column(cls, value: Any, info: ValidationInfo) -> Any:
        key, named = str(info.field_name), value if isinstance(value, tuple) else (value,)
        # Only keys that come before this one are known yet.
        for other in info.data.keys() & _NOT_BESIDE[key]:
            said = info.data[other]
            others = said if isinstance(said, tuple) else (said,)
            if both := [name for name in named if name is not None and name in others]:
                what = f"the {other}" if isinstance(said, str) else f"in {other}"
                raise _fault(f"not allowed: {written(both[0])} is {what}; name another column")
        if key in ("ignore", *_KINDS) and value and info.data.get("text") is not None:
            raise _fault("does nothing beside text, from which alone is learned; leave one of them out")
        return value

    @field_validator("time")
    @classmethod
    def _goes_without_group(cls, time: str | None, info: ValidationInfo) -> str | None:
        if time is not None and info.data.get("group") is not None:
            raise _fault("not allowed with group: rows are split by one of them; leave the other out")
        return time

    @field_validator("rare_classes")
    @classmethod
    def _goes_with_classes(cls, treatment: str, info: ValidationInfo) -> str:
        if treatment != "drop" and info.data.get("task") == "regression":
            raise _fault('does nothing with task = "regression"; leave it out')
        return treatment

    @field_validator("evaluation")
    @classmethod
    def _goes_with_time(cls, evaluation: str, info: ValidationInfo) -> str:
        if evaluation == "iterated-k-fold" and info.data.get("time") is not None:
            raise _fault(
                'not allowed with time: there is one order of time, so that each repeat would be the same; say "k-fold"'
            )
        return evaluation

    @field_validator("folds", "repeats")
    @classmethod
    def _goes_with_evaluation(cls, value: int | None, info: ValidationInfo) -> int | None:
        evaluation, key = info.data.get("evaluation"), str(info.field_name)
        if evaluation is None:
            return value
        default, used_with = _EVALUATIONS[key]
        if evaluation in used_with:
            return value if value is not None else default
        if value is not None:
            allowed = " or ".join(f"evaluation = {written(name)}" for name in used_with)
            raise _fault(f"does nothing with evaluation = {written(evaluation)}; leave it out, or say {allowed}")
        return None

    @field_validator("classes")
    @classmethod
    def _are_several(cls, chosen: tuple[int | str, ...] | None) -> tuple[int | str, ...] | None:
        if chosen is not None and (len(chosen) < 2 or len(set(chosen)) < len(chosen)):
            raise _fault("allowed: two or more classes, each once")
        return chosen

    @field_validator("split")
    @classmethod
    def _splits(cls, ratios: tuple[float, ...] | None, info: ValidationInfo) -> tuple[float, ...] | None:
        if ratios is None:
            return None
        dataset, evaluation = info.data.get("dataset"), info.data.get("evaluation")
        # What is unknown has a fault of its own; what is left to say of the ratios needs neither.
        if dataset is not None and evaluation is not None and (fault := _wrong_count(dataset, evaluation, len(ratios))):
            raise _fault(fault)
        if any(ratio <= 0 for ratio in ratios) or not math.isclose(sum(ratios), 1.0, abs_tol=1e-6):
            raise _fault(f"allowed: positive ratios that sum to 1 (these sum to {sum(ratios)})")
        return ratios

    @field_validator("scaling")
    @classmethod
    def _has_a_scale(cls, scaling: str, info: ValidationInfo) -> str:
        if scaling in ("min-max", "standard") and info.data.get("text") is not None:
            raise _fault("not allowed with text: texts have no scale; leave it out")
        return scaling

    @property
    def read_options(self) -> ReadOptions:
        """What the reader of a file is told."""
        return ReadOptions(**{field.name: getattr(self, field.name) for field in fields(ReadOptions)})

    @property
    def described(self) -> str:
        """In words: "mnist, 5 folds"."""
        folds = f"{self.folds} folds" if self.repeats is None else f"{self.repeats} x {self.folds} folds"
        column = self.group if self.group is not None else self.time
        by = "" if column is None else f" by {'group' if self.group is not None else 'time'} {written(column)}"
        classes = "" if self.classes is None else f", only the classes {listing(self.classes)}"
        return f"{self.dataset}, {'hold-out' if self.folds is None else folds}{by}{classes}"

    @property
    def split_count(self) -> int:
        """How many folds, or 1 for the hold-out: each has a training and a validation split."""
        return (self.folds or 1) * (self.repeats or 1)


_ROLES = {"target", "text", "ignore", "group", "time"}
_KINDS = {"categories", "numbers", "dates", "words"}

# Key -> keys that must not name the same column. The target may be said to hold numbers or categories.
_NOT_BESIDE = {
    **dict.fromkeys(_ROLES, _ROLES | _KINDS),
    "categories": _KINDS | _ROLES - {"target"},
    "numbers": _KINDS | _ROLES - {"target"},
    "dates": _KINDS | _ROLES,
    "words": _KINDS | _ROLES,
}

# Key -> its value unless given, and the evaluations with which it has one.
_EVALUATIONS = {"folds": (5, ("k-fold", "iterated-k-fold")), "repeats": (2, ("iterated-k-fold",))}


def _fault(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("data", "{sentence}", {"sentence": sentence})


def _wrong_count(dataset: str, evaluation: str, count: int) -> str | None:
    if dataset in DATASETS:
        return split_fault(dataset, evaluation, count, predefined_test=DATASETS[dataset].predefined_test)
    if dataset.lower().endswith(".npz"):
        # Only the file can tell whether it has a test split; this is what would be wrong either way.
        faults = [split_fault(dataset, evaluation, count, predefined_test=predefined) for predefined in (False, True)]
        return faults[0] if all(faults) else None
    return split_fault(dataset, evaluation, count, predefined_test=False)
