"""What a study file can get wrong although each of its lines is well formed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from objectives.wording import written
from studies.sampling.duplicates import duplicate_faults
from studies.sampling.pruners import pruner_faults
from studies.sampling.samplers import sampler_faults, sampler_of
from studies.sampling.start_points import start_faults
from studies.sampling.warm_start import warm_start_faults
from studies.spec.objective import Fault
from studies.spec.resolving import resolve
from studies.spec.study import StudySpec


def study_faults(spec: StudySpec) -> list[Fault]:
    """Every (key, sentence) that keeps a completed study from running; empty when it can."""
    return [fault for check in CHECKS for fault in check(spec)]


def _objective(spec: StudySpec) -> Iterator[Fault]:
    objective = resolve(spec.objective)
    yield from objective.faults(spec)
    if spec.arguments and not objective.takes_arguments:
        yield "arguments", f"{written(spec.objective)} is no file of your own and reads no arguments; leave them out"


def _directions(spec: StudySpec) -> Iterator[Fault]:
    if not spec.directions:
        yield "directions", "found none; a study has at least one direction"


def _budget(spec: StudySpec) -> Iterator[Fault]:
    for key in ("patience", "target"):
        if getattr(spec.budget, key) is not None and len(spec.directions) > 1:
            yield f"budget.{key}", "several objectives have no single best value; leave it out"
    if spec.budget.trials is None and spec.budget.timeout is None and not sampler_of(spec).covers_space:
        yield (
            "budget",
            "a study needs an end: trials, timeout or both (`--set budget.trials=100`, `--set budget.timeout=2h`)",
        )


CHECKS: tuple[Callable[[StudySpec], Iterator[Fault]], ...] = (
    _objective,
    _directions,
    sampler_faults,
    pruner_faults,
    start_faults,
    warm_start_faults,
    duplicate_faults,
    _budget,
)
