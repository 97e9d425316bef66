"""Warm start: a sampler that knows the trials of another study, which count for nothing else.

The trials are not copied. Budget, best trial, record, status and pruner see this study's own ones alone: a pruner
compares curves, and the other study may have trained on other data or for other epochs.
"""

from __future__ import annotations

import warnings
from collections.abc import Container, Iterator, Mapping, Sequence
from copy import deepcopy as copied
from typing import TYPE_CHECKING, Any, cast

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, NSGAIIISampler, NSGAIISampler
from optuna.trial import FixedTrial, FrozenTrial, TrialState, create_trial

from objectives.catalogue import BUILT_IN
from objectives.conditions import same
from objectives.objective import Scalar
from objectives.source import is_reference
from objectives.space import Space
from objectives.wording import written
from storage import SharedStorage
from storage.claims import FINISHED
from studies.samplers import EXHAUSTIVE, acting, make_sampler
from studies.spec import StudySpec

if TYPE_CHECKING:
    from studies.stored import StoredStudy

_KEY = "studyhall:warm_start"
_DEAF = EXHAUSTIVE | {"random", "qmc"}
_REPLACED = ("x0", "sigma0", "use_separable_cma")  # options of CMA-ES that cannot be had with a source (Optuna)
_SOURCE_OF_CMAES = 10  # trials at least: it begins from the best tenth (Nomura et al. 2021, arXiv 2012.06932)


def warm_start_faults(spec: StudySpec) -> Iterator[tuple[str, str]]:
    """What is wrong with the study's `warm_start` as far as the file tells: (key, sentence) pairs."""
    if spec.warm_start is None:
        return
    sampler = acting(spec)
    if sampler.name in _DEAF:
        yield "warm_start", f"{written(sampler.name)} draws alike whatever was found before; leave it out"
    if sampler.name == "cmaes" and (set_ := [key for key in _REPLACED if key in sampler.options]):
        yield "warm_start", f"decides where CMA-ES begins, and so does sampler.{set_[0]}; leave one of them out"
    if spec.warm_start == spec.name:
        yield "warm_start", f"found {written(spec.warm_start)}, which is this study itself; `studyhall resume` goes on"


def remember(stored: StoredStudy, source: StoredStudy) -> str | None:
    """Note in a new study which trials of the source it knows: those that are finished now.

    Returns a sentence, and notes nothing, where the source has nothing to tell.
    """
    spec = stored.required_spec()
    theirs = tuple(direction.name.lower() for direction in source.study.directions)
    metrics = spec.metrics, () if source.spec is None else source.spec.metrics
    if theirs != spec.directions:
        return f"study {source.name!r} is to {', '.join(theirs)}, this one to {', '.join(spec.directions)}"
    if all(metrics) and metrics[0] != metrics[1]:
        return f"study {source.name!r} is judged by {', '.join(metrics[1])}, this one by {', '.join(metrics[0])}"
    trials = source.storage.get_all_trials(source.study_id, deepcopy=False)
    unfinished = [trial.number for trial in trials if trial.state not in FINISHED]
    note: dict[str, Any] = {"study": source.name, "trials": len(trials), "without": unfinished}
    finished = len(trials) - len(unfinished)
    if not finished:
        return f"study {source.name!r} has no finished trial yet"
    if not _fitting(stored.storage, source.study_id, note, spec, source.spec):
        return f"none of the {finished} finished trials of study {source.name!r} lies in this [space]"
    stored.storage.set_study_system_attr(stored.study_id, _KEY, note)
    return None


def lost_source(stored: StoredStudy) -> str | None:
    """The name of the study that this one was warm-started from, when it is gone."""
    note = _note(stored)
    there = {study.study_name for study in stored.storage.get_all_studies()} if note is not None else set()
    return None if note is None or note["study"] in there else str(note["study"])


def known_trials(stored: StoredStudy) -> list[FrozenTrial]:
    """The other study's trials that the sampler is to know, as if they were of this study's space.

    Always the same ones, so that a resume draws as the launch did. Empty for a study without a warm start, and where
    the other study was deleted meanwhile.
    """
    note = _note(stored)
    if note is None or lost_source(stored) is not None:
        return []
    from studies.stored import load

    source = load(stored.location, stored.storage, note["study"])
    return _fitting(stored.storage, source.study_id, note, stored.required_spec(), source.spec)


