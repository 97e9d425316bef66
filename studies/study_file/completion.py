"""Fill in what follows from the objective, the data and the sampler, so that the stored study is whole."""

from __future__ import annotations

from studies.sampling.samplers import points_of
from studies.spec.resolving import resolve
from studies.spec.study import StudySpec


def complete(spec: StudySpec) -> StudySpec:
    """The study as everything below may take it: nothing is left to ask. Twice is as good as once."""
    whole = resolve(spec.objective).completed(spec)
    if whole.budget.trials is None and (size := points_of(whole)):
        return whole.model_copy(update={"budget": whole.budget.model_copy(update={"trials": size})})
    return whole
