"""The built-in functions of `x` and `y`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Self

from objectives.functions import FUNCTIONS, Function
from objectives.objective import Objective
from objectives.space.search_space import SearchSpace
from objectives.space.values import Scalar
from objectives.wording import written
from studies.spec.kinds.declared import completed_space, declared_faults
from studies.spec.objective import Fault, ResolvedObjective, direction_faults
from studies.spec.study import StudySpec


class BuiltInFunction(ResolvedObjective):
    """A function by its name, such as `quadratic`."""

    @classmethod
    def find(cls, reference: str) -> Self | None:
        """One of the table."""
        return cls(reference) if reference in FUNCTIONS else None

    @classmethod
    def forms(cls) -> tuple[str, ...]:
        """Their names."""
        return tuple(FUNCTIONS)

    @cached_property
    def function(self) -> Function:
        """Its declaration."""
        return FUNCTIONS[self.reference]

    @property
    def defaults(self) -> Mapping[str, Scalar]:
        """The coordinates that a space leaves out."""
        return {name: each.default for name, each in self.function.parameters.items()}

    def completed(self, spec: StudySpec) -> StudySpec:
        """With its usual limits for a space."""
        space = completed_space(spec, self.function.parameters, self.function.space)
        return spec.model_copy(update={"space": space})

    def faults(self, spec: StudySpec) -> Iterator[Fault]:
        """It trains nothing, so much does not apply."""
        name = written(self.reference)
        for key in ("data", "train"):
            if getattr(spec, key) is not None:
                yield key, f"{name} is a formula and trains nothing; leave [{key}] out"
        if spec.metrics:
            yield "metric", f"{name} returns one value and has no metrics; leave metric out"
        yield from direction_faults(spec, returns_metrics=True)
        yield from declared_faults(spec, self.function.parameters)

    def load(self, spec: StudySpec) -> Objective:
        """The function over the space of the study."""
        return self.function.over(SearchSpace(spec.space))
