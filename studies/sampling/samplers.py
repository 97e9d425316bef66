"""Samplers by name. One file, one table line each."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import optuna
from optuna.samplers import (
    BaseSampler,
    BruteForceSampler,
    CmaEsSampler,
    GPSampler,
    GridSampler,
    NSGAIIISampler,
    NSGAIISampler,
    PartialFixedSampler,
    QMCSampler,
    RandomSampler,
    TPESampler,
)

from objectives.errors import SpaceError
from objectives.seeds import derive_seed
from objectives.space.search_space import SearchSpace
from objectives.wording import written
from studies.sampling.define_by_run import DefineByRunBruteForce
from studies.sampling.options import Entry, faults
from studies.spec.points import point_faults
from studies.spec.resolving import resolve
from studies.spec.settings import SamplerConfig
from studies.spec.study import StudySpec


def _partial_fixed(
    fixed: dict[str, Any] | None = None, base: str = "tpe", options: dict[str, Any] | None = None, *, seed: int
) -> PartialFixedSampler:
    return PartialFixedSampler(fixed or {}, _build(base, options or {}, seed))


@dataclass(frozen=True, kw_only=True)
class SamplerEntry(Entry):
    """A sampler, and what may be asked of it."""

    factory: Callable[..., BaseSampler]
    seed: Literal["trial", "study", "none"] = "trial"
    """Whose random stream it draws from: one of each trial's own, or one that all workers of the study have. "none"
    where seeded workers would visit the same points (Optuna's documentation)."""
    learns: bool = True
    """What it suggests depends on the values found before, so that a warm start makes sense."""
    shares_sequence: bool = False
    """Its workers share a list or a counter, so choosing a point belongs to the transaction that claims the trial."""
    covers_space: bool = False
    """It visits each point of a finite space once, and the number of points is its budget."""
    follows_conditions: bool = True
    """A parameter that a point does not use makes no further points."""
    objectives: int | None = None
    """How many objectives it can have at most."""
    takes_points: bool = False
    """It is given every value of each parameter."""
    source_trials: int | None = None
    """With so many trials of another study it begins from them, instead of only knowing them (arXiv 2012.06932)."""
    replaced_by_source: Collection[str] = ()
    """Options that it cannot have together with such a source (Optuna)."""
    checks_late: bool = False
    """It looks at its options only when it draws."""
    has_base: bool = False
    """Another sampler draws, and this one fixes some parameters."""


ENTRIES: Mapping[str, SamplerEntry] = {
    "random": SamplerEntry(factory=RandomSampler, own=("seed",), learns=False),
    "tpe": SamplerEntry(factory=TPESampler, own=("seed",)),
    "cmaes": SamplerEntry(
        factory=CmaEsSampler,
        own=("seed", "source_trials"),
        needs={"cmaes": None},
        objectives=1,
        source_trials=10,  # it begins from the best tenth
        replaced_by_source=("x0", "sigma0", "use_separable_cma"),
        checks_late=True,
    ),
    "gp": SamplerEntry(factory=GPSampler, own=("seed",), needs={"torch": "torch", "scipy": None}),
    "nsgaii": SamplerEntry(factory=NSGAIISampler, own=("seed",)),
    "nsgaiii": SamplerEntry(factory=NSGAIIISampler, own=("seed",)),
    "qmc": SamplerEntry(
        factory=QMCSampler, own=("seed",), needs={"scipy": None}, seed="study", learns=False, shares_sequence=True
    ),
    "grid": SamplerEntry(
        factory=GridSampler,
        own=("seed", "search_space"),
        seed="study",
        learns=False,
        shares_sequence=True,
        covers_space=True,
        follows_conditions=False,
        takes_points=True,
    ),
    "bruteforce": SamplerEntry(
        factory=BruteForceSampler, own=("seed",), seed="none", learns=False, shares_sequence=True, covers_space=True
    ),
    "partial-fixed": SamplerEntry(factory=_partial_fixed, own=("seed",), has_base=True),
}
_UNKNOWN = SamplerEntry(factory=BaseSampler)  # a study that names it is refused; what else is wrong is told as well


def base_sampler(spec: StudySpec) -> SamplerConfig:
    """The sampler that draws: the study's own, or the base of one that fixes some parameters."""
    options = spec.sampler.options
    base = options.get("base", "tpe")
    if not ENTRIES.get(spec.sampler.name, _UNKNOWN).has_base or not isinstance(base, str):
        return spec.sampler
    return SamplerConfig(name=base, options=options.get("options", {}))


def sampler_of(spec: StudySpec) -> SamplerEntry:
    """What may be asked of the sampler that draws."""
    return ENTRIES.get(base_sampler(spec).name, _UNKNOWN)


def follows_suggestions(spec: StudySpec) -> bool:
    """Whether the study covers a space that shows itself only as its objective suggests it."""
    return sampler_of(spec).covers_space and not resolve(spec.objective).space_is_declared(spec)


def points_of(spec: StudySpec) -> int | None:
    """How many points a sampler visits that covers its space; None for others, and where nobody knows it yet."""
    covers = sampler_of(spec).covers_space and not follows_suggestions(spec)
    return SearchSpace(spec.space).size() if covers else None


def sampler_faults(spec: StudySpec) -> Iterator[tuple[str, str]]:
    """What is wrong with the study's sampler: (key, sentence) pairs."""
    wrong = list(faults("sampler", spec.sampler.name, spec.sampler.options, ENTRIES))
    if not wrong and ENTRIES[spec.sampler.name].has_base:
        wrong = list(_partial_faults(spec))
    if not wrong:
        yield from _space_faults(spec) if sampler_of(spec).covers_space else _refused_options(spec)
        most = sampler_of(spec).objectives
        if most is not None and len(spec.directions) > most:
            yield (
                "sampler",
                f"{written(base_sampler(spec).name)} knows one objective only, the study has {len(spec.directions)}; "
                "use tpe or nsgaii",
            )
    yield from wrong


def _space_faults(spec: StudySpec) -> Iterator[tuple[str, str]]:
    name, space = spec.sampler.name, SearchSpace(spec.space)
    if follows_suggestions(spec):
        if sampler_of(spec).takes_points:
            yield (
                "sampler",
                f"{written(name)} has to know every parameter before the first trial: declare what "
                f"{written(spec.objective)} suggests in [space] (`x = {{ choices = [1, 2, 4] }}`, "
                '`y = { low = 0, high = 9 }`), or use "bruteforce", which follows its suggestions',
            )
        return
    try:
        if not space.grid():
            yield "sampler", f"{written(name)} needs a [space] with at least one parameter to search"
    except SpaceError as error:
        yield "sampler", f"{written(name)} covers a finite space: {error}"
    conditional = [row.name for row in space.rows() if row.condition]
    if conditional and not sampler_of(spec).follows_conditions:
        yield (
            "sampler",
            (
                f"{written(name)} would train a point again for each value of {conditional[0]}, which has a condition; "
                'use "bruteforce", which follows conditions'
            ),
        )


def _refused_options(spec: StudySpec) -> Iterator[tuple[str, str]]:
    try:
        sampler = make_sampler(spec, seed=0)
        # Where the search begins is told in the study's parameters, which `_ask` has not.
        if ENTRIES[spec.sampler.name].checks_late and "x0" not in spec.sampler.options:
            _ask(sampler)
    except Exception as error:  # noqa: BLE001  whatever Optuna, or what it stands on, makes of the user's numbers
        yield "sampler", f"{written(spec.sampler.name)} refuses its options: {error}"


def _ask(sampler: BaseSampler) -> None:
    """Let it draw twice and once more: with nothing known yet CMA-ES draws at random."""
    study = optuna.create_study(sampler=sampler)
    for _ in range(3):
        trial = study.ask()
        study.tell(trial, trial.suggest_float("x", 0.0, 1.0) + trial.suggest_float("y", 0.0, 1.0))


def _partial_faults(spec: StudySpec) -> Iterator[tuple[str, str]]:
    options = spec.sampler.options
    fixed, base = options.get("fixed"), options.get("base", "tpe")
    if not isinstance(fixed, dict) or not fixed:
        yield "sampler.fixed", f"found {written(fixed)}; say which parameters are fixed: fixed = {{ NAME = VALUE }}"
    elif resolve(spec.objective).space_is_declared(spec):
        if not set(SearchSpace(spec.space).searched) - fixed.keys():
            yield "sampler.fixed", "fixes every parameter, so that all trials would be one; leave one to the base"
        for name, sentence in point_faults(SearchSpace(spec.space), fixed, parents=False):
            yield f"sampler.fixed.{name}", sentence
    bases = {name: entry for name, entry in ENTRIES.items() if not entry.covers_space and not entry.has_base}
    if not isinstance(base, str) or (base in ENTRIES and base not in bases):
        covers = isinstance(base, str) and ENTRIES[base].covers_space
        hint = "; a grid leaves out what [space] fixes: NAME = VALUE there" if covers else ""
        yield "sampler.base", f"found {written(base)}; allowed: {', '.join(bases)}{hint}"
    else:
        yield from faults(
            "sampler", base, options.get("options", {}), ENTRIES, keys=("sampler.base", "sampler.options")
        )


def with_fixed(spec: StudySpec, sampler: BaseSampler) -> BaseSampler:
    """Another sampler, held to the parameters that the study's own fixes."""
    if not ENTRIES[spec.sampler.name].has_base:
        return sampler
    return _quietly(PartialFixedSampler, fixed_params=spec.sampler.options["fixed"], base_sampler=sampler)


def brute_force(seed: int) -> BaseSampler:
    """A sampler that says what is left of a finite space."""
    return _quietly(BruteForceSampler, seed=seed)


def make_sampler(
    spec: StudySpec, *, seed: int, source_trials: Sequence[optuna.trial.FrozenTrial] | None = None
) -> BaseSampler:
    """The study's sampler with its random stream at ``seed``; CMA-ES begins from ``source_trials``.

    Raises:
        TypeError, ValueError: Optuna refuses an option.
    """
    if follows_suggestions(spec):
        return DefineByRunBruteForce(seed)
    entry, options = ENTRIES[spec.sampler.name], dict(spec.sampler.options)
    if entry.takes_points:
        options["search_space"] = SearchSpace(spec.space).grid()
    if source_trials is not None and entry.has_base:
        options["options"] = {**options.get("options", {}), "source_trials": list(source_trials)}
    elif source_trials is not None:
        options["source_trials"] = list(source_trials)
    return _build(spec.sampler.name, options, seed)


def trial_seed(spec: StudySpec, number: int, known_parameters: int = 0) -> int:
    """The seed of the sampler for one trial.

    Each trial has a stream of its own, whichever worker draws it: two workers never share one, and neither
    a resume nor another number of workers changes what is drawn from it. A trial that was handed back
    with ``known_parameters`` already suggested draws the rest from yet another stream.
    """
    if sampler_of(spec).seed == "study":
        return derive_seed(spec.root_seed, "sampler")
    return derive_seed(spec.root_seed, "sampler", number, known_parameters)


def _build(name: str, options: Mapping[str, Any], seed: int) -> BaseSampler:
    entry = ENTRIES[name]
    keywords = {**entry.defaults, **options}
    if entry.seed != "none":
        keywords["seed"] = seed
    return _quietly(entry.factory, **keywords)


def _quietly(factory: Callable[..., BaseSampler], **keywords: Any) -> BaseSampler:
    with warnings.catch_warnings():
        # The user chose the option by name; that it is young is in Optuna's documentation.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return factory(**keywords)
