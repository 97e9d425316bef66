"""A study made in a storage, or joined there: one transaction, however many ask at once."""

from __future__ import annotations

import secrets
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from objectives.wording import quoted
from storage import SharedStorage, StorageLocation
from storage.attempts import attempts_of
from studies.errors import StudyError, StudyNotFound
from studies.record.sessions import live_sessions
from studies.record.source_study import remember
from studies.record.stored import FORMAT_KEY, SPEC_KEY, StoredStudy, load
from studies.record.training_version import note_training
from studies.sampling.samplers import points_of
from studies.sampling.start_points import enqueue
from studies.spec.study import FORMAT, StudySpec
from studies.wording import offered

_MADE_FROM = (
    "objective",
    "arguments",
    "data",
    "train",
    "space",
    "seed",
)  # what decides a trial's value beside its own parameters


@dataclass(frozen=True, kw_only=True)
class Joined:
    """A study, and whether it was made just now."""

    stored: StoredStudy
    is_new: bool = False


def create_or_join(
    location: StorageLocation, storage: SharedStorage, spec: StudySpec, *, accept_changes: bool = False
) -> Joined:
    """The study of that name, made now if there is none.

    However many processes ask at once, one makes it and all others find it whole. With ``accept_changes`` a study
    that searched something else goes on with this spec; its seed and its trials stay, and so must its goal, because
    values of two metrics cannot be compared.

    Raises:
        StudyError: there is one of that name that searches something else; with the differences.
    """  # noqa: DOC501  `_searches_something_else` makes a StudyError
    is_drawn = spec.seed is None
    if is_drawn:
        spec = spec.model_copy(update={"seed": secrets.randbits(32)})
    with storage.transaction():
        try:
            found = load(location, storage, spec.name)
        except StudyNotFound:
            return _create(location, storage, spec)
        if found.spec is None:
            return Joined(stored=_adopt(found, spec))
        compared = spec.model_copy(update={"seed": None}) if is_drawn else spec
        differences = compared.differences(found.spec)
        if not differences:
            return Joined(stored=found)
        has_same_goal = (spec.directions, spec.metrics) == (found.spec.directions, found.spec.metrics)
        if accept_changes and has_same_goal:
            kept = {"seed": found.spec.seed} if is_drawn else {}
            return Joined(stored=_change(found, spec.model_copy(update=kept), found.spec, differences))
        if never_began(found):
            storage.delete_study(found.study_id)
            return _create(location, storage, spec)
        raise _searches_something_else(found, differences, may_accept=has_same_goal)


def _create(location: StorageLocation, storage: SharedStorage, spec: StudySpec) -> Joined:
    directions = [StudyDirection[direction.upper()] for direction in spec.directions]
    made = StoredStudy(location, storage, storage.create_new_study(directions, spec.name), spec.name, spec)
    _write(made)
    return Joined(stored=made, is_new=True)


def _change(found: StoredStudy, spec: StudySpec, before: StudySpec, differences: Sequence[str]) -> StoredStudy:
    """The study with this spec from now on."""
    if any(line.startswith(_MADE_FROM) for line in differences):
        found.note_change()
    _store_spec(found.storage, found.study_id, spec)
    replace(found.budget, points=points_of(spec)).store(found.storage, found.study_id)
    changed = replace(found, spec=spec)
    _begin(changed, before)
    return changed


def _searches_something_else(found: StoredStudy, differences: Sequence[str], *, may_accept: bool) -> StudyError:
    lines = "\n  ".join(differences)
    accept = "--accept-changes with this, " if may_accept else ""
    return StudyError(
        f"study {quoted(found.name)} in {found.location} searches something else:\n  {lines}\n"
        f"{offered('resume', found.name)} goes on with it as it was, {accept}--name starts another"
    )


def never_began(found: StoredStudy) -> bool:
    """Whether nothing has run, as when the objective cannot be imported or suggests what [space] does not declare.

    The name is free then.
    """
    # Counted first: at each launch of a large study its trials need not be read.
    if set(+found.storage.count_states(found.study_id)) - {TrialState.WAITING}:
        return False
    trials = found.storage.get_all_trials(found.study_id, deepcopy=False)
    idle = not any(trial.intermediate_values for trial in trials)
    idle = idle and (not any(trial.params for trial in trials) or any(map(_was_refused, trials)))
    return idle and not live_sessions(found.attributes)


def _was_refused(trial: FrozenTrial) -> bool:
    return any(attempt.outcome == "refused" for attempt in attempts_of(trial.system_attrs))


def _adopt(found: StoredStudy, spec: StudySpec) -> StoredStudy:
    theirs = tuple(d.name.lower() for d in found.storage.get_study_directions(found.study_id))
    if theirs != spec.directions:
        raise StudyError(
            f"the Optuna study {quoted(found.name)} has the directions {', '.join(theirs)}, "
            f"not {', '.join(spec.directions)}",
            hint=f"give --direction {','.join(theirs)}, or another --name",
        )
    adopted = replace(found, spec=spec)
    _write(adopted)
    return adopted


def _store_spec(storage: SharedStorage, study_id: int, spec: StudySpec) -> None:
    storage.set_study_system_attr(study_id, FORMAT_KEY, FORMAT)
    storage.set_study_system_attr(study_id, SPEC_KEY, spec.model_dump(mode="json", exclude_none=True))


def _begin(stored: StoredStudy, before: StudySpec | None = None) -> None:
    """Give the study what it begins with: its start points, and the other study that its sampler knows.

    Raises:
        StudyNotFound: there is no such other study.
        StudyError: its trials cannot be known here.
    """
    spec = stored.required_spec()
    enqueue(stored.study, spec, before)
    if spec.warm_start is None or (before is not None and before.warm_start == spec.warm_start):
        return
    try:
        refusal = remember(stored, load(stored.location, stored.storage, spec.warm_start))
    except StudyNotFound as error:
        raise StudyNotFound(f"warm_start: {error.message}", error.hint) from None
    if refusal is not None:
        raise StudyError(f"warm_start: {refusal}", hint="name another study or leave it out")


def _write(stored: StoredStudy) -> None:
    storage, study_id, spec = stored.storage, stored.study_id, stored.required_spec()
    _store_spec(storage, study_id, spec)
    note_training(stored)
    replace(spec.budget.to_budget(), points=points_of(spec)).store(storage, study_id)
    _begin(stored)
    if spec.metrics and len(spec.metrics) == len(spec.directions):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            stored.study.set_metric_names(list(spec.metrics))
