"""Pruners by name. One file, one table line each."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import optuna
from optuna.pruners import (
    BasePruner,
    HyperbandPruner,
    MedianPruner,
    NopPruner,
    PatientPruner,
    PercentilePruner,
    SuccessiveHalvingPruner,
    ThresholdPruner,
    WilcoxonPruner,
)

from objectives.wording import written
from studies.sampling.options import Entry, faults
from studies.spec.study import StudySpec


def _patient(
    base: str = "median", patience: int = 3, min_delta: float = 0.0, options: dict[str, Any] | None = None
) -> PatientPruner:
    return PatientPruner(_build(base, options or {}), patience, min_delta)


ENTRIES: Mapping[str, Entry] = {
    "none": Entry(factory=NopPruner),
    "median": Entry(factory=MedianPruner),
    "percentile": Entry(factory=PercentilePruner, defaults={"percentile": 25.0}),
    "halving": Entry(factory=SuccessiveHalvingPruner),
    "hyperband": Entry(factory=HyperbandPruner),
    "patient": Entry(factory=_patient),
    "threshold": Entry(factory=ThresholdPruner),
    "wilcoxon": Entry(factory=WilcoxonPruner, needs={"scipy": None}),
}


def pruner_faults(spec: StudySpec) -> Iterator[tuple[str, str]]:
    """What is wrong with the study's pruner: (key, sentence) pairs."""
    wrong = list(faults("pruner", spec.pruner.name, spec.pruner.options, ENTRIES))
    if not wrong and spec.pruner.name == "patient":
        wrong = list(_patient_faults(spec.pruner.options))
    if not wrong:
        try:
            _ask(make_pruner(spec))
        except (ArithmeticError, AssertionError, KeyError, TypeError, ValueError) as error:
            yield "pruner", f"{written(spec.pruner.name)} refuses its options: {error}"
    if len(spec.directions) > 1 and "pruner" in spec.model_fields_set and spec.pruner.name != "none":
        yield "pruner", "a study with several objectives cannot prune (Optuna); leave the pruner out"
    yield from wrong


def _ask(pruner: BasePruner) -> None:
    """Let it judge: Optuna looks at some options only then."""
    study = optuna.create_study(pruner=pruner)
    for _ in range(3):
        trial = study.ask()
        for step in range(3):
            trial.report(1.0, step)
            trial.should_prune()
        study.tell(trial, 1.0)


def _patient_faults(options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    base = options.get("base", "median")
    if base in ("patient", "none"):
        yield (
            "pruner.base",
            f"found {written(base)}; allowed: {', '.join(name for name in ENTRIES if name not in ('patient', 'none'))}",
        )
    else:
        yield from faults("pruner", base, options.get("options", {}), ENTRIES, keys=("pruner.base", "pruner.options"))


def make_pruner(spec: StudySpec) -> BasePruner:
    """The study's pruner.

    Raises:
        TypeError, ValueError: Optuna refuses an option.
    """
    options = dict(spec.pruner.options)
    if spec.pruner.name == "hyperband" and spec.steps is not None:
        # "auto" prunes nothing before the first complete trial has told how long one is; here it is known.
        options.setdefault("max_resource", spec.steps)
    return _build(spec.pruner.name, options)


def _build(name: str, options: Mapping[str, Any]) -> BasePruner:
    offer = ENTRIES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        pruner: BasePruner = offer.factory(**{**offer.defaults, **options})
    return pruner
