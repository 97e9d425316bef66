"""Pruners by name. One file, one table line each."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True)
class PrunerEntry(Entry):
    """A pruner, and what may be asked of it."""

    factory: Callable[..., BasePruner]
    prunes: bool = True
    """It ends trials, which several objectives do not allow."""
    length_option: str | None = None
    """The option that says how many steps a trial has at most."""
    has_base: bool = False
    """Another pruner judges, and this one delays it."""


ENTRIES: Mapping[str, PrunerEntry] = {
    "none": PrunerEntry(factory=NopPruner, prunes=False),
    "median": PrunerEntry(factory=MedianPruner),
    "percentile": PrunerEntry(factory=PercentilePruner, defaults={"percentile": 25.0}),
    "halving": PrunerEntry(factory=SuccessiveHalvingPruner),
    "hyperband": PrunerEntry(factory=HyperbandPruner, length_option="max_resource"),
    "patient": PrunerEntry(factory=_patient, has_base=True),
    "threshold": PrunerEntry(factory=ThresholdPruner),
    "wilcoxon": PrunerEntry(factory=WilcoxonPruner, needs={"scipy": None}),
}


def pruner_faults(spec: StudySpec) -> Iterator[tuple[str, str]]:
    """What is wrong with the study's pruner: (key, sentence) pairs."""
    wrong = list(faults("pruner", spec.pruner.name, spec.pruner.options, ENTRIES))
    if not wrong and ENTRIES[spec.pruner.name].has_base:
        wrong = list(_base_faults(spec.pruner.options))
    if not wrong:
        try:
            _ask(make_pruner(spec))
        except Exception as error:  # noqa: BLE001  whatever Optuna makes of the user's numbers
            yield "pruner", f"{written(spec.pruner.name)} refuses its options: {error}"
    entry = ENTRIES.get(spec.pruner.name)
    if len(spec.directions) > 1 and "pruner" in spec.model_fields_set and (entry is None or entry.prunes):
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


def _base_faults(options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    base = options.get("base", "median")
    bases = [name for name, entry in ENTRIES.items() if entry.prunes and not entry.has_base]
    if base in ENTRIES and base not in bases:
        yield "pruner.base", f"found {written(base)}; allowed: {', '.join(bases)}"
    else:
        yield from faults("pruner", base, options.get("options", {}), ENTRIES, keys=("pruner.base", "pruner.options"))


def make_pruner(spec: StudySpec) -> BasePruner:
    """The study's pruner.

    Raises:
        TypeError, ValueError: Optuna refuses an option.
    """
    options, length = dict(spec.pruner.options), ENTRIES[spec.pruner.name].length_option
    if length is not None and spec.steps is not None:
        # Hyperband's "auto" prunes nothing before the first complete trial has told how long one is; here it is known.
        options.setdefault(length, spec.steps)
    return _build(spec.pruner.name, options)


def _build(name: str, options: Mapping[str, Any]) -> BasePruner:
    entry = ENTRIES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return entry.factory(**{**entry.defaults, **options})
