"""The tables of a study file that say how a study runs, checked."""

from __future__ import annotations

import math
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
    WithJsonSchema,
    model_serializer,
    model_validator,
)

from objectives.wording import written
from storage.claims import Budget

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[dhms])+")


def seconds(text: str) -> float:
    """Seconds from ``"2h"``, ``"1h30m"``, ``"90s"`` or a number of seconds.

    Raises:
        ValueError: a text that is no duration.
    """
    text = text.strip().lower()
    if _DURATION.fullmatch(text):
        return sum(float(part[:-1]) * _UNITS[part[-1]] for part in re.findall(r"[\d.]+[dhms]", text))
    try:
        return float(text)
    except ValueError:
        raise ValueError('a duration is written "2h", "1h30m", "90s" or as a number of seconds') from None


def _duration(value: object) -> object:
    return seconds(value) if isinstance(value, str) else value


def _name(value: str) -> str:
    if not value.strip() or value != value.strip() or not value.isprintable() or value.startswith("-"):
        raise ValueError("a name has at least one character, no dash first, no line breaks, no blanks at its ends")
    return value


def _devices(value: object) -> object:
    if value in ("all", "none"):
        return value
    if isinstance(value, list | tuple) and value and all(type(item) is int and item >= 0 for item in value):
        return tuple(value)
    raise ValueError('allowed: "all", "none", or a list of GPU numbers such as [0, 1]')


# Pydantic's own serializer of a union warns about the list that JSON makes of a tuple.
Devices = Annotated[
    tuple[int, ...] | Literal["all", "none"],
    PlainValidator(_devices, json_schema_input_type=Literal["all", "none"] | list[int]),
    PlainSerializer(lambda value: list(value) if isinstance(value, tuple) else value),
]
Seconds = Annotated[
    float,
    BeforeValidator(_duration),
    Field(gt=0, allow_inf_nan=False),
    WithJsonSchema({"type": "string", "format": "duration"}),
]
Grace = Annotated[
    float,
    BeforeValidator(_duration),
    Field(ge=0),
    PlainSerializer(lambda value: "inf" if value == math.inf else value),  # JSON has no such number
    WithJsonSchema({"type": "string", "format": 'duration or `"inf"`'}),
]
Bytes = Annotated[ByteSize, WithJsonSchema({"type": "string", "format": "size"})]
Name = Annotated[str, Field(max_length=200), AfterValidator(_name)]


class Section(BaseModel):
    """A table of the study file: frozen, and a key it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SamplerConfig(Section):
    """A sampler or pruner by name, with the options that differ from its defaults."""

    model_config = ConfigDict(json_schema_extra={"format": "name or table"})

    name: str
    options: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _from_text_or_table(cls, value: object) -> object:
        if isinstance(value, str):
            return {"name": value}
        if isinstance(value, dict) and "name" in value:
            return {"name": value["name"], "options": {k: v for k, v in value.items() if k != "name"}}
        return value

    def __str__(self) -> str:
        return ", ".join([self.name, *(f"{key} = {written(value)}" for key, value in self.options.items())])

    @model_serializer
    def _as_table(self) -> dict[str, object]:
        return {"name": self.name, **self.options}


class BudgetSettings(Section):
    """When the study, or one trial of it, has had enough (see ``storage.claims.Budget``)."""

    trials: Annotated[int, Field(ge=1)] | None = None
    """Finished trials (complete or pruned) of the whole study, over all launches and resumes."""
    timeout: Seconds | None = None
    """Running time of the whole study. Time in which no launch runs does not count."""
    failures: Annotated[int, Field(ge=1)] = 10
    """Trials that may fail for good in one launch. With several workers a few more may fail that already run."""
    patience: Annotated[int, Field(ge=1)] | None = None
    """End the study after this many finished trials without a new best one, in the order in which they ended. One
    objective only."""
    target: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """End the study when a feasible trial's value is at least this good. One objective only."""
    trial_timeout: Seconds | None = None
    """The longest time of one attempt at a trial. A trial that takes longer fails and is not retried."""
    grace: Grace = 10.0
    """How long running trials may go on to their end once `timeout`, `target` or `patience` ends the study; what runs
    longer is requeued. `"inf"` lets them all finish, as Optuna's own `timeout` does. After Ctrl-C or `studyhall stop`:
    how long an objective of your own has to reach its next report before it is killed."""

    def to_budget(self) -> Budget:
        """The budget as the storage keeps it."""
        return Budget(
            trials=self.trials,
            seconds=self.timeout,
            failures=self.failures,
            patience=self.patience,
            target=self.target,
            trial_seconds=self.trial_timeout,
            grace=None if self.grace == math.inf else self.grace,
        )


class WorkerSettings(Section):
    """How many workers one launch starts, on which GPUs, and when they are replaced or given up."""

    count: Annotated[int, Field(ge=1, le=1024)] = 1
    """Worker processes of one launch."""
    devices: Devices = "all"
    """The GPUs to use, by number (`studyhall doctor` lists them). `"none"` hides all GPUs from the workers."""
    per_device: Annotated[int, Field(ge=1, le=64)] | None = Field(
        default=None, json_schema_extra={"otherwise": "as many as needed"}
    )
    """The most workers that share one GPU."""
    memory: Bytes | None = None
    """A worker that uses more memory is killed. Its trial fails and is not retried."""
    recycle_after: Annotated[int, Field(ge=1)] | None = None
    """Replace a worker process after this many trials."""
    recycle_memory: Bytes | None = None
    """Replace a worker process that uses more memory than this between two trials."""
    heartbeat: Seconds = 5.0
    """Seconds between two heartbeats of a launch."""
    heartbeat_grace: Seconds = 30.0
    """Seconds without a heartbeat after which another machine requeues the trials. At least twice `heartbeat`."""

    @model_validator(mode="after")
    def _grace_outlasts_beats(self) -> WorkerSettings:
        if self.heartbeat_grace < 2 * self.heartbeat:
            raise ValueError(
                f"heartbeat_grace is {self.heartbeat_grace:g} s and must be at least twice heartbeat, "
                f"which is {self.heartbeat:g} s"
            )
        return self
