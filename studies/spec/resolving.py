"""What kind of objective a reference names: asked here, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from objectives.errors import ObjectiveError
from objectives.objective import Objective
from objectives.wording import did_you_mean, written
from studies.spec.kinds.functions import BuiltInFunction
from studies.spec.kinds.hypermodels import BuiltInHyperModel
from studies.spec.kinds.user_functions import UserFunction
from studies.spec.objective import Fault, ResolvedObjective
from studies.spec.study import StudySpec

# The first that finds it has it. A new kind is one file and one line.
KINDS: tuple[type[ResolvedObjective], ...] = (BuiltInFunction, BuiltInHyperModel, UserFunction)


def find(reference: str) -> ResolvedObjective | None:
    """The objective that a reference names; None where no kind knows such a text."""
    return next((found for kind in KINDS if (found := kind.find(reference)) is not None), None)


def resolve(reference: str) -> ResolvedObjective:
    """The objective that a reference names; of one that nobody knows, all there is to say is that."""
    return find(reference) or UnknownObjective(reference)


class UnknownObjective(ResolvedObjective):
    """Of no kind there is."""

    @classmethod
    def find(cls, reference: str) -> Self:
        """Whatever the text."""
        return cls(reference)

    @classmethod
    def forms(cls) -> tuple[str, ...]:
        """What would have been known."""
        return tuple(form for kind in KINDS for form in kind.forms())

    def faults(self, spec: StudySpec) -> Iterator[Fault]:
        """That nobody knows it."""
        yield "objective", self._sentence

    def load(self, spec: StudySpec) -> Objective:
        """Nothing to load.

        Raises:
            ObjectiveError: always.
        """
        raise ObjectiveError(f"objective: {self._sentence}")

    @property
    def _sentence(self) -> str:
        *names, last = self.forms()
        hint = did_you_mean(self.reference, self.forms())
        return f"found {written(self.reference)}; allowed: {', '.join(names)} or {last}{hint}"
