"""Suggestions that were evaluated before: not trained again, unless the study wants that (optuna#551, optuna#2021)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import optuna
from optuna.samplers import BaseSampler, RandomSampler
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from objectives.registry import BUILT_IN
from objectives.seeds import derive_seed
from objectives.space.conditions import same
from objectives.space.dimensions import Range
from objectives.space.search_space import SearchSpace
from objectives.space.values import Scalar
from objectives.user_code.source import is_reference
from objectives.wording import written
from storage import SharedStorage
from storage.claims import FINISHED
from studies.sampling.samplers import EXHAUSTIVE, brute_force, shares_sequence, trial_seed, with_fixed
from studies.spec.study import StudySpec

log = logging.getLogger("studyhall.worker")

ATTRIBUTE = "duplicate_of"
TRIES = 8  # of the study's own sampler; one that has converged says the same again and again


def duplicate_faults(spec: StudySpec) -> Iterator[tuple[str, str]]:
    """What is wrong with the study's `duplicates`: (key, sentence) pairs."""
    if "duplicates" not in spec.model_fields_set or spec.duplicates == "allow":
        return
    if is_reference(spec.objective):
        yield (
            "duplicates",
            f"{written(spec.objective)} is a function of your own, and what it suggests is known only while it runs; "
            "leave it out",
        )
    elif spec.sampler.name in EXHAUSTIVE:
        yield "duplicates", f"{written(spec.sampler.name)} visits each point once anyway; leave it out"


def can_repeat(space: SearchSpace) -> bool:
    """Whether a point can come twice at all: not where every trial has a number drawn from a continuum."""
    items = (space.dimensions[name] for name in space.searched)
    return not any(isinstance(item, Range) and item.count is None and not item.when for item in items)


@dataclass
class Duplicates:
    """Settles the parameters of each trial of a worker before anything is trained.

    ``sampler`` makes the study's sampler from a seed. Nothing is done for objectives of the user's own, which suggest
    as they run, nor where every point is another anyway. Trials before ``since`` were made under another spec, so their
    results are none of this one's.
    """

    study: optuna.Study
    storage: SharedStorage
    spec: StudySpec
    sampler: Callable[[int], BaseSampler]
    since: int = 0

    def __post_init__(self) -> None:
        self._space = SearchSpace(self.spec.space)
        self._active = (
            self.spec.duplicates != "allow"
            and self.spec.objective in BUILT_IN
            and bool(self._space.searched)
            and self.spec.sampler.name not in EXHAUSTIVE
            and can_repeat(self._space)
        )
        self._is_finite = self._active and self._space.size() is not None

    def settle(self, trial: optuna.Trial) -> FrozenTrial | None:
        """Write the trial's parameters; returns the finished trial that had the same, None for a new point.

        With ``resample`` a point that is evaluated elsewhere at this moment counts as taken, and looking and writing
        are one transaction, so that two workers cannot take the same. With ``reuse`` they can: there is no value yet.
        """
        if not self._active:
            return None
        chosen = self.study.sampler
        given = {**trial._fixed_params, **trial.params}
        try:
            for sampler in self._samplers(trial.number):
                self.study.sampler = sampler or chosen
                point = self._rehearsed(trial)
                with self.storage.transaction():
                    earlier, taken = self._seen(trial, point)
                    if taken and sampler is not None and not point.keys() <= given.keys():
                        continue
                    trial._fixed_params = point
                    self._space.suggest(trial)
                    return earlier
        finally:
            # It is told how the trial ends; brute force would then stop a study whose space is exhausted.
            self.study.sampler = chosen
        raise AssertionError("what the last sampler says is taken in any case")

    def _samplers(self, number: int) -> Iterator[BaseSampler | None]:
        """Whom to ask, one after another; None stands for the trial's own one, whose answer is final."""
        if self.spec.duplicates == "resample" and not shares_sequence(self.spec):
            yield self.study.sampler
            for again in range(1, TRIES):
                yield self.sampler(derive_seed(trial_seed(self.spec, number), "again", again))
            # It repeats itself. A finite space is searched for a point that is left, an endless one at random.
            seed = derive_seed(self.spec.seed or 0, "instead", number)
            last = brute_force(seed) if self._is_finite else RandomSampler(seed)
            yield with_fixed(self.spec, last)
        yield None

    def _rehearsed(self, trial: optuna.Trial) -> dict[str, Scalar]:
        """What the sampler suggests for the trial now; nothing is written."""
        rehearsal = optuna.Trial(self.study, trial._trial_id)
        rehearsal.storage = cast(BaseStorage, _WithoutParameters(rehearsal.storage))
        self._space.suggest(rehearsal)
        return dict(rehearsal.params)

    def _seen(self, trial: optuna.Trial, point: Mapping[str, Scalar]) -> tuple[FrozenTrial | None, bool]:
        """The first finished trial at this point, and whether any trial is there, also one that runs."""
        there = [
            other
            for other in self.study.get_trials(deepcopy=False, states=(*FINISHED, TrialState.RUNNING))
            if other._trial_id != trial._trial_id and other.number >= self.since and _is_at(other, point)
        ]
        return next((other for other in there if other.state in FINISHED), None), bool(there)


class _WithoutParameters:
    """A storage that takes no parameters: with it Optuna's own trial suggests, and nobody else sees what."""

    def __init__(self, storage: BaseStorage) -> None:
        self._storage = storage

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    def set_trial_param(self, *parameter: Any) -> None:
        """Forget it."""


def _is_at(trial: FrozenTrial, point: Mapping[str, Scalar]) -> bool:
    params = trial.params
    return params.keys() == point.keys() and all(same(params[name], value) for name, value in point.items())


def take_over(trial: optuna.Trial, earlier: FrozenTrial) -> tuple[TrialState, list[float] | None]:
    """Note on the trial whose result it gets; returns the state and the values to finish it with."""
    first = earlier.user_attrs.get(ATTRIBUTE, earlier.number)
    trial.set_user_attr(ATTRIBUTE, first)
    log.info("trial %d is trial %d again and gets its result", trial.number, first)
    if earlier.state is TrialState.COMPLETE:
        return TrialState.COMPLETE, list(earlier.values)
    if (step := earlier.last_step) is not None:
        # Optuna takes the last report as the value of a pruned trial.
        trial.report(earlier.intermediate_values[step], step)
    return TrialState.PRUNED, None
