"""Everything a study is, checked once and stored in the study itself."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    model_serializer,
    model_validator,
)

from objectives.evaluation import run_count
from objectives.metrics import names_of
from objectives.settings import DataSettings, TrainSettings
from objectives.space import Dimension
from objectives.wording import written
from storage.claims import Budget
from studies.points import Point

FORMAT = 2  # of the stored study; a newer one is refused by an older program

Direction = Literal["minimize", "maximize"]

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[dhms])+")


def duration(value: Any) -> Any:
    """Seconds from ``"2h"``, ``"1h30m"``, ``"90s"`` or a plain number of seconds; anything else as it is.

    Raises:
        ValueError: a text that is no duration.
    """
    if not isinstance(value, str):
        return value
    text = value.strip().lower()
    if _DURATION.fullmatch(text):
        return sum(float(part[:-1]) * _UNITS[part[-1]] for part in re.findall(r"[\d.]+[dhms]", text))
    try:
        return float(text)
    except ValueError:
        raise ValueError('a duration is written "2h", "1h30m", "90s" or as a number of seconds') from None


def _name(value: str) -> str:
    if not value.strip() or value != value.strip() or not value.isprintable() or value.startswith("-"):
        raise ValueError("a name has at least one character, no dash first, no line breaks, no blanks at its ends")
    return value


def _devices(value: Any) -> Any:
    if value in ("all", "none"):
        return value
    if isinstance(value, list | tuple) and value and all(type(item) is int and item >= 0 for item in value):
        return tuple(value)
    raise ValueError('allowed: "all", "none", or a list of GPU numbers such as [0, 1]')


def _metric(value: Any) -> Any:
    if value is None:
        return None
    names = [value] if isinstance(value, str) else list(value) if isinstance(value, list | tuple) else []
    if not names or not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        raise ValueError('allowed: a name, or a list of different names such as ["val_accuracy", "parameters"]')
    return names[0] if len(names) == 1 else tuple(names)


Metric = Annotated[str | tuple[str, ...] | None, BeforeValidator(_metric)]
# Pydantic's own serializer of a union warns about the list that JSON makes of a tuple.
Devices = Annotated[
    tuple[int, ...] | Literal["all", "none"],
    PlainValidator(_devices),
    PlainSerializer(lambda value: list(value) if isinstance(value, tuple) else value),
]
Seconds = Annotated[float, BeforeValidator(duration), Field(gt=0, allow_inf_nan=False)]
Name = Annotated[str, Field(max_length=200), AfterValidator(_name)]


class Section(BaseModel):
    """A table of the study file: frozen, and a key it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Chosen(Section):
    """A sampler or pruner by name, with the options that differ from its defaults."""

    name: str
    options: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _from_text_or_table(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"name": value}
        if isinstance(value, dict) and "name" in value:
            return {"name": value["name"], "options": {k: v for k, v in value.items() if k != "name"}}
        if isinstance(value, dict):
            raise ValueError('a table needs the key name, for example name = "tpe"')
        return value

    def __str__(self) -> str:
        return ", ".join([self.name, *(f"{key} = {written(value)}" for key, value in self.options.items())])

    @model_serializer
    def _as_table(self) -> dict[str, Any]:
        return {"name": self.name, **self.options}


class BudgetSettings(Section):
    """When the study, or one trial of it, has had enough (see ``storage.claims.Budget``)."""

    trials: Annotated[int, Field(ge=1)] | None = None
    timeout: Seconds | None = None
    failures: Annotated[int, Field(ge=1)] = 10
    stall: Annotated[int, Field(ge=1)] | None = None
    target: Annotated[float, Field(allow_inf_nan=False)] | None = None
    trial_timeout: Seconds | None = None

    def to_budget(self) -> Budget:
        """The budget as the storage keeps it."""
        return Budget(
            trials=self.trials,
            seconds=self.timeout,
            failures=self.failures,
            stall=self.stall,
            target=self.target,
            trial_seconds=self.trial_timeout,
        )


