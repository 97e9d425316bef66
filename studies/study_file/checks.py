"""What a study file can get wrong although each of its lines is well formed."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator

from objectives.data.loading import absence
from objectives.data.named import DATASETS
from objectives.data.paths import path_fault
from objectives.data.readers.formats import lacking
from objectives.data.settings import DataSettings
from objectives.errors import ObjectiveError
from objectives.hypermodel import HyperModel
from objectives.registry import BUILT_IN
from objectives.space.faults import space_faults
from objectives.space.search_space import SearchSpace
from objectives.training.metrics import metric_fault
from objectives.user_code.definitions import check_reference
from objectives.user_code.source import is_reference
from objectives.wording import by_nearness, did_you_mean, listing, written
from studies.sampling.duplicates import duplicate_faults
from studies.sampling.options import how_to_install
from studies.sampling.pruners import pruner_faults
from studies.sampling.samplers import sampler_faults, sampler_of
from studies.sampling.start_points import start_faults
from studies.sampling.warm_start import warm_start_faults
from studies.spec.study import StudySpec

Fault = tuple[str, str]

_EXTRA = {"jax": "jax", "torch": "torch"}
_BETTER = {"minimize": "smaller", "maximize": "larger"}


def study_faults(spec: StudySpec) -> list[Fault]:
    """Every (key, sentence) that keeps the study from running; empty when it can."""
    return [fault for check in CHECKS for fault in check(spec)]


def _objective(spec: StudySpec) -> Iterator[Fault]:
    if spec.objective in BUILT_IN:
        return
    if not is_reference(spec.objective):
        allowed = ", ".join(BUILT_IN)
        yield (
            "objective",
            f"found {written(spec.objective)}; allowed: {allowed}, path/file.py:function or package.module:function"
            f"{did_you_mean(spec.objective, BUILT_IN)}",
        )
        return
    try:
        check_reference(spec.objective)
    except ObjectiveError as error:
        yield "objective", str(error)


def _settings_apply(spec: StudySpec) -> Iterator[Fault]:
    family = BUILT_IN.get(spec.objective)
    if family is None:
        for key in ("space", "data", "train") if is_reference(spec.objective) else ():
            if getattr(spec, key):
                yield key, f"{written(spec.objective)} is a function of your own and reads no [{key}]; leave it out"
    elif not family.trains:
        for key in ("data", "train"):
            if getattr(spec, key) is not None:
                yield key, f"{written(family.name)} is a formula and trains nothing; leave [{key}] out"


def _metric(spec: StudySpec) -> Iterator[Fault]:
    family = BUILT_IN.get(spec.objective)
    if family is not None and spec.metrics and not family.metrics:
        yield "metric", f"{written(family.name)} returns one value and has no metrics; leave metric out"
    elif family is not None:
        for place, name in enumerate(spec.metrics):
            yield from _one_metric(spec, family, place, name)


def _one_metric(spec: StudySpec, family: HyperModel, place: int, name: str) -> Iterator[Fault]:
    if name not in family.metrics:
        allowed = ", ".join(by_nearness(name, family.metrics))
        yield "metric", f"found {written(name)}; allowed: {allowed}{did_you_mean(name, family.metrics)}"
        return
    settings = spec.data or DataSettings()
    data = DATASETS.get(settings.dataset)
    if data is not None:
        classes = data.classes if settings.classes is None else len(settings.classes)
        if (fault := metric_fault(name, classes)) is not None:
            yield "metric", fault
    better = family.metrics[name]
    if len(spec.directions) == max(1, len(spec.metrics)) and spec.directions[place] != better:
        found, size = written(spec.directions[place]), _BETTER[better]
        key, right = ("direction", written(better)) if len(spec.directions) == 1 else ("directions", None)
        right = right or f"[{listing(family.metrics.get(name, 'minimize') for name in spec.metrics)}]"
        yield key, f"found {found}, but {name} is better when {size}; say {key} = {right}"


def _number_of_objectives(spec: StudySpec) -> Iterator[Fault]:
    count, names = len(spec.directions), len(spec.metrics)
    directions = f"{count} direction{'s' if count != 1 else ''}"
    if not count:
        yield "directions", "found none; a study has at least one direction"
    elif spec.objective in BUILT_IN and names <= 1 and count > 1:
        returned = f"{written(spec.objective)} returns one value" + (f", {written(spec.metric)}" if names else "")
        yield "directions", f"found {count}; {returned}, so give one direction or a list of metrics"
    elif names and names != count:
        yield "metric", f"found {names} metric{'s' if names != 1 else ''} and {directions}; give each its own"


def _space(spec: StudySpec) -> Iterator[Fault]:
    family = BUILT_IN.get(spec.objective)
    if family is None:
        yield from ((f"space.{key}", sentence) for key, sentence in SearchSpace(spec.space).faults())
        return
    for key, sentence in space_faults(family.name, family.parameters, spec.space):
        yield f"space.{key}", sentence


def _kind_of_data(spec: StudySpec) -> Iterator[Fault]:
    family = BUILT_IN.get(spec.objective)
    if family is None or spec.data is None or not family.reads:
        return
    data = DATASETS.get(spec.data.dataset)
    if data is not None and data.kind not in family.reads:
        holds, reads = f"{written(spec.data.dataset)} holds {data.kind}s", f"{written(family.name)} reads"
        yield "data.dataset", f"{holds}, and {reads} {listing([f'{kind}s' for kind in family.reads])}"


def _budget(spec: StudySpec) -> Iterator[Fault]:
    for key in ("patience", "target"):
        if getattr(spec.budget, key) is not None and len(spec.directions) > 1:
            yield f"budget.{key}", "several objectives have no single best value; leave it out"
    if spec.budget.trials is None and spec.budget.timeout is None and not sampler_of(spec).covers_space:
        yield (
            "budget",
            "a study needs an end: trials, timeout or both (`--set budget.trials=100`, `--set budget.timeout=2h`)",
        )


def _data(spec: StudySpec) -> Iterator[Fault]:
    # What a variable is to name may still come: a study can be sound where its data are not.
    if spec.data is None or spec.data.dataset in DATASETS or absence(spec.data.dataset) is not None:
        return
    if fault := path_fault(spec.data.dataset):
        yield "data.dataset", f"{spec.data.dataset}: {fault}"
    elif missing := lacking(spec.data.dataset):
        module, extra = missing
        yield "data.dataset", f"{spec.data.dataset} needs {module}, which is not installed; {how_to_install(extra)}"


def _backend(spec: StudySpec) -> Iterator[Fault]:
    backend = spec.train.backend if spec.train is not None else "tensorflow"
    if importlib.util.find_spec(backend) is None:
        yield (
            "train.backend",
            f"{written(backend)} is not installed; {how_to_install(None if backend == 'tensorflow' else backend)}",
        )


CHECKS: tuple[Callable[[StudySpec], Iterator[Fault]], ...] = (
    _objective,
    _settings_apply,
    _metric,
    _number_of_objectives,
    _space,
    _kind_of_data,
    sampler_faults,
    pruner_faults,
    start_faults,
    warm_start_faults,
    duplicate_faults,
    _budget,
    _data,
    _backend,
)
