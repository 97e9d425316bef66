"""From a stored study to the callable that a worker evaluates."""

from __future__ import annotations

from objectives.data.settings import DataSettings
from objectives.hypermodel import HyperModel
from objectives.objective import Objective
from objectives.registry import BUILT_IN
from objectives.space.search_space import SearchSpace
from objectives.training.metrics import names_of
from objectives.training.settings import TrainSettings
from objectives.training.task import Task
from objectives.user_code.loading import load
from studies.spec.study import StudySpec


def make_objective(spec: StudySpec) -> Objective:
    """The callable that the study evaluates.

    Raises:
        ObjectiveError: the user's file cannot be loaded.
    """
    family = BUILT_IN.get(spec.objective)
    if family is None:
        return load(spec.objective)
    return family.build(task_of(spec, family))


def task_of(spec: StudySpec, family: HyperModel) -> Task:
    """What a built-in objective is built from."""
    return Task(
        space=SearchSpace(spec.space),
        data=spec.data or DataSettings(),
        train=spec.train or TrainSettings(),
        metrics=spec.metrics or names_of(family.default_metric),
        directions=spec.directions,
        seed=spec.seed or 0,
    )
