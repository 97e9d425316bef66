"""What a trial is to evaluate: proposed once, before its objective runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import optuna
from optuna.samplers import BaseSampler, RandomSampler
from optuna.trial import FrozenTrial, TrialState

from objectives.seeds import derive_seed
from objectives.space.search_space import SearchSpace
from objectives.space.values import Scalar
from storage import SharedStorage
from storage.claims import FINISHED
from storage.optuna_schema import trial_id_of
from studies.sampling.declared_space import DeclaredSpace, fixed_distribution
from studies.sampling.define_by_run import is_covered
from studies.sampling.duplicates import can_repeat, is_at
from studies.sampling.optuna_private import FIXED_PARAMS, storage_of
from studies.sampling.sampler_view import ViewSampler, ViewStudy
from studies.sampling.samplers import brute_force, follows_suggestions, sampler_of, trial_seed, with_fixed
from studies.sampling.warm_start import warm_start_sampler
from studies.spec.resolving import resolve
from studies.spec.study import StudySpec

TRIES = 8  # of the study's own sampler; one that has converged says the same again and again


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a trial begins with; its parameters stand in the storage, as far as they are known before it runs."""

    trial: FrozenTrial
    """As it was claimed."""
    sampler: ViewSampler
    """Suggests what an objective asks for as it runs, and hears how the trial ends."""
    duplicate_of: FrozenTrial | None
    """A finished trial that had the same parameters."""


