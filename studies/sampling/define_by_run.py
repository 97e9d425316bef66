"""Brute force over a space that shows itself only as the objective suggests it: every point once, by many workers.

Optuna's own lets two workers that are on their way take the same last point, so here a trial that has not come to its
end yet keeps one of the points below it free. The parameters of a trial are a path, and all paths are a tree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial

from objectives.space.dimensions import Range
from objectives.wording import written
from storage.attempts import KEY
from studies.errors import StudyError

_MOST_VALUES = 1_000_000  # of one parameter; nobody means to train them all


class DefineByRunBruteForce(BaseSampler):
    """Suggests what leads to a point that no other trial has or is on its way to.

    To be asked, and its answer to be written, inside one transaction.
    """

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Nothing is known before it is suggested."""
        return {}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Nothing is known before it is suggested."""
        return {}

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """A value below which a point is left; any where there is none, as when the objective asks by chance."""
        values, path = _values(param_name, param_distribution), _path(trial)
        others = [
            other
            for other in _counting(study.get_trials(deepcopy=False))
            if other.number != trial.number and _path(other)[: len(path)] == path
        ]
        below = _below(others, len(path), (param_name, param_distribution))
        free = np.array([1 if value not in below else max(0, _left(below[value], len(path) + 1)) for value in values])
        chance = free / free.sum() if free.any() else None
        return param_distribution.to_external_repr(float(self._random.choice(values, p=chance)))


def is_covered(trials: Sequence[FrozenTrial]) -> bool:
    """Whether no point is left for another trial, as far as the trials have shown; those that run may show more.

    Raises:
        StudyError: they have asked for different parameters at the same point.
    """
    return _left(_counting(trials), 0) < 1


def _counting(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """Those that are finished or will be: a RUNNING trial that no worker of ours has is nobody's."""
    return [trial for trial in trials if trial.state.is_finished() or KEY in trial.system_attrs]


def _path(trial: FrozenTrial) -> list[tuple[str, float]]:
    """The parameters in their order, with their values as Optuna stores them."""
    return [(name, row.to_internal_repr(trial.params[name])) for name, row in trial.distributions.items()]


def _left(trials: Sequence[FrozenTrial], depth: int) -> int:
    """How many points are left below the first ``depth`` parameters, which these trials have in common."""
    deeper = [trial for trial in trials if len(trial.params) > depth]
    if not deeper:
        return 0 if trials else 1
    asked = list(deeper[0].distributions.items())[depth]
    below = _below(deeper, depth, asked)
    untouched = _count(*asked) - len(below)
    undecided = sum(len(trial.params) == depth and not trial.state.is_finished() for trial in trials)
    return untouched + sum(_left(group, depth + 1) for group in below.values()) - undecided


def _below(
    trials: Sequence[FrozenTrial], depth: int, asked: tuple[str, BaseDistribution]
) -> Mapping[float, list[FrozenTrial]]:
    """The trials that have gone on from here, by their value of the parameter that was asked for.

    Raises:
        StudyError: one of them was asked for another.
    """
    below: dict[float, list[FrozenTrial]] = {}
    for trial in trials:
        if len(trial.params) <= depth:
            continue
        name, row = list(trial.distributions.items())[depth]
        if (name, row) != asked:
            point = ", ".join(f"{key} = {written(value)}" for key, value in list(trial.params.items())[:depth])
            raise StudyError(
                "bruteforce needs an objective that suggests the same again at the same point; "
                f"at {point or 'the start'} trial {trial.number} was asked "
                f"for {name} ({row}), and another for {asked[0]} ({asked[1]})",
                hint="use another sampler, or declare the parameters in [space]",
            )
        below.setdefault(row.to_internal_repr(trial.params[name]), []).append(trial)
    return below


def _count(name: str, distribution: BaseDistribution) -> int:
    """How many values it can suggest.

    Raises:
        StudyError: endlessly many, or more than anybody waits for.
    """
    if isinstance(distribution, CategoricalDistribution):
        return len(distribution.choices)
    if distribution.single():
        return 1
    count = _range(name, distribution).count or 0
    if count > _MOST_VALUES:
        raise StudyError(f"bruteforce would try {count:,} values of {name} alone", hint="give it a larger step")
    return count


def _values(name: str, distribution: BaseDistribution) -> list[float]:
    """All that it can suggest, as Optuna stores it."""
    count = _count(name, distribution)
    if isinstance(distribution, CategoricalDistribution):
        return [float(index) for index in range(count)]
    assert isinstance(distribution, IntDistribution | FloatDistribution), "Optuna has no fourth kind"
    if count == 1:
        return [float(distribution.low)]
    found = _range(name, distribution)
    return [float(found.value(index)) for index in range(count)]


def _range(name: str, distribution: BaseDistribution) -> Range:
    assert isinstance(distribution, IntDistribution | FloatDistribution), "Optuna has no fourth kind"
    if distribution.step is None:
        raise StudyError(
            f"bruteforce needs separate values, and {name} is a range of floats without a step",
            hint=f"suggest it with step=..., or declare it in [space] so: {name} = {{ choices = [0.1, 0.2] }}",
        )
    # Optuna has checked it.
    return Range.model_construct(low=distribution.low, high=distribution.high, step=distribution.step)
