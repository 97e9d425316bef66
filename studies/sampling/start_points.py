"""Start points: what a study evaluates first, before its sampler is asked."""

from __future__ import annotations

from collections.abc import Iterator

import optuna

from objectives.space.search_space import SearchSpace
from objectives.wording import written
from studies.sampling.samplers import sampler_of
from studies.spec.points import point_faults, settled_point
from studies.spec.resolving import resolve
from studies.spec.study import StudySpec


def start_faults(spec: StudySpec) -> Iterator[tuple[str, str]]:
    """What is wrong with the study's start points: (key, sentence) pairs."""
    if spec.start and sampler_of(spec).covers_space:
        yield "start", f"{written(spec.sampler.name)} covers every point of its space anyway; leave start out"
    if spec.budget.trials is not None and len(spec.start) > spec.budget.trials:
        yield (
            "start",
            f"has {len(spec.start)} points, and the budget ends the study after {spec.budget.trials} trials; "
            "give fewer points or more trials",
        )
    space = SearchSpace(spec.space)
    for index, point in enumerate(spec.start):
        # What a function of the user's own suggests is not known before it runs.
        if resolve(spec.objective).space_is_declared(spec):
            for name, sentence in point_faults(space, point, parents=True):
                yield f"start[{index}].{name}", sentence
        if point in spec.start[:index]:
            yield f"start[{index}]", f"is start[{spec.start.index(point)}] again; each point is evaluated once"


def enqueue(study: optuna.Study, spec: StudySpec, before: StudySpec | None = None) -> None:
    """Add the start points to the study as WAITING trials, but for those that it had ``before``.

    To be called inside the transaction that makes the study: workers claim a WAITING trial exactly once, and the
    parameters that a point leaves out are drawn by the sampler of the worker that does.
    """
    known = before.start if before is not None else ()
    declared = resolve(spec.objective).space_is_declared(spec)
    for point in spec.start:
        if point not in known:
            study.enqueue_trial(settled_point(SearchSpace(spec.space), point) if declared else dict(point))
