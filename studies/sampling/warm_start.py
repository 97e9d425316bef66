"""Warm start: a sampler that knows the trials of another study, which count for nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import optuna
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from objectives.wording import written
from studies.sampling.samplers import base_sampler, make_sampler, sampler_of
from studies.spec.study import StudySpec
from studies.wording import offered


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
        yield (
            "warm_start",
            f"found {written(spec.warm_start)}, which is this study itself; {offered('resume', spec.name)} goes on",
        )


def warm_start_sampler(
    spec: StudySpec, known: Sequence[FrozenTrial], *, seed: int, study: optuna.Study, trial: FrozenTrial
) -> BaseSampler:
    """The study's sampler for one trial, which begins from the known trials where it can; the study shows them to all.

    ``study`` is the one that the sampler is to see.
    """
    sampler, least = make_sampler(spec, seed=seed), sampler_of(spec).source_trials
    complete = [row for row in known if row.state is TrialState.COMPLETE]
    if least is None or len(complete) < least:
        return sampler
    # Trials with any other parameters are "not compatible" with what the sampler searches together.
    names = sampler.infer_relative_search_space(study, trial).keys()
    source = [_with_parameters(row, names) for row in complete if names <= row.params.keys()]
    return make_sampler(spec, seed=seed, source_trials=source) if names and source else sampler


def _with_parameters(trial: FrozenTrial, names: Collection[str]) -> FrozenTrial:
    return create_trial(
        values=trial.values,
        params={name: trial.params[name] for name in names},
        distributions={name: trial.distributions[name] for name in names},
    )
