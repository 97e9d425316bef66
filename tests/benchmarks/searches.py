"""A study of the product run in this process: its sampler, its seeds, its space, and a storage in memory."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import optuna
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState

from objectives.space.search_space import SearchSpace
from objectives.space.values import Scalar
from studies.execution.trial import WorkerStudy
from studies.sampling.samplers import make_sampler, trial_seed
from studies.spec.study import StudySpec
from studies.study_file.reading import read_study

Function = Callable[[Mapping[str, Scalar]], float]


@dataclass
class Search:
    """What one search found, trial by trial."""

    points: list[dict[str, Any]] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    seconds: float = 0.0
    """Processor time of the whole search less that of the function itself, of all threads of this process."""

    @property
    def best_so_far(self) -> list[float]:
        """The lowest value of the first n trials, for n from 1."""
        lowest: list[float] = []
        for value in self.values:
            lowest.append(min(value, lowest[-1]) if lowest else value)
        return lowest

    @property
    def best_point(self) -> dict[str, Any]:
        """Where the lowest value was found."""
        return self.points[self.values.index(min(self.values))]

    def trials_until(self, threshold: float) -> int | None:
        """How many trials it took to get below the threshold; None when it never did."""
        return next((number for number, value in enumerate(self.values, 1) if value < threshold), None)

    def as_json(self) -> dict[str, Any]:
        """Everything in it, for a file."""
        return asdict(self)


def run(study: str, settings: Mapping[str, Any], function: Function, *, trials: int, seed: int) -> Search:
    """Search the lowest value of `function` as one worker of the product would, on a study with this seed.

    `study` and `settings` are what `launch STUDY --set KEY=VALUE` takes. Each trial has a sampler of its own at the
    seed that a worker would give it (studies/worker.py), so the suggestions are those of a study on disk. Where the
    function is NaN the trial has failed, and its value here is infinity.
    """
    return run_spec(read_study(study, {**settings, "seed": seed, "budget.trials": trials}), function, trials=trials)


def run_spec(spec: StudySpec, function: Function, *, trials: int) -> Search:
    """As `run`, from a study that was read already."""
    logging.getLogger("optuna").setLevel(logging.WARNING)
    storage = InMemoryStorage()
    optuna.create_study(storage=storage, study_name=spec.name)
    study = WorkerStudy(spec.name, storage)
    space = SearchSpace(spec.space)
    search = Search()
    for number in range(trials):
        started = time.process_time()
        study.sampler = make_sampler(spec, seed=trial_seed(spec, number))
        trial = study.ask()
        point = {**space.fixed, **space.suggest(trial)}
        search.seconds += time.process_time() - started
        value = function(point)
        started = time.process_time()
        if math.isnan(value):
            study.tell(trial, state=TrialState.FAIL)
            value = math.inf
        else:
            study.tell(trial, value)
        search.seconds += time.process_time() - started
        search.points.append(point)
        search.values.append(value)
    return search
