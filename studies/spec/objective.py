"""What is asked of an objective, whatever kind it is.

The kinds stand in `studies/spec/kinds`: above the spec that they judge and complete, and below all that asks, for
samplers, the record, a launch and `check` ask the same questions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from objectives.objective import Objective
from objectives.space.values import Scalar
from objectives.training.task import Task
from objectives.wording import listing, written
from studies.spec.study import StudySpec

if TYPE_CHECKING:
    from objectives.data.arrays import SearchData, Splits

_WORDS = {"minimize": "smaller", "maximize": "larger"}

Fault = tuple[str, str]
"""A dotted key of the study file, and the sentence that says what is wrong there."""


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """What a study is made from, as it is now."""

    what: str
    """The file, folder or reference, for a sentence."""
    sha256: str
    text: str = ""
    """The source, to show what has changed; empty for data."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Other files that count, by their paths as a sentence names them: the SHA-256 of each."""


@dataclass(frozen=True)
class ResolvedObjective(ABC):
    """The objective that a reference names. What is not overridden holds for a function without data and GPUs."""

    reference: str

    suggests_itself: ClassVar[bool] = False
    """Whether it asks a trial for its parameters in code of the user's own, which knows no `[space]`."""
    is_cooperative: ClassVar[bool] = True
    """Whether a trial that is to stop does so by itself at the end of its epoch; if not, it is killed after a while."""
    uses_gpus: ClassVar[bool] = False
    training_version: ClassVar[int | None] = None
    """Of the training in studyhall that decides its values; None where there is none."""
    takes_arguments: ClassVar[bool] = False
    """Whether it reads a command line."""
    runs_when_loaded: ClassVar[bool] = False
    """Whether loading it runs code of the user's own."""

    @classmethod
    @abstractmethod
    def find(cls, reference: str) -> Self | None:
        """Return the objective where the reference is of this kind, right or wrong; nothing is loaded."""

    @classmethod
    @abstractmethod
    def forms(cls) -> tuple[str, ...]:
        """How a reference of this kind is written, for a sentence."""

    @property
    def study_name(self) -> str:
        """The name of a study of it that is given no other; raises ObjectiveError where the reference has none."""
        return self.reference

    @property
    def defaults(self) -> Mapping[str, Scalar]:
        """The value of each parameter that a study leaves out."""
        return {}

    @property
    def former_names(self) -> Mapping[str, str]:
        """What a parameter is called in studies that were stored before it got another name -> that name."""
        return {}

    def space_is_declared(self, spec: StudySpec) -> bool:
        """Whether `[space]` says what a trial will be asked for, so that a point can be proposed before it runs."""
        return bool(spec.space) or not self.suggests_itself

    def absolute(self, folder: Path) -> str:
        """The reference as it is found again from any folder; it starts at this one."""
        return self.reference

    def locate_files(self, space: Mapping[str, object], folder: Path) -> dict[str, object]:
        """The `[space]` table, not checked yet, with files of the user's own as they are found from any folder."""
        return dict(space)

    def completed(self, spec: StudySpec) -> StudySpec:
        """The spec with all that follows from the objective and its data filled in."""
        return spec

    @abstractmethod
    def faults(self, spec: StudySpec) -> Iterator[Fault]:
        """What the study file gets wrong about it; the spec is completed."""

    def fingerprint(self, spec: StudySpec) -> Fingerprint | None:
        """What must stay as it is for trials to be comparable; raises ObjectiveError where its file is gone."""
        return None

    def notes(self, spec: StudySpec) -> Iterator[str]:
        """What is worth a word about a sound spec that was completed and not stored yet."""
        yield from ()

    def frameworks(self, spec: StudySpec) -> tuple[str, ...]:
        """What every worker is going to import, and so is worth importing once, before they are forked."""
        return ()

    def task(self, spec: StudySpec) -> Task | None:
        """Whose data every worker is going to load, and so are worth loading once; None where it reads none."""
        return None

    def environment(self, spec: StudySpec) -> dict[str, str]:
        """Variables that its workers need before anything is imported."""
        return {}

    def process(self, spec: StudySpec) -> AbstractContextManager[None]:
        """What this process looks like to it, around its loading and its trials."""
        return nullcontext()

    @abstractmethod
    def load(self, spec: StudySpec) -> Objective:
        """The callable that a worker evaluates, with the data it reads.

        Raises ObjectiveError or DataError where that cannot be loaded.
        """

    def data_notes(self, loaded: Objective) -> Sequence[str]:
        """What is worth a word about the data that `load` has read."""
        return ()

    def load_data(self, spec: StudySpec) -> Splits | None:
        """What a trial is trained on; None where it reads no data. Raises DataError."""
        return None

    def data_faults(self, spec: StudySpec, data: SearchData, points: Iterable[Mapping[str, Scalar]]) -> Iterator[str]:
        """What does not go with the data: the metrics, and the parameters of these points."""
        yield from ()


def direction_faults(spec: StudySpec, *, returns_metrics: bool) -> Iterator[Fault]:
    """Whether each value has a direction; an objective that ``returns_metrics`` has one value for each of them."""
    count, names = len(spec.directions), len(spec.metrics)
    if returns_metrics and names <= 1 and count > 1:
        returned = f"{written(spec.objective)} returns one value" + (f", {written(spec.metric)}" if names else "")
        yield "directions", f"found {count}; {returned}, so give one direction or a list of metrics"
    elif names and names != count:
        directions = f"{count} direction{'s' if count != 1 else ''}"
        yield "metric", f"found {names} metric{'s' if names != 1 else ''} and {directions}; give each its own"


def contradictions(spec: StudySpec, better: Callable[[str], str | None]) -> Iterator[Fault]:
    """Each metric that is to go the wrong way; ``better`` says of a name which is right, None if it cannot tell."""
    if len(spec.directions) != max(1, len(spec.metrics)):
        return
    pairs = list(zip(spec.metrics, spec.directions, strict=False))
    rights = [better(name) or found for name, found in pairs]
    for (name, found), right in zip(pairs, rights, strict=True):
        if found != right:
            key, said = ("direction", written(right)) if len(pairs) == 1 else ("directions", f"[{listing(rights)}]")
            yield key, f"found {written(found)}, but {name} is better when {_WORDS[right]}; say {key} = {said}"
