"""A study as it lies in a storage: Optuna's study, and in its attributes all that a resume needs."""

from __future__ import annotations

import secrets
import warnings
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import optuna
from optuna.study import StudyDirection
from optuna.trial import TrialState

from objectives.space import Space
from objectives.wording import did_you_mean
from storage import SharedStorage, StorageLocation
from storage.claims import Budget
from studies.pruners import make_pruner
from studies.samplers import EXHAUSTIVE
from studies.sessions import live_sessions
from studies.spec import FORMAT, StudySpec
from studies.start import enqueue
from studies.warm_start import remember

_SPEC = "studyhall:spec"
_FORMAT = "studyhall:format"
_CHANGED = "studyhall:changed"
_MADE_FROM = ("objective", "data", "train", "space", "seed")  # what decides a trial's value beside its own parameters


class StudyFault(Exception):
    """A study that cannot be used as asked; the message says which one, why, and what to do next."""


class StudyNotFound(StudyFault):
    """There is no study of that name in that storage."""


@dataclass(frozen=True)
class StoredStudy:
    """A study in a storage. ``spec`` is None for a plain Optuna study that studyhall has never run."""

    location: StorageLocation
    storage: SharedStorage
    study_id: int
    name: str
    spec: StudySpec | None

    @property
    def files(self) -> Path:
        """The folder of this study's logs, checkpoints, artifacts and models."""
        return self.location.study_files(self.name)

    @cached_property
    def study(self) -> optuna.Study:
        """Optuna's own object, with the study's pruner; workers give it a sampler for each trial."""
        pruner = make_pruner(self.spec) if self.spec is not None else None
        return optuna.load_study(study_name=self.name, storage=self.storage, pruner=pruner)

    @property
    def value_names(self) -> list[str]:
        """What the values of a trial are called, one a direction."""
        if self.spec is not None:
            return self.spec.value_names
        count = len(self.study.directions)
        return self.study.metric_names or (["value"] if count == 1 else [f"value {n}" for n in range(count)])

    @property
    def attributes(self) -> dict[str, Any]:
        """The study's system attributes as they are now."""
        return self.storage.get_study_system_attrs(self.study_id)

    @property
    def changed_at(self) -> int:
        """The number of the first trial made under the spec as it is now: 0 unless a change of it was accepted."""
        return int(self.attributes.get(_CHANGED, 0))

    def note_change(self) -> None:
        """Note that the trials there are were made under another spec, objective or data."""
        trials = self.storage.count_states(self.study_id).total()
        self.storage.set_study_system_attr(self.study_id, _CHANGED, trials)

    @property
    def budget(self) -> Budget:
        """The budget as it is now; another terminal may have raised it."""
        return Budget.of(self.storage, self.study_id)

    def required_spec(self) -> StudySpec:
        """The spec.

        Raises:
            StudyFault: it is a plain Optuna study, so studyhall does not know what to run.
        """
        if self.spec is None:
            raise StudyFault(
                f"study {self.name!r} was not made by studyhall, so it does not say what to run; "
                f"`studyhall launch OBJECTIVE --name '{self.name}'` adopts it"
            )
        return self.spec


def load(location: StorageLocation, storage: SharedStorage, name: str) -> StoredStudy:
    """Find a study by name.

    Raises:
        StudyNotFound: with the nearest name there is.
        StudyFault: it was stored by a newer studyhall.
    """
    try:
        study_id = storage.get_study_id_from_name(name)
    except KeyError:
        known = [study.study_name for study in storage.get_all_studies()]
        raise StudyNotFound(
            f"no study {name!r} in {location}{did_you_mean(name, known)} (`studyhall list` shows all {len(known)})"
        ) from None
    return StoredStudy(location, storage, study_id, name, _read_spec(name, storage.get_study_system_attrs(study_id)))


def _read_spec(name: str, attributes: dict[str, Any]) -> StudySpec | None:
    if _SPEC not in attributes:
        return None
    if attributes.get(_FORMAT, 0) > FORMAT:
        raise StudyFault(
            f"study {name!r} was stored in format {attributes[_FORMAT]} by a newer studyhall, "
            f"this one reads up to {FORMAT}; upgrade studyhall"
        )
    return StudySpec.model_validate(attributes[_SPEC])


