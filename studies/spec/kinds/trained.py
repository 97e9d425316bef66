"""What the kinds that train with `[data]` and `[train]` have in common."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import ClassVar

from objectives.data.loading import absence, count_classes
from objectives.data.named import DATASETS
from objectives.data.paths import digest, path_fault
from objectives.data.readers.formats import FOLDER, format_of, lacking
from objectives.data.settings import DataSettings
from objectives.errors import DataError, OutOfMemory
from objectives.space.search_space import SearchSpace
from objectives.training.metrics import BETTER, DEFAULTS, kind_of, metric_fault
from objectives.training.settings import TrainSettings
from objectives.training.task import Task
from objectives.training.trainers.base import TRAINING_VERSION
from objectives.wording import by_nearness, did_you_mean, how_to_install, written
from studies.spec.objective import Fault, Fingerprint, ResolvedObjective, contradictions, direction_faults
from studies.spec.study import StudySpec


class TrainedObjective(ResolvedObjective):
    """Trains on data with Keras, and returns metrics."""

    uses_gpus: ClassVar[bool] = True
    training_version: ClassVar[int | None] = TRAINING_VERSION

    def completed(self, spec: StudySpec) -> StudySpec:
        """With data, training, the metric that data of their task have, and the direction in which it is better."""
        data = spec.data if spec.data is not None else DataSettings()
        train = spec.train if spec.train is not None else TrainSettings()
        metric = spec.metric if spec.metric is not None else _default_metric(data)
        whole = spec.model_copy(update={"data": data, "train": train, "metric": metric})
        if "directions" in spec.model_fields_set:
            return whole
        # A name that nobody knows has a fault of its own.
        directions = tuple(BETTER.get(name, "minimize") for name in whole.metrics)
        return whole.model_copy(update={"directions": directions})

    def faults(self, spec: StudySpec) -> Iterator[Fault]:
        """In metrics and directions, the data and the backend."""
        for name in spec.metrics:
            yield from _metric_faults(spec, name)
        yield from contradictions(spec, BETTER.get)
        yield from direction_faults(spec, returns_metrics=True)
        yield from _dataset_faults(spec)
        yield from _backend_faults(spec)

    def fingerprint(self, spec: StudySpec) -> Fingerprint | None:
        """That of a file or folder of the user's own; data sets with a name do not change."""
        sha256 = digest(spec.data.dataset) if spec.data is not None else None
        return Fingerprint(what=spec.data.dataset, sha256=sha256) if spec.data is not None and sha256 else None

    def frameworks(self, spec: StudySpec) -> tuple[str, ...]:
        """Its backend."""
        return (spec.train.backend,) if spec.train is not None else ()

    def task(self, spec: StudySpec) -> Task | None:
        """What one trial trains."""
        return task_of(spec)

    def environment(self, spec: StudySpec) -> dict[str, str]:
        """Keras reads its backend from a variable."""
        return {"KERAS_BACKEND": spec.train.backend} if spec.train is not None else {}


def task_of(spec: StudySpec) -> Task:
    """What one trial of a completed spec trains."""
    assert spec.data is not None, "a spec is completed before anything runs"
    assert spec.train is not None, "a spec is completed before anything runs"
    return Task(
        space=SearchSpace(spec.space),
        data=spec.data,
        train=spec.train,
        metrics=spec.metrics,
        directions=spec.directions,
        seed=spec.root_seed,
    )


def _default_metric(data: DataSettings) -> str:
    """That of the target, which may have to be read for it.

    Raises:
        OutOfMemory: there is too little memory for that.
    """
    if (known := DATASETS.get(data.dataset)) is not None:
        return DEFAULTS[kind_of(known.classes)]
    if data.task != "auto" or format_of(data.dataset) is FOLDER:
        return DEFAULTS["regression" if data.task == "regression" else "classes"]
    try:
        return DEFAULTS[kind_of(count_classes(data))]
    except OutOfMemory:
        raise  # a study with the metric of another task would be stored, and go on where there is more memory
    except DataError:  # which is told by whoever needs the data
        return DEFAULTS["classes"]


def _metric_faults(spec: StudySpec, name: str) -> Iterator[Fault]:
    if name not in BETTER:
        allowed = ", ".join(by_nearness(name, BETTER))
        yield "metric", f"found {written(name)}; allowed: {allowed}{did_you_mean(name, BETTER)}"
        return
    if spec.data is not None and (known := DATASETS.get(spec.data.dataset)) is not None:
        classes = known.classes if spec.data.classes is None else len(spec.data.classes)
        if (fault := metric_fault(name, classes)) is not None:
            yield "metric", fault


def _dataset_faults(spec: StudySpec) -> Iterator[Fault]:
    # What a variable is to name may still come: a study can be sound where its data are not.
    if spec.data is None or spec.data.dataset in DATASETS or absence(spec.data.dataset) is not None:
        return
    if fault := path_fault(spec.data.dataset):
        yield "data.dataset", f"{spec.data.dataset}: {fault}"
    elif missing := lacking(spec.data.dataset):
        module, extra = missing
        yield "data.dataset", f"{spec.data.dataset} needs {module}, which is not installed; {how_to_install(extra)}"


def _backend_faults(spec: StudySpec) -> Iterator[Fault]:
    if spec.train is not None and importlib.util.find_spec(spec.train.backend) is None:
        backend = spec.train.backend
        extra = None if backend == "tensorflow" else backend
        yield "train.backend", f"{written(backend)} is not installed; {how_to_install(extra)}"
