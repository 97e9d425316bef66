"""Fill in what follows from the objective, the data and the sampler, so that the stored study is whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from objectives.data.loading import load_rows
from objectives.data.named import DATASETS
from objectives.data.readers.formats import FOLDER, format_of
from objectives.data.settings import DataSettings
from objectives.errors import DataError
from objectives.hypermodel import HyperModel
from objectives.registry import BUILT_IN
from objectives.space.dimensions import Dimension, Range
from objectives.space.parameters import Parameter, lookup
from objectives.space.search_space import SearchSpace
from objectives.training.metrics import DEFAULTS, kind_of, names_of
from objectives.training.settings import TrainSettings
from studies.sampling.samplers import sampler_of
from studies.spec.study import StudySpec


def complete(spec: StudySpec, table: Mapping[str, Any]) -> StudySpec:
    """Fill in what follows from the objective and the sampler, so that the stored study is whole."""
    changes: dict[str, Any] = {}
    family = BUILT_IN.get(spec.objective)
    if family is not None:
        changes["space"] = {name: _of_kind(lookup(family.parameters, name), item) for name, item in spec.space.items()}
        metric = spec.metric or _default_metric(family, spec.data or DataSettings())
        changes["metric"] = metric
        if not {"direction", "directions"} & table.keys() and metric is not None:
            # A name that nobody knows has a fault of its own.
            changes["directions"] = tuple(family.metrics.get(name, "minimize") for name in names_of(metric))
        if family.trains:
            changes["data"] = spec.data or DataSettings()
            changes["train"] = spec.train or TrainSettings()
        if not spec.space and "space" not in table:
            changes["space"] = StudySpec.model_validate({"name": "x", "objective": "x", "space": family.space}).space
    whole = spec.model_copy(update=changes)
    if sampler_of(whole).covers_space and whole.budget.trials is None and (size := SearchSpace(whole.space).size()):
        whole = whole.model_copy(update={"budget": whole.budget.model_copy(update={"trials": size})})
    return whole


def _of_kind(parameter: Parameter | None, item: Dimension) -> Dimension:
    """A range as its parameter is: from 0 to 1 means all between where the parameter is a number and no integer."""
    if not isinstance(item, Range) or parameter is None or parameter.kind is not float:
        return item
    return item.model_copy(update={"low": float(item.low), "high": float(item.high)})


def _default_metric(family: HyperModel, data: DataSettings) -> str | None:
    if not family.trains:
        return family.default_metric
    if (known := DATASETS.get(data.dataset)) is not None:
        return DEFAULTS[kind_of(known.classes)]
    if data.task != "auto" or data.text is not None or format_of(data.dataset) is FOLDER:
        return DEFAULTS["regression" if data.task == "regression" else "classes"]
    try:
        return DEFAULTS[kind_of(load_rows(data).classes)]
    except DataError:  # which is told by whoever needs the data
        return family.default_metric