def create_or_join(
    location: StorageLocation, storage: SharedStorage, spec: StudySpec, *, accept_changes: bool = False
) -> tuple[StoredStudy, bool]:
    """The study of that name, made now if there is none; says whether it was made.

    However many processes ask at once, one makes it and all others find it whole. With ``accept_changes`` a study
    that searched something else goes on with this spec; its seed and its trials stay, and so must its goal, because
    values of two metrics cannot be compared.

    Raises:
        StudyFault: there is one of that name that searches something else; the differences are told.
    """
    if spec.seed is None:
        spec = spec.model_copy(update={"seed": secrets.randbits(32)})
        drawn = True
    else:
        drawn = False
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with storage.transaction():
        try:
            found = load(location, storage, spec.name)
        except StudyNotFound:
            directions = [StudyDirection[direction.upper()] for direction in spec.directions]
            study_id = storage.create_new_study(directions, spec.name)
            made = StoredStudy(location, storage, study_id, spec.name, spec)
            _write(made)
            return made, True
        if found.spec is None:
            return _adopt(found, spec), False
        compared = spec.model_copy(update={"seed": None}) if drawn else spec
        differences = compared.differences(found.spec)
        goal = spec.directions, spec.metrics
        if differences and accept_changes and goal == (found.spec.directions, found.spec.metrics):
            if any(line.startswith(_MADE_FROM) for line in differences):
                found.note_change()
            spec = spec.model_copy(update={"seed": found.spec.seed}) if drawn else spec
            _store_spec(storage, found.study_id, spec)
            replace(found.budget, points=_points(spec)).store(storage, found.study_id)
            changed = replace(found, spec=spec)
            _begin(changed, before=found.spec)
            return changed, False
        if differences and _never_began(found):
            storage.delete_study(found.study_id)
            return create_or_join(location, storage, spec)[0], True
        if differences:
            other = "--name starts another"
            way_on = (
                f"--accept-changes with this, {other}" if goal == (found.spec.directions, found.spec.metrics) else other
            )
            raise StudyFault(
                f"study {spec.name!r} in {location} searches something else:\n  "
                + "\n  ".join(differences)
                + f"\n`studyhall resume '{spec.name}'` goes on with it as it was, {way_on}"
            )
        return found, False


def _never_began(found: StoredStudy) -> bool:
    """Whether no trial came as far as a parameter, as when the objective cannot be imported: the name is free then."""
    trials = found.storage.get_all_trials(found.study_id, deepcopy=False)
    idle = all(trial.state is TrialState.WAITING and not trial.params for trial in trials)
    return idle and not live_sessions(found.attributes)


def _adopt(found: StoredStudy, spec: StudySpec) -> StoredStudy:
    theirs = tuple(d.name.lower() for d in found.storage.get_study_directions(found.study_id))
    if theirs != spec.directions:
        raise StudyFault(
            f"the Optuna study {found.name!r} has the directions {', '.join(theirs)}, "
            f"not {', '.join(spec.directions)}; give --direction {','.join(theirs)}, or another --name"
        )
    adopted = replace(found, spec=spec)
    _write(adopted)
    return adopted


def _store_spec(storage: SharedStorage, study_id: int, spec: StudySpec) -> None:
    storage.set_study_system_attr(study_id, _FORMAT, FORMAT)
    storage.set_study_system_attr(study_id, _SPEC, spec.model_dump(mode="json", exclude_none=True))


def _points(spec: StudySpec) -> int | None:
    return Space(spec.space).size() if spec.sampler.name in EXHAUSTIVE else None


def _begin(stored: StoredStudy, before: StudySpec | None = None) -> None:
    """Give the study what it begins with: its start points, and the other study that its sampler knows."""
    spec = stored.required_spec()
    enqueue(stored.study, spec, before)
    if spec.warm_start is None or (before is not None and before.warm_start == spec.warm_start):
        return
    try:
        refusal = remember(stored, load(stored.location, stored.storage, spec.warm_start))
    except StudyNotFound as error:
        raise StudyNotFound(f"warm_start: {error}") from None
    if refusal is not None:
        raise StudyFault(f"warm_start: {refusal}; name another study or leave it out")


def _write(stored: StoredStudy) -> None:
    storage, study_id, spec = stored.storage, stored.study_id, stored.required_spec()
    _store_spec(storage, study_id, spec)
    replace(spec.budget.to_budget(), points=_points(spec)).store(storage, study_id)
    _begin(stored)
    if spec.metrics and len(spec.metrics) == len(spec.directions):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            stored.study.set_metric_names(list(spec.metrics))
