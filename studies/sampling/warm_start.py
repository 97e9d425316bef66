"""Warm start: a sampler that knows the trials of another study, which count for nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from objectives.wording import written
from studies.sampling.samplers import base_sampler, make_sampler, sampler_of
from studies.spec.study import StudySpec


def warm_start_faults(spec: StudySpec) -> Iterator[tuple[str, str]]:
    """What is wrong with the study's `warm_start` as far as the file tells: (key, sentence) pairs."""
    if spec.warm_start is None:
        return
    sampler, entry = base_sampler(spec), sampler_of(spec)
    if not entry.learns:
        yield "warm_start", f"{written(sampler.name)} draws alike whatever was found before; leave it out"
    if replaced := [key for key in entry.replaced_by_source if key in sampler.options]:
        yield (
            "warm_start",
            f"decides where {written(sampler.name)} begins, and so does sampler.{replaced[0]}; leave one of them out",
        )
    if spec.warm_start == spec.name:
        yield "warm_start", f"found {written(spec.warm_start)}, which is this study itself; `studyhall resume` goes on"


def warm_start_sampler(spec: StudySpec, known: Sequence[FrozenTrial], *, seed: int) -> BaseSampler:
    """The study's sampler, which begins from these trials where it can; for all others the view holds them."""
    complete = [trial for trial in known if trial.state is TrialState.COMPLETE]
    enough = sampler_of(spec).source_trials
    return make_sampler(
        spec, seed=seed, source_trials=complete if enough is not None and len(complete) >= enough else None
    )
