"""Suggestions that were evaluated before: not trained again, unless the study wants that (optuna#551, optuna#2021)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping

import optuna
from optuna.trial import FrozenTrial, TrialState

from objectives.space.conditions import same
from objectives.space.dimensions import Range
from objectives.space.search_space import SearchSpace
from objectives.space.values import Scalar
from objectives.wording import written
from studies.sampling.samplers import sampler_of
from studies.spec.resolving import resolve
from studies.spec.study import StudySpec

log = logging.getLogger("studyhall.worker")

ATTRIBUTE = "duplicate_of"


def duplicate_faults(spec: StudySpec) -> Iterator[tuple[str, str]]:
    """What is wrong with the study's `duplicates`: (key, sentence) pairs."""
    if "duplicates" not in spec.model_fields_set or spec.duplicates == "allow":
        return
    if not resolve(spec.objective).space_is_declared(spec):
        yield (
            "duplicates",
            f"{written(spec.objective)} is a function of your own, and what it suggests is known only while it runs; "
            "leave it out, or declare its parameters in [space]",
        )
    elif sampler_of(spec).covers_space:
        yield "duplicates", f"{written(spec.sampler.name)} visits each point once anyway; leave it out"


def can_repeat(space: SearchSpace) -> bool:
    """Whether a point can come twice at all: not where every trial has a number drawn from a continuum."""
    items = (space.dimensions[name] for name in space.searched)
    return not any(isinstance(item, Range) and item.count is None and not item.when for item in items)


def is_at(trial: FrozenTrial, point: Mapping[str, Scalar]) -> bool:
    """Whether the trial has exactly these parameters."""
    params = trial.params
    return params.keys() == point.keys() and all(same(params[name], value) for name, value in point.items())


def take_over(trial: optuna.Trial, earlier: FrozenTrial) -> tuple[TrialState, list[float] | None]:
    """Note on the trial whose result it gets, constraints included; returns the state and the values to end it with."""
    first = earlier.user_attrs.get(ATTRIBUTE, earlier.number)
    trial.set_user_attr(ATTRIBUTE, first)
    log.info("trial %d is trial %d again and gets its result", trial.number, first)
    for name, value in earlier.constraints.items():
        trial.set_constraint(name, value)
    if earlier.state is TrialState.COMPLETE:
        return TrialState.COMPLETE, list(earlier.values)
    if (step := earlier.last_step) is not None:
        # Optuna takes the last report as the value of a pruned trial.
        trial.report(earlier.intermediate_values[step], step)
    return TrialState.PRUNED, None