class WorkerSettings(Section):
    """How many workers one launch starts, on which GPUs, and how many may share one (None: as many as need be)."""

    count: Annotated[int, Field(ge=1, le=1024)] = 1
    devices: Devices = "all"
    per_device: Annotated[int, Field(ge=1, le=64)] | None = None
    memory: ByteSize | None = None
    """A worker that uses more is killed, and its trial fails."""
    renew_after: Annotated[int, Field(ge=1)] | None = None
    """A worker process is replaced after so many trials, ..."""
    renew_memory: ByteSize | None = None
    """... or when, between two trials, it uses more than this."""
    beat: Seconds = 5.0
    grace: Seconds = 30.0

    @model_validator(mode="after")
    def _grace_outlasts_beats(self) -> WorkerSettings:
        if self.grace < 2 * self.beat:
            raise ValueError(f"grace is {self.grace:g} s and must be at least twice beat, which is {self.beat:g} s")
        return self


class StudySpec(Section):
    """One study, whole. ``seed`` None means: drawn when the study is created, and kept."""

    name: Name
    objective: str
    metric: Metric = None
    """One name, or one an objective."""
    directions: tuple[Direction, ...] = ("minimize",)
    seed: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    sampler: Chosen = Chosen(name="tpe")
    pruner: Chosen = Chosen(name="median")
    start: tuple[Point, ...] = ()
    """Points that are evaluated first, each once."""
    warm_start: Name | None = None
    """Another study of the same storage, whose trials the sampler knows."""
    duplicates: Literal["allow", "reuse", "another"] = "another"
    """What becomes of a suggestion that was evaluated before."""
    budget: BudgetSettings = BudgetSettings()
    data: DataSettings | None = None
    space: dict[str, Dimension] = {}
    train: TrainSettings | None = None
    workers: WorkerSettings = WorkerSettings()

    @model_validator(mode="before")
    @classmethod
    def _one_direction_is_a_list_of_one(cls, value: Any) -> Any:
        if isinstance(value, dict) and "direction" in value:
            if "directions" in value:
                raise ValueError("give direction or directions, not both")
            value = {**value, "directions": [value["direction"]]}
            del value["direction"]
        return value

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names in ``metric``, one an objective; none where it gives none."""
        return names_of(self.metric)

    @property
    def value_names(self) -> list[str]:
        """What the values of a trial are called, one an objective."""
        if len(self.metrics) == len(self.directions):
            return list(self.metrics)
        return ["value"] if len(self.directions) == 1 else [f"value {n}" for n in range(len(self.directions))]

    @property
    def goal(self) -> str:
        """What is better, in words: "val_accuracy, maximize; parameters, minimize"."""
        if not self.metrics:
            return ", ".join(self.directions)
        return "; ".join(map(", ".join, zip(self.value_names, self.directions, strict=True)))

    @property
    def pruning(self) -> str:
        """The pruner in words."""
        if len(self.directions) > 1:
            return "none, since trials with several objectives report nothing"
        return str(self.pruner)

    @property
    def steps(self) -> int | None:
        """How many steps a trial reports at most; None for an objective of the user's, and for several objectives.

        Pruners and displays count in it.
        """
        if self.train is None or len(self.directions) > 1:
            return None
        data = self.data if self.data is not None else DataSettings()
        return self.train.epochs * run_count(self.train.repeats, data.divisions)

    def differences(self, other: StudySpec) -> list[str]:
        """One line for each setting in which the search itself differs; budget and workers may change freely."""
        mine, theirs = self._search(), other._search()
        if None in (self.seed, other.seed):
            mine["seed"] = theirs["seed"] = None
        return [
            f"{key}: {mine.get(key)!r} instead of {theirs.get(key)!r}"
            for key in sorted({*mine, *theirs})
            if mine.get(key) != theirs.get(key)
        ]

    def _search(self) -> dict[str, Any]:
        nested = self.model_dump(mode="json", exclude={"name", "budget", "workers"})
        return {
            f"{key}.{inner}" if inner else key: item
            for key, value in nested.items()
            for inner, item in (value.items() if isinstance(value, dict) else [("", value)])
        }