@dataclass(frozen=True, kw_only=True)
class Proposer:
    """Proposes what the trials of one worker are to evaluate.

    In a declared [space] the whole point is chosen, and stands in the trial as if it had been suggested: Optuna's
    `suggest` then gives what is there. (In the system attribute `fixed_params` it would seem to be enqueued, and a grid
    passes over such trials.) For an objective of the user's own what [space] fixes stands there as well. Without a
    [space] such an objective says what it searches only as it runs, and gets a sampler.
    ``known`` are the trials of another study that the sampler sees. Trials before ``since`` were made under another
    spec, so their results are none of this one's.
    """

    study: optuna.Study
    storage: SharedStorage
    spec: StudySpec
    known: Sequence[FrozenTrial] = ()
    since: int = 0

    @cached_property
    def _space(self) -> SearchSpace:
        return SearchSpace(self.spec.space)

    @cached_property
    def _fixed(self) -> Mapping[str, Scalar]:
        """What an objective of the user's own asks for although [space] fixes it."""
        return self._space.fixed if resolve(self.spec.objective).suggests_itself else {}

    @cached_property
    def _looks_for_duplicates(self) -> bool:
        may = self.spec.duplicates != "allow" and not sampler_of(self.spec).covers_space
        return may and can_repeat(self._space)

    def propose(self, trial_id: int) -> Proposal:
        """Choose what the trial of that id begins with; one that has its parameters keeps them.

        With "resample" a point that is evaluated elsewhere at this moment counts as taken, and looking and writing
        are one transaction, so that two workers cannot take the same. With "reuse" they can: there is no value yet.
        A sampler whose workers share a sequence is to be asked inside the transaction that claims the trial.
        """
        # Reading them all also makes the trial known to the study's cache, which takes no parameter otherwise.
        frozen = next(t for t in reversed(self.study.get_trials(deepcopy=False)) if trial_id_of(t) == trial_id)
        # A sampler that covers a space knows the values of its parameters, and trials of another space have others.
        view = self._view(self.known, self.since if sampler_of(self.spec).covers_space else 0)
        chosen = self._sampler(trial_seed(self.spec, frozen.number, len(frozen.params)), view, frozen)
        view.sampler = sampler = ViewSampler(chosen, view)
        self._write_fixed(frozen)
        earlier = None
        if self._space.searched:
            earlier = self._choose(frozen, view, chosen)
        else:
            view.on_stop = self.study.stop
            if sampler_of(self.spec).shares_sequence:
                _ = optuna.Trial(view, trial_id).relative_params  # the sampler keeps them for the objective
        return Proposal(trial=frozen, sampler=sampler, duplicate_of=earlier)

    def declared(self, point: Mapping[str, Any]) -> DeclaredSpace | None:
        """The declared space for an objective that suggests itself; ``point`` are the parameters of its trial."""
        is_needed = self._space.dimensions and resolve(self.spec.objective).suggests_itself
        return DeclaredSpace(self._space.dimensions, point) if is_needed else None

    def is_covered(self) -> bool:
        """Whether a sampler that covers what the objective suggests has no point left for another trial.

        To be asked inside the transaction that would claim it.

        Raises:
            StudyError: the objective's space cannot be covered.
        """
        if not follows_suggestions(self.spec):
            return False
        return is_covered([row for row in self.study.get_trials(deepcopy=False) if row.number >= self.since])

    def _choose(self, frozen: FrozenTrial, view: ViewStudy, chosen: BaseSampler) -> FrozenTrial | None:
        given = {**frozen.system_attrs.get(FIXED_PARAMS, {}), **frozen.params, **self._fixed}.keys()
        for study, sampler, is_final in self._askable(frozen, view, chosen):
            peeked = self._peek(study, sampler, frozen)
            with self.storage.transaction():
                point = peeked.params
                earlier, taken = self._seen(frozen, point) if self._looks_for_duplicates else (None, False)
                if taken and not is_final and not point.keys() <= given:
                    continue
                self._write(frozen, peeked)
                return earlier
        raise AssertionError("what the last sampler says is taken in any case")

    def _askable(
        self, frozen: FrozenTrial, view: ViewStudy, chosen: BaseSampler
    ) -> Iterator[tuple[ViewStudy, BaseSampler, bool]]:
        """Whom to ask about which study, one after another, and whether the answer is final."""
        if (
            self._looks_for_duplicates
            and self.spec.duplicates == "resample"
            and not sampler_of(self.spec).shares_sequence
        ):
            yield view, chosen, False
            for again in range(1, TRIES):
                seed = derive_seed(trial_seed(self.spec, frozen.number), "again", again)
                yield view, self._sampler(seed, view, frozen), False
            # It repeats itself. A finite space is searched for a point that is left, an endless one at random.
            seed = derive_seed(self.spec.root_seed, "instead", frozen.number)
            last = brute_force(seed) if self._space.size() is not None else RandomSampler(seed)
            # A point that only the other study has tried is left as well.
            yield self._view(since=self.since), with_fixed(self.spec, last), False
        yield view, chosen, True

    def _view(self, known: Sequence[FrozenTrial] = (), since: int = 0) -> ViewStudy:
        return ViewStudy(self.study.study_name, storage_of(self.study), known, since)

    def _sampler(self, seed: int, view: ViewStudy, frozen: FrozenTrial) -> BaseSampler:
        return warm_start_sampler(self.spec, self.known, seed=seed, study=view, trial=frozen)

    def _peek(self, view: ViewStudy, sampler: BaseSampler, frozen: FrozenTrial) -> optuna.Trial:
        """A trial that has what the sampler suggests now; nothing of it is written."""
        view.sampler = sampler
        peeked = optuna.Trial(view, trial_id_of(frozen))
        if sampler_of(self.spec).shares_sequence:
            _ = peeked.relative_params  # the sequence moves on with each trial, also where a point is given
        self._space.suggest(peeked)
        return peeked

    def _write_fixed(self, frozen: FrozenTrial) -> None:
        for name, value in self._fixed.items():
            if name not in frozen.params:
                row = fixed_distribution(value)
                storage_of(self.study).set_trial_param(trial_id_of(frozen), name, row.to_internal_repr(value), row)

    def _write(self, frozen: FrozenTrial, peeked: optuna.Trial) -> None:
        for name, distribution in peeked.distributions.items():
            if name not in frozen.params and name not in self._fixed:
                value = distribution.to_internal_repr(peeked.params[name])
                storage_of(self.study).set_trial_param(trial_id_of(frozen), name, value, distribution)

    def _seen(self, frozen: FrozenTrial, point: Mapping[str, Scalar]) -> tuple[FrozenTrial | None, bool]:
        """The first finished trial at this point, and whether any trial is there, also one that runs."""
        there = [
            other
            for other in self.study.get_trials(deepcopy=False, states=(*FINISHED, TrialState.RUNNING))
            if other.number != frozen.number and other.number >= self.since and is_at(other, point)
        ]
        return next((other for other in there if other.state in FINISHED), None), bool(there)
