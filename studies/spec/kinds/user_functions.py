"""Functions of the user's own, unchanged: an Optuna objective in a file or a module."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar, Self

from objectives.data.files import real_path
from objectives.errors import ObjectiveError
from objectives.objective import Objective
from objectives.space.search_space import SearchSpace
from objectives.user_code.definitions import check_reference
from objectives.user_code.directions import created_studies
from objectives.user_code.loading import load
from objectives.user_code.own_modules import own_modules
from objectives.user_code.own_studies import check_runs_no_study
from objectives.user_code.process import as_script
from objectives.user_code.source import file_of, imports_tensorflow, is_reference, source, split_reference
from objectives.wording import written
from studies.spec.metric_names import better
from studies.spec.objective import Fault, Fingerprint, ResolvedObjective, contradictions, direction_faults
from studies.spec.study import StudySpec


class UserFunction(ResolvedObjective):
    """`path/file.py:function` or `package.module:function`.

    What it suggests is known only while it runs, unless the study declares it in `[space]`.
    """

    suggests_itself: ClassVar[bool] = True
    is_cooperative: ClassVar[bool] = False
    uses_gpus: ClassVar[bool] = True
    takes_arguments: ClassVar[bool] = True
    runs_when_loaded: ClassVar[bool] = True

    @classmethod
    def find(cls, reference: str) -> Self | None:
        """A text of that shape, right or wrong."""
        return cls(reference) if is_reference(reference) else None

    @classmethod
    def forms(cls) -> tuple[str, ...]:
        """The two shapes."""
        return "path/file.py:function", "package.module:function"

    @property
    def study_name(self) -> str:
        """The function's name."""
        return split_reference(self.reference)[1]

    def absolute(self, folder: Path) -> str:
        """With the file's absolute path; a module is found by Python."""
        place, attribute = split_reference(self.reference)
        if not place.endswith(".py"):
            return self.reference
        return f"{real_path(place, folder)}:{attribute}"

    def completed(self, spec: StudySpec) -> StudySpec:
        """With the directions in which its metrics are better, where it gives none and the names of all tell."""
        known = tuple(filter(None, map(better, spec.metrics)))
        if "directions" in spec.model_fields_set or not known or len(known) < len(spec.metrics):
            return spec
        return spec.model_copy(update={"directions": known})

    def faults(self, spec: StudySpec) -> Iterator[Fault]:
        """In the reference, and every setting that it could not read."""
        try:
            check_reference(self.reference)
            check_runs_no_study(self.reference)
        except ObjectiveError as error:
            yield "objective", str(error)
        for key, sentence in SearchSpace(spec.space).faults():
            yield f"space.{key}", sentence
        for key in ("data", "train"):
            if getattr(spec, key):
                yield key, f"{written(self.reference)} is a function of your own and reads no [{key}]; leave it out"
        yield from direction_faults(spec, returns_metrics=False)
        for key, sentence in contradictions(spec, better):
            yield key, f"{sentence}, or give the metric another name"

    def notes(self, spec: StudySpec) -> Iterator[str]:
        """Which way it goes where nobody has said so, and where its script says something else."""
        is_given = "directions" in spec.model_fields_set
        goal = f"this study is to {', '.join(spec.directions)}" + ("" if is_given else ", as no direction is given")
        said = created_studies(self.reference)
        if said and all(study.directions != spec.directions for study in said):
            theirs, where = ", ".join(said[0].directions), f"{file_of(self.reference).name}, line {said[0].line}"
            advice = "" if any(map(better, spec.metrics)) else f": --direction {theirs.replace(' ', '')} goes with it"
            yield f"{goal}, but the script creates one to {theirs} ({where}){advice}"
        elif not is_given:
            yield f"{goal}: --direction maximize, or direction in a study file, changes that"

    def fingerprint(self, spec: StudySpec) -> Fingerprint:
        """That of the file, and of the modules that it imports from its own folder or package."""
        text, sha256 = source(self.reference)
        return Fingerprint(what=self.reference, sha256=sha256, text=text, files=own_modules(self.reference))

    def frameworks(self, spec: StudySpec) -> tuple[str, ...]:
        """TensorFlow, where the file imports it or Keras on it."""
        on_tensorflow = os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow"
        return ("tensorflow",) if on_tensorflow and imports_tensorflow(self.reference) else ()

    def process(self, spec: StudySpec) -> AbstractContextManager[None]:
        """That of a script with the study's arguments."""
        return as_script(file_of(self.reference), spec.arguments)

    def load(self, spec: StudySpec) -> Objective:
        """Run the file and take the function out of it."""
        return load(self.reference)
