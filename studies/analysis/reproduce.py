"""A trial trained again, from what the study has kept of it, and compared with its record."""

from __future__ import annotations

import math
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import joblib
import optuna
from optuna.trial import FrozenTrial

from objectives.space.search_space import SearchSpace
from objectives.training.metrics import is_cost
from objectives.wording import quoted
from storage.claims import FINISHED
from studies.analysis.repeated_trial import RepeatedTrial
from studies.errors import RerunError, StudyError
from studies.execution.devices import SlotRequest
from studies.execution.engines.table import DEFAULT_ENGINE, engine_named
from studies.execution.values.returned import first_line, values_of
from studies.record.fingerprint import check_source, source_digest
from studies.record.stored import StoredStudy, stored_trial
from studies.record.training_version import training_of
from studies.sampling.duplicates import ATTRIBUTE
from studies.spec.resolving import resolve
from studies.spec.study import StudySpec
from studies.wording import offered

# Of a number above 1 relative to it. Threads add in any order, and single precision rounds every sum.
TOLERANCE = 1e-4


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One number of the record, and the one of the repetition; None where there is none."""

    name: str
    """The epoch, or what the value is called."""
    recorded: float | None
    again: float | None
    compared: bool = True
    """False of a measured time, which is never the same."""

    @property
    def difference(self) -> float | None:
        """How far apart they are; None where one of them is missing."""
        if self.recorded is None or self.again is None:
            return None
        if self.recorded == self.again or (math.isnan(self.recorded) and math.isnan(self.again)):
            return 0.0
        return abs(self.again - self.recorded)

    def agrees(self, tolerance: float) -> bool:
        """Whether they differ by no more than that; above 1 relative to the record."""
        if not self.compared or self.difference == 0.0:
            return True
        # Relative to infinity everything is near.
        if self.difference is None or math.isinf(self.difference):
            return False
        return self.difference <= tolerance * max(1.0, abs(self.recorded or 0.0))


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A trial beside its repetition."""

    number: int
    state: str
    series: str
    """What `epochs` compares."""
    epochs: Sequence[Pair]
    values: Sequence[Pair]
    tolerance: float
    device: str
    training: tuple[int, int] | None = None
    """The version of the training that made the record, and that of today; None where studyhall trains nothing."""

    @property
    def equal(self) -> bool:
        """Whether everything agrees within the tolerance."""
        return all(pair.agrees(self.tolerance) for pair in (*self.epochs, *self.values))

    @property
    def identical(self) -> bool:
        """Whether everything agrees to the last bit."""
        return all(pair.agrees(0.0) for pair in (*self.epochs, *self.values))

    @property
    def is_of_another_training(self) -> bool:
        """Whether another version of studyhall's training made the record, which today's cannot repeat."""
        return self.training is not None and self.training[0] != self.training[1]

    @property
    def largest_difference(self) -> float:
        """Of all that is compared and there on both sides."""
        return max((pair.difference or 0.0 for pair in (*self.epochs, *self.values) if pair.compared), default=0.0)

    def to_json(self) -> dict[str, Any]:
        """The stable keys of ``rerun --json``."""

        def row(key: str, pair: Pair) -> dict[str, Any]:
            name = int(pair.name) if key == "step" else pair.name
            return {key: name, "recorded": pair.recorded, "again": pair.again, "difference": pair.difference}

        return {
            "trial": self.number,
            "state": self.state,
            "series": self.series,
            "epochs": [row("step", pair) for pair in self.epochs],
            "values": [row("name", pair) for pair in self.values],
            "largest_difference": self.largest_difference,
            "tolerance": self.tolerance,
            "equal": self.equal,
            "identical": self.identical,
            "device": self.device,
            "training": None if self.training is None else dict(zip(("recorded", "again"), self.training, strict=True)),
        }


