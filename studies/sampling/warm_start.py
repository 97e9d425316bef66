"""Warm start: a sampler that knows the trials of another study, which count for nothing else."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from copy import deepcopy as copied
from typing import Any, cast

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from objectives.wording import written
from studies.sampling.samplers import EXHAUSTIVE, base_sampler, make_sampler
from studies.spec.study import StudySpec

_DEAF = EXHAUSTIVE | {"random", "qmc"}
_REPLACED = ("x0", "sigma0", "use_separable_cma")  # options of CMA-ES that cannot be had with a source (Optuna)
_SOURCE_OF_CMAES = 10  # trials at least: it begins from the best tenth (Nomura et al. 2021, arXiv 2012.06932)


def warm_start_faults(spec: StudySpec) -> Iterator[tuple[str, str]]:
    """What is wrong with the study's `warm_start` as far as the file tells: (key, sentence) pairs."""
    if spec.warm_start is None:
        return
    sampler = base_sampler(spec)
    if sampler.name in _DEAF:
        yield "warm_start", f"{written(sampler.name)} draws alike whatever was found before; leave it out"
    if sampler.name == "cmaes" and (set_ := [key for key in _REPLACED if key in sampler.options]):
        yield "warm_start", f"decides where CMA-ES begins, and so does sampler.{set_[0]}; leave one of them out"
    if spec.warm_start == spec.name:
        yield "warm_start", f"found {written(spec.warm_start)}, which is this study itself; `studyhall resume` goes on"


def informed_sampler(spec: StudySpec, known: Sequence[FrozenTrial], *, seed: int) -> BaseSampler:
    """The study's sampler, which also knows these trials."""
    complete = [trial for trial in known if trial.state is TrialState.COMPLETE]
    source = complete if base_sampler(spec).name == "cmaes" and len(complete) >= _SOURCE_OF_CMAES else None
    sampler = make_sampler(spec, seed=seed, source_trials=source)
    return Informed(sampler, known) if known else sampler


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
