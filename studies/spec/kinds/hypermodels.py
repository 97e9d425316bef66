"""The built-in hypermodels, which train with a declared space."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from objectives.data.named import DATASETS
from objectives.data.paths import digest
from objectives.errors import DataError, TrainingError
from objectives.hypermodel import HyperModel
from objectives.models.network import HyperModelObjective, check_params, load_splits
from objectives.objective import Objective
from objectives.registry import HYPERMODELS
from objectives.space.parameters import former_names
from objectives.space.values import Scalar
from objectives.training.scoring import Scoring
from objectives.wording import listing, written
from studies.spec.kinds.declared import completed_space, declared_faults, locate_files, named_files
from studies.spec.kinds.trained import TrainedObjective, task_of
from studies.spec.objective import Fault, Fingerprint
from studies.spec.study import StudySpec

if TYPE_CHECKING:
    from objectives.data.arrays import SearchData, Splits


class BuiltInHyperModel(TrainedObjective):
    """A hypermodel by its name, such as `mlp`."""

    @classmethod
    def find(cls, reference: str) -> Self | None:
        """One of the registry."""
        return cls(reference) if reference in HYPERMODELS else None

    @classmethod
    def forms(cls) -> tuple[str, ...]:
        """Their names."""
        return tuple(HYPERMODELS)

    @cached_property
    def hypermodel(self) -> HyperModel:
        """Its declaration."""
        return HYPERMODELS[self.reference]

    @property
    def defaults(self) -> Mapping[str, Scalar]:
        """The hypermodel's own."""
        return {name: each.default for name, each in self.hypermodel.parameters.items()}

    @property
    def former_names(self) -> Mapping[str, str]:
        """Those of its parameters."""
        return former_names(self.hypermodel.parameters)

    def locate_files(self, space: Mapping[str, object], folder: Path) -> dict[str, object]:
        """Such as a vocabulary or a backbone of the user's own."""
        return locate_files(space, self.hypermodel.parameters, folder)

    def completed(self, spec: StudySpec) -> StudySpec:
        """With the hypermodel's space as well."""
        space = completed_space(spec, self.hypermodel.parameters, self.hypermodel.space)
        return super().completed(spec).model_copy(update={"space": space})

    def faults(self, spec: StudySpec) -> Iterator[Fault]:
        """In the space and the kind of data as well."""
        yield from super().faults(spec)
        yield from declared_faults(spec, self.hypermodel.parameters)
        known = DATASETS.get(spec.data.dataset) if spec.data is not None else None
        if spec.data is not None and known is not None and known.kind not in self.hypermodel.reads:
            reads = listing([f"{kind}s" for kind in self.hypermodel.reads])
            sentence = f"{written(spec.data.dataset)} holds {known.kind}s, and {written(self.reference)} reads {reads}"
            yield "data.dataset", sentence

    def fingerprint(self, spec: StudySpec) -> Fingerprint | None:
        """With that of the files that parameters name, such as a backbone of the user's own."""
        data = super().fingerprint(spec)
        named = {path: digest(path) for path in named_files(spec.space, self.hypermodel.parameters)}
        files = {path: sha256 for path, sha256 in named.items() if sha256 is not None}
        if data is None and files:
            data = Fingerprint(what=self.reference, sha256="")
        return replace(data, files=files) if data is not None else None

    def load(self, spec: StudySpec) -> Objective:
        """The hypermodel's objective for the study's task, with the data."""
        made = HyperModelObjective(task_of(spec), self.hypermodel)
        made.load()
        return made

    def data_notes(self, loaded: Objective) -> Sequence[str]:
        """What was left out, taken for something, or looks odd."""
        assert isinstance(loaded, HyperModelObjective), "what `load` returns"
        return loaded.load().dataset.notes

    def load_data(self, spec: StudySpec) -> Splits:
        """As the first trial would."""
        return load_splits(self.hypermodel, task_of(spec))

    def data_faults(self, spec: StudySpec, data: SearchData, points: Iterable[Mapping[str, Scalar]]) -> Iterator[str]:
        """As the first trial and its model would tell them."""
        try:
            Scoring.of(task_of(spec)).check(data.classes)
        except TrainingError as fault:
            yield str(fault)
        for params in points:
            try:
                check_params(self.hypermodel, params, data)
            except DataError as fault:
                yield str(fault)