def rerun(stored: StoredStudy, number: int, environment: MutableMapping[str, str] | None = None) -> Comparison:
    """Train trial ``number`` again in this process and compare. Changes nothing in the study.

    Args:
        environment: takes the variables that pin this process where a worker of the study would be. Frameworks read
            them once, as they are loaded.

    Raises:
        StudyError: there is no such trial, or it cannot be repeated.
        RerunError: the objective raised.
    """
    spec = stored.required_spec()
    today = resolve(spec.objective).training_version
    recorded = _finished_trial(stored, spec, number)
    if number < stored.changed_at:
        raise StudyError(
            f"trial {number} of study {quoted(stored.name)} was made before a change of the study was accepted, "
            f"and what it was made with is not kept",
            hint=f"trials from {stored.changed_at} on can be run again",
        )
    if source_digest(stored) is not None:
        check_source(stored, accept=False)
    place = _place(spec)
    is_exact = place.is_exact and (environment is not None or not place.environment)
    if environment is not None:
        environment.update(place.environment)
    trial = RepeatedTrial(stored, recorded)
    values = _again(spec, trial)
    series, before, after = _series(spec, recorded, trial)
    return Comparison(
        number=number,
        state=recorded.state.name,
        series=series,
        epochs=[
            Pair(name=str(step), recorded=before.get(step), again=after.get(step)) for step in sorted({*before, *after})
        ],
        values=_pairs(spec, _recorded_values(recorded), values),
        tolerance=0.0 if is_exact else TOLERANCE,
        device=place.device,
        training=(training_of(stored, number), today) if today is not None else None,
    )


def _finished_trial(stored: StoredStudy, spec: StudySpec, number: int) -> FrozenTrial:
    found = stored_trial(stored, number)
    if found.state not in FINISHED:
        raise StudyError(
            f"trial {number} of study {quoted(stored.name)} is {found.state.name} and has no result to compare with",
            hint="only a COMPLETE or PRUNED trial can be repeated",
        )
    if (first := found.user_attrs.get(ATTRIBUTE)) is not None:
        raise StudyError(
            f"trial {number} of study {quoted(stored.name)} was not trained: it has the result of trial {first}",
            hint=f"{offered('rerun', stored.name, first)} runs that one again",
        )
    if not found.params and SearchSpace(spec.space).searched:
        raise StudyError(
            f"trial {number} of study {quoted(stored.name)} has no parameters in its record, so it cannot be repeated"
        )
    return found


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where a worker of the study would be; ``is_exact``: what is trained there is the same to the last bit."""

    device: str
    environment: Mapping[str, str]
    is_exact: bool


def _place(spec: StudySpec) -> _Place:
    if not resolve(spec.objective).uses_gpus:
        return _Place(device="formula", environment={}, is_exact=True)
    devices = spec.workers.devices
    [slot] = engine_named(DEFAULT_ENGINE).find_slots(
        SlotRequest(
            workers=1,
            devices=devices if isinstance(devices, str) else devices[:1],
            threads=spec.threads or max(1, int(joblib.cpu_count()) // spec.workers.count),
        )
    )
    is_exact = spec.threads == 1 and not slot.device.startswith("GPU")
    return _Place(device=slot.device, environment=slot.environment, is_exact=is_exact)


def _again(spec: StudySpec, trial: RepeatedTrial) -> list[float] | None:
    objective = resolve(spec.objective)
    try:
        with objective.process(spec):
            result = objective.load(spec)(trial)  # type: ignore[arg-type]  # what objectives need of a trial it has
    except optuna.TrialPruned:
        return _last(trial.reports)
    except KeyboardInterrupt:
        raise
    # The objective is the user's: it may raise anything.
    except BaseException as error:
        raise RerunError(f"trial {trial.number} could not be run again: {first_line(error)}") from error
    values, fault = values_of(result, len(spec.directions))
    if fault is not None:
        raise RerunError(f"trial {trial.number} could not be run again: {fault[1]}")
    return values


def _recorded_values(recorded: FrozenTrial) -> list[float] | None:
    return recorded.values or _last(recorded.intermediate_values)


def _last(reports: Mapping[int, float]) -> list[float] | None:
    return [reports[max(reports)]] if reports else None


def _pairs(spec: StudySpec, before: Sequence[float] | None, after: Sequence[float] | None) -> list[Pair]:
    names = spec.value_names

    def at(values: Sequence[float] | None, place: int) -> float | None:
        return values[place] if values is not None and place < len(values) else None

    return [
        Pair(name=name, recorded=at(before, place), again=at(after, place), compared=name != "seconds")
        for place, name in enumerate(names)
        if at(before, place) is not None or at(after, place) is not None
    ]


def _series(
    spec: StudySpec, recorded: FrozenTrial, again: RepeatedTrial
) -> tuple[str, Mapping[int, float | None], Mapping[int, float | None]]:
    """What is compared epoch by epoch: the reports, or a curve where a study has none, or only times."""
    if recorded.intermediate_values and spec.value_names[0] != "seconds":
        return spec.value_names[0], dict(recorded.intermediate_values), dict(again.reports)
    name = next((name for name in spec.metrics if not is_cost(name)), "val_loss")
    before, after = (dict(enumerate(t.user_attrs.get("curves", {}).get(name, []))) for t in (recorded, again))
    return name, before, after
