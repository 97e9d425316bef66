"""The trials of another study that a warm start knows: noted once, read again by each worker."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import cast

import optuna
from optuna.trial import FixedTrial, FrozenTrial, create_trial

from objectives.space.conditions import same
from objectives.space.search_space import SearchSpace
from objectives.space.values import Scalar
from objectives.wording import quoted
from storage import SharedStorage
from storage.claims import FINISHED
from storage.optuna_schema import trial_id_of
from studies.record.stored import StoredStudy, load
from studies.sampling.optuna_private import contains, generation_keys, set_trial_id
from studies.spec.resolving import resolve
from studies.spec.study import StudySpec

_KEY = "studyhall:warm_start"


@dataclass(frozen=True, kw_only=True)
class _Note:
    """Which trials are known: the first so many of a study, without those that were not finished then."""

    study: str
    trials: int
    without: Sequence[int]


def remember(stored: StoredStudy, source: StoredStudy) -> str | None:
    """Note in a new study which trials of the source it knows: those that are finished now.

    Returns a sentence, and notes nothing, where the source has nothing to tell.
    """
    spec = stored.required_spec()
    theirs = tuple(direction.name.lower() for direction in source.study.directions)
    metrics = spec.metrics, () if source.spec is None else source.spec.metrics
    if theirs != spec.directions:
        return f"study {quoted(source.name)} is to {', '.join(theirs)}, this one to {', '.join(spec.directions)}"
    if all(metrics) and metrics[0] != metrics[1]:
        return f"study {quoted(source.name)} optimizes {', '.join(metrics[1])}, this one by {', '.join(metrics[0])}"
    trials = source.storage.get_all_trials(source.study_id, deepcopy=False)
    unfinished = [trial.number for trial in trials if trial.state not in FINISHED]
    note = _Note(study=source.name, trials=len(trials), without=unfinished)
    finished = len(trials) - len(unfinished)
    if not finished:
        return f"study {quoted(source.name)} has no finished trial yet"
    if not _fitting(stored.storage, source.study_id, note, spec, source.spec):
        return f"none of the {finished} finished trials of study {quoted(source.name)} lies in this [space]"
    stored.storage.set_study_system_attr(stored.study_id, _KEY, asdict(note))
    return None


def lost_source(stored: StoredStudy) -> str | None:
    """The name of the study that this one was warm-started from, when it is gone."""
    note = _note(stored)
    there = {study.study_name for study in stored.storage.get_all_studies()} if note is not None else set()
    return None if note is None or note.study in there else note.study


def known_trials(stored: StoredStudy) -> list[FrozenTrial]:
    """The other study's trials that the sampler is to know, as if they were of this study's space.

    Always the same ones, so that a resume draws as the launch did. Empty for a study without a warm start, and where
    the other study was deleted meanwhile.
    """
    note = _note(stored)
    if note is None or lost_source(stored) is not None:
        return []
    source = load(stored.location, stored.storage, note.study)
    return _fitting(stored.storage, source.study_id, note, stored.required_spec(), source.spec)


def _note(stored: StoredStudy) -> _Note | None:
    wanted = stored.spec is not None and stored.spec.warm_start is not None
    note = stored.attributes.get(_KEY) if wanted else None
    return None if note is None else _Note(**note)


def _fitting(
    storage: SharedStorage, source_id: int, note: _Note, spec: StudySpec, theirs: StudySpec | None
) -> list[FrozenTrial]:
    objective = resolve(spec.objective)
    space = SearchSpace(spec.space) if objective.space_is_declared(spec) else None
    given: dict[str, Scalar] = {}
    if theirs is not None and theirs.objective == spec.objective:
        given |= {**objective.defaults, **_renamed(SearchSpace(theirs.space).fixed, objective.former_names)}
    left_out = set(note.without)
    found = [
        trial
        for old in storage.get_all_trials(source_id, deepcopy=False, states=FINISHED)
        if old.number < note.trials and old.number not in left_out
        if (trial := _translated(old, space, given, objective.former_names)) is not None
    ]
    for index, trial in enumerate(found):
        # TPE sorts by number, so they come before this study's trials; and Optuna's search for common parameters
        # ends at a number below -1.
        trial.number = cast(int, -1 + index / len(found))
    return found


def _renamed(params: Mapping[str, Scalar], names: Mapping[str, str]) -> dict[str, Scalar]:
    return {names.get(name, name): value for name, value in params.items()}


def _translated(
    old: FrozenTrial, space: SearchSpace | None, given: Mapping[str, Scalar], names: Mapping[str, str]
) -> FrozenTrial | None:
    """The trial as one of this space; None where it lies outside. `names` has parameters' former names."""
    params, distributions = old.params, old.distributions
    if space is not None:
        point = {**given, **_renamed(old.params, names)}
        # Either study may be older than a name.
        point |= {former: point[name] for former, name in names.items() if name in point}
        if any(name in point and not same(point[name], value) for name, value in space.fixed.items()):
            return None
        asked = FixedTrial(point)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # at values out of range, which are told below
                space.suggest(cast(optuna.Trial, asked))
            params, distributions = asked.params, asked.distributions
            inside = all(contains(row, params[name]) for name, row in distributions.items())
        except ValueError:
            return None
        if not inside:
            return None
    trial = create_trial(
        state=old.state,
        values=old.values,
        params=dict(params),
        distributions=dict(distributions),
        intermediate_values=dict(old.intermediate_values),
        constraints=old.constraints,
        # Genetic samplers breed from the first generation, which these belong to.
        system_attrs=dict.fromkeys(generation_keys(), 0),
    )
    set_trial_id(trial, trial_id_of(old))
    return trial
