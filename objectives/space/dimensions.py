"""One line of `[space]`: a scalar, a range or choices. Messages complete the sentence "found X; ..."."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import (
    BaseModel,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    StrictBool,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from objectives.space.values import Scalar
from objectives.wording import did_you_mean, written

# Optuna keeps every number as a double; beyond this an integer would come back as another one.
LARGEST_INTEGER = 2**53


def _fault(message: str) -> PydanticCustomError:
    return PydanticCustomError("space", "{message}", {"message": message})


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _fault("allowed: a number")
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise _fault("allowed: an integer of at most 2**53")
    if not math.isfinite(value):
        raise _fault("allowed: a finite number")
    return value


def _scalar(value: object) -> Scalar:
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return _number(value)
    raise _fault("allowed: a number, a text, true or false")


def _unchanged(value: object) -> object:
    # Pydantic's own serializer of a union warns about values that a plain validator let through.
    return list(value) if isinstance(value, tuple) else value


def _scalars(value: object) -> tuple[Scalar, ...]:
    """One value stands for a list of one."""
    return tuple(_scalar(item) for item in (value if isinstance(value, list | tuple) else [value]))


def _choices(value: object) -> tuple[Scalar, ...]:
    if not isinstance(value, list | tuple):
        raise _fault("allowed: a list of values")
    if not value:
        raise _fault("allowed: a list of at least one value")
    choices = tuple(_scalar(item) for item in value)
    # Plain equality on purpose: Optuna finds a choice by it, and to it 1, 1.0 and true are one.
    repeated = [choice for place, choice in enumerate(choices) if choice in choices[:place]]
    if repeated:
        raise _fault(f"allowed: each value once, and {written(repeated[0])} equals an earlier one")
    return choices


Number = Annotated[int | float, PlainValidator(_number), PlainSerializer(_unchanged)]
Value = Annotated[Scalar, PlainValidator(_scalar), PlainSerializer(_unchanged)]
When = dict[str, Annotated[tuple[Scalar, ...], PlainValidator(_scalars), PlainSerializer(_unchanged)]]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Range(_Table):
    """From low to high, both included: of integers when low, high and step all are, else of floats."""

    low: Number
    high: Number
    log: StrictBool = False
    step: Number | None = None
    when: When | None = None
    """Parameter -> the values it must have; the dimension is only asked for when all hold."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Range:
        faults = [
            InitErrorDetails(type=_fault(message), loc=(key,), input=getattr(self, key))
            for key, message in self._faults()
        ]
        if faults:
            raise ValidationError.from_exception_data("Range", faults)
        return self

    def _faults(self) -> Iterator[tuple[str, str]]:
        if self.low >= self.high:
            advice = ", or a scalar to fix the parameter" if self.low == self.high else ""
            yield "low", f"allowed: less than high, which is {self.high}{advice}"
        elif not math.isfinite(self.high - self.low):
            yield "high", f"allowed: a number whose distance from low ({self.low}) is finite"
        if self.log and self.low <= 0:
            yield "low", "allowed with log = true: more than 0"
        if self.log and self.step is not None:
            yield "step", "not allowed with log = true: leave one of them out"
        if self.step is not None and self.step <= 0:
            yield "step", "allowed: more than 0"
        elif self.step is not None and self.low < self.high:
            if (self.high - self.low) / self.step > LARGEST_INTEGER:
                yield "step", f"allowed: at most 2**53 steps from {self.low} to {self.high}"
            elif self._steps() < 1:
                yield "step", f"allowed: at most the range from {self.low} to {self.high}"

    @property
    def is_integer(self) -> bool:
        """Whether the suggested values are integers."""
        return all(isinstance(bound, int) for bound in (self.low, self.high, self.step or 1))

    @property
    def count(self) -> int | None:
        """How many values it has; None for a float range without a step."""
        if self.is_integer or self.step is not None:
            return self._steps() + 1
        return None

    def value(self, index: int) -> int | float:
        """Return the value `index` steps above low."""
        exact = _decimal(self.low) + index * _decimal(self.step or 1)
        return int(exact) if self.is_integer else float(exact)

    @property
    def top(self) -> int | float:
        """The highest value that is reached: high, or the last step below it."""
        return self.high if self.step is None else self.value(self._steps())

    def _steps(self) -> int:
        return int((_decimal(self.high) - _decimal(self.low)) // _decimal(self.step or 1))


def _decimal(number: float) -> Decimal:
    # 0.3 / 0.1 is 2.99... in binary; a user who writes 0.1 means one tenth.
    return Decimal(str(number))


class Choices(_Table):
    """One of the listed values, in no order."""

    choices: Annotated[tuple[Scalar, ...], PlainValidator(_choices), PlainSerializer(_unchanged)]
    when: When | None = None
    """As in a range."""


def _dimension(value: object) -> Scalar | Range | Choices:
    if isinstance(value, Range | Choices):
        return value
    if not isinstance(value, Mapping):
        if isinstance(value, list | tuple):
            raise _fault("allowed: a value, or a table such as { choices = [...] }")
        return _scalar(value)
    ranged, listed = {"low", "high", "log", "step"} & value.keys(), "choices" in value
    if ranged and listed:
        raise _fault(f"allowed: low and high, or choices, and not both (found choices and {min(ranged)})")
    model = Choices if listed else Range
    if not listed and not {"low", "high"} & value.keys():
        raise _fault(f"allowed: {{ low, high }} or {{ choices }}{_nearest_keys(value)}")
    known = list(model.model_fields)
    faults = [
        InitErrorDetails(
            type=_fault(f"no such key; allowed: {', '.join(known)}{did_you_mean(key, known)}"),
            loc=(str(key),),
            input=value[key],
        )
        for key in value
        if key not in known
    ]
    if faults:
        raise ValidationError.from_exception_data(model.__name__, faults)
    return model.model_validate(value)


def _nearest_keys(value: Mapping[object, object]) -> str:
    known = {*Range.model_fields, *Choices.model_fields}
    return next((hint for key in value if key not in known and (hint := did_you_mean(key, known))), "")


def _dumped(item: Scalar | Range | Choices) -> Scalar | dict[str, object]:
    return item.model_dump(mode="json", exclude_none=True) if isinstance(item, Range | Choices) else item


Dimension = Annotated[Scalar | Range | Choices, PlainValidator(_dimension), PlainSerializer(_dumped)]
