"""Samplers by name. One file, one table line each."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

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
from objectives.user_code.source import is_reference
from objectives.wording import written
from studies.sampling.options import Entry, faults
from studies.spec.points import point_faults
from studies.spec.settings import SamplerConfig
from studies.spec.study import StudySpec


def _partial_fixed(
    fixed: dict[str, Any] | None = None, base: str = "tpe", options: dict[str, Any] | None = None, *, seed: int
) -> PartialFixedSampler:
    return PartialFixedSampler(fixed or {}, _build(base, options or {}, seed))


ENTRIES: Mapping[str, Entry] = {
    "random": Entry(factory=RandomSampler, own=("seed",)),
    "tpe": Entry(factory=TPESampler, own=("seed",)),
    "cmaes": Entry(factory=CmaEsSampler, own=("seed", "source_trials"), needs={"cmaes": None}),
    "gp": Entry(factory=GPSampler, own=("seed",), needs={"torch": "torch", "scipy": None}),
    "nsgaii": Entry(factory=NSGAIISampler, own=("seed",)),
    "nsgaiii": Entry(factory=NSGAIIISampler, own=("seed",)),
    "qmc": Entry(factory=QMCSampler, own=("seed",), needs={"scipy": None}),
    "grid": Entry(factory=GridSampler, own=("seed", "search_space")),
    "bruteforce": Entry(factory=BruteForceSampler, own=("seed",)),
    "partial-fixed": Entry(factory=_partial_fixed, own=("seed",)),
}

# Samplers whose parallel workers divide one common sequence between them must all have the study's seed.
_ONE_SEED = {"grid", "qmc"}
# Its random order would make seeded workers visit the same points (Optuna's documentation).
_NO_SEED = {"bruteforce"}
# These cover a finite space, whose size is the budget.
EXHAUSTIVE = {"grid", "bruteforce"}
SINGLE_OBJECTIVE = {"cmaes"}
# Their workers share a list or a counter, so choosing a point belongs to the transaction that claims the trial.
SHARED_SEQUENCE = EXHAUSTIVE | {"qmc"}
_PARTIAL = "partial-fixed"


def base_sampler(spec: StudySpec) -> SamplerConfig:
    """The sampler that draws: the study's own, or the base of one that fixes some parameters."""
    options = spec.sampler.options
    if spec.sampler.name != _PARTIAL:
        return spec.sampler
    return SamplerConfig(name=options.get("base", "tpe"), options=options.get("options", {}))


def shares_sequence(spec: StudySpec) -> bool:
    """Whether a point is to be chosen inside the transaction that claims its trial."""
    return base_sampler(spec).name in SHARED_SEQUENCE


def sampler_faults(spec: StudySpec) -> Iterator[tuple[str, str]]:
    """What is wrong with the study's sampler: (key, sentence) pairs."""
    wrong = list(faults("sampler", spec.sampler.name, spec.sampler.options, ENTRIES))
    name = spec.sampler.name
    if not wrong and name == _PARTIAL:
        wrong = list(_partial_faults(spec))
    if not wrong and name in EXHAUSTIVE:
        try:
            if not SearchSpace(spec.space).grid():
                yield "sampler", f"{written(name)} needs a [space] with at least one parameter to search"
        except SpaceError as error:
            yield "sampler", f"{written(name)} covers a finite space: {error}"
        if name == "grid" and (conditional := [row.name for row in SearchSpace(spec.space).rows() if row.condition]):
            yield (
                "sampler",
                (
                    f'"grid" would train a point again for each value of {conditional[0]}, which has a condition; '
                    'use "bruteforce", which follows conditions'
                ),
            )
    elif not wrong:
        try:
            sampler = make_sampler(spec, seed=0)
            if name == "cmaes" and "x0" not in spec.sampler.options:
                _ask(sampler)
        except (AssertionError, TypeError, ValueError) as error:
            yield "sampler", f"{written(name)} refuses its options: {error}"
    if not wrong and base_sampler(spec).name in SINGLE_OBJECTIVE and len(spec.directions) > 1:
        yield (
            "sampler",
            f"{written(base_sampler(spec).name)} knows one objective only, the study has {len(spec.directions)}; "
            "use tpe or nsgaii",
        )
    yield from wrong


def _ask(sampler: BaseSampler) -> None:
    """Let it draw: CMA-ES looks at its options only at the second trial."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=sampler)
    for _ in range(3):
        trial = study.ask()
        study.tell(trial, trial.suggest_float("x", 0.0, 1.0) + trial.suggest_float("y", 0.0, 1.0))


def _partial_faults(spec: StudySpec) -> Iterator[tuple[str, str]]:
    options = spec.sampler.options
    fixed, base = options.get("fixed"), options.get("base", "tpe")
    if not isinstance(fixed, dict) or not fixed:
        yield "sampler.fixed", f"found {written(fixed)}; say which parameters are fixed: fixed = {{ NAME = VALUE }}"
    elif not is_reference(spec.objective):
        if not set(SearchSpace(spec.space).searched) - fixed.keys():
            yield "sampler.fixed", "fixes every parameter, so that all trials would be one; leave one to the base"
        for name, sentence in point_faults(SearchSpace(spec.space), fixed, parents=False):
            yield f"sampler.fixed.{name}", sentence
    if not isinstance(base, str) or base in EXHAUSTIVE | {_PARTIAL}:
        allowed = ", ".join(name for name in ENTRIES if name not in EXHAUSTIVE | {_PARTIAL})
        hint = "; a grid leaves out what [space] fixes: NAME = VALUE there" if base in EXHAUSTIVE else ""
        yield "sampler.base", f"found {written(base)}; allowed: {allowed}{hint}"
    else:
        yield from faults(
            "sampler", base, options.get("options", {}), ENTRIES, keys=("sampler.base", "sampler.options")
        )


def with_fixed(spec: StudySpec, sampler: BaseSampler) -> BaseSampler:
    """Another sampler, held to the parameters that the study's own fixes."""
    fixed = spec.sampler.options.get("fixed") if spec.sampler.name == _PARTIAL else None
    return sampler if fixed is None else _quietly(PartialFixedSampler, fixed_params=fixed, base_sampler=sampler)


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
    options = _options(spec.sampler, spec)
    if source_trials is not None and spec.sampler.name == _PARTIAL:
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
    seed = spec.seed or 0
    if base_sampler(spec).name in _ONE_SEED:
        return derive_seed(seed, "sampler")
    return derive_seed(seed, "sampler", number, known_parameters)


def _options(chosen: SamplerConfig, spec: StudySpec) -> dict[str, Any]:
    options = dict(chosen.options)
    if chosen.name == "grid":
        options["search_space"] = SearchSpace(spec.space).grid()
    return options


def _build(name: str, options: Mapping[str, Any], seed: int) -> BaseSampler:
    offer = ENTRIES[name]
    keywords = {**offer.defaults, **options}
    if name not in _NO_SEED:
        keywords["seed"] = seed
    return _quietly(offer.factory, **keywords)


def _quietly(factory: Callable[..., Any], **keywords: Any) -> BaseSampler:
    with warnings.catch_warnings():
        # The user chose the option by name; that it is young is in Optuna's documentation.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler: BaseSampler = factory(**keywords)
    return sampler
