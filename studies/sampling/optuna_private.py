"""What studies/ needs of Optuna that is not public, read in the version below and used nowhere else.

Ids of trials in their storage are `storage.optuna_schema`'s matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import NSGAIIISampler, NSGAIISampler
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.study._constrained_optimization import _CONSTRAINTS_KEY, _is_constrained_optimization
from optuna.study._multi_objective import _get_pareto_front_trials_by_trials
from optuna.trial import FrozenTrial

READ_IN = "5.0.0"

FIXED_PARAMS = "fixed_params"
"""The system attribute in which `Study.enqueue_trial` keeps what a trial is to have (study/study.py)."""


def set_trial_id(trial: FrozenTrial, identity: int) -> None:
    """Let the trial be another one to a storage; genetic samplers keep their parents by it (samplers/_ga/_base.py)."""
    trial._trial_id = identity


def forget(trial: optuna.Trial, steps: Iterable[int], user: Iterable[str], system: Iterable[str]) -> None:
    """Let the trial know nothing of these reports and attributes, which its storage has lost (trial/_trial.py)."""
    frozen = trial._cached_frozen_trial
    for step in steps:
        frozen.intermediate_values.pop(step, None)
    for attributes, gone in ((frozen.user_attrs, user), (frozen.system_attrs, system)):
        for key in gone:
            attributes.pop(key, None)


def constraint_key(name: str) -> str:
    """The system attribute in which `Trial.set_constraint` keeps a constraint (study/_constrained_optimization.py)."""
    return f"{_CONSTRAINTS_KEY}:{name}"


def contains(distribution: BaseDistribution, value: Any) -> bool:
    """Whether the distribution could have given the value (distributions.py)."""
    return distribution._contains(distribution.to_internal_repr(value))


def generation_keys() -> tuple[str, ...]:
    """The system attributes in which genetic samplers keep a trial's generation (samplers/_ga/_base.py)."""
    return tuple(sampler._get_generation_key() for sampler in (NSGAIISampler, NSGAIIISampler))


def storage_of(study: optuna.Study) -> BaseStorage:
    """The study's storage, behind the cache of finished trials that a study puts before a database (study/study.py)."""
    return study._storage


def pareto_front(trials: Sequence[FrozenTrial], directions: Sequence[StudyDirection]) -> list[FrozenTrial]:
    """What `Study.best_trials` makes of these trials (study/study.py); it would read and copy all of each."""
    is_constrained = _is_constrained_optimization(trials)
    return _get_pareto_front_trials_by_trials(trials, directions, is_constrained)