def _note(stored: StoredStudy) -> dict[str, Any] | None:
    wanted = stored.spec is not None and stored.spec.warm_start is not None
    return stored.attributes.get(_KEY) if wanted else None


def informed_sampler(spec: StudySpec, known: Sequence[FrozenTrial], *, seed: int) -> BaseSampler:
    """The study's sampler, which also knows these trials."""
    complete = [trial for trial in known if trial.state is TrialState.COMPLETE]
    source = complete if acting(spec).name == "cmaes" and len(complete) >= _SOURCE_OF_CMAES else None
    sampler = make_sampler(spec, seed=seed, source_trials=source)
    return Informed(sampler, known) if known else sampler


def _fitting(
    storage: SharedStorage, source_id: int, note: Mapping[str, Any], spec: StudySpec, theirs: StudySpec | None
) -> list[FrozenTrial]:
    space = None if is_reference(spec.objective) else Space(spec.space)
    given: dict[str, Scalar] = {}
    if theirs is not None and theirs.objective == spec.objective:
        family = BUILT_IN.get(spec.objective)
        given |= {name: row.default for name, row in family.parameters.items()} if family is not None else {}
        given |= Space(theirs.space).fixed
    left_out = set(note["without"])
    found = [
        trial
        for old in storage.get_all_trials(source_id, deepcopy=False, states=FINISHED)
        if old.number < note["trials"] and old.number not in left_out
        if (trial := _translated(old, space, given)) is not None
    ]
    for index, trial in enumerate(found):
        # TPE sorts by number, so they come before this study's trials; and Optuna's search for common parameters
        # ends at a number below -1.
        trial.number = cast(int, -1 + index / len(found))
    return found


def _translated(old: FrozenTrial, space: Space | None, given: Mapping[str, Scalar]) -> FrozenTrial | None:
    """The trial as one of this space; None where it lies outside."""
    params, distributions = old.params, old.distributions
    if space is not None:
        point = {**given, **old.params}
        if any(name in point and not same(point[name], value) for name, value in space.fixed.items()):
            return None
        asked = FixedTrial(point)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # at values out of range, which are told below
                space.suggest(cast(optuna.Trial, asked))
            params, distributions = asked.params, asked.distributions
            inside = all(row._contains(row.to_internal_repr(params[name])) for name, row in distributions.items())
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
        # Genetic samplers breed from the first generation, which these belong to.
        system_attrs={kind._get_generation_key(): 0 for kind in (NSGAIISampler, NSGAIIISampler)},
    )
    trial._trial_id = old._trial_id
    return trial


class Informed(BaseSampler):
    """A sampler to whom a study seems to have had the ``known`` trials before its own."""

    def __init__(self, base: BaseSampler, known: Sequence[FrozenTrial]) -> None:
        self._base = base
        self._known = known

    def reseed_rng(self) -> None:
        """As the base does."""
        self._base.reseed_rng()

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """As the base does."""
        self._base.before_trial(self._seen(study), trial)

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """As the base does."""
        return self._base.infer_relative_search_space(self._seen(study), trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """As the base does."""
        return self._base.sample_relative(self._seen(study), trial, search_space)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """As the base does."""
        return self._base.sample_independent(self._seen(study), trial, param_name, param_distribution)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """As the base does."""
        self._base.after_trial(self._seen(study), trial, state, values)

    def _seen(self, study: optuna.Study) -> optuna.Study:
        return cast(optuna.Study, _Widened(study, self._known))


class _Widened:
    """A study with more trials in it, for whoever only reads it. Samplers ask `_get_trials`, pruners `get_trials`."""

    def __init__(self, study: optuna.Study, known: Sequence[FrozenTrial]) -> None:
        self._study = study
        self._known = known

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    def _get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None, use_cache: bool = False
    ) -> list[FrozenTrial]:
        known = [trial for trial in self._known if states is None or trial.state in states]
        return [*(copied(known) if deepcopy else known), *self._study._get_trials(deepcopy, states, use_cache)]
