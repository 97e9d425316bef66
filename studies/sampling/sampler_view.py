"""What a sampler sees of a study, beyond what is in the record: trials of another study, and that a trial diverged."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import optuna
from optuna.distributions import BaseDistribution
from optuna.pruners import NopPruner
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from storage.attempts import attempts_of

Method = TypeVar("Method", bound=Callable[..., Any])


def _as_it_is(method: Method) -> Method:
    @functools.wraps(method, updated=())  # its being abstract is none of what is taken over
    def call(self: SamplerView, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.storage, method.__name__)(*args, **kwargs)

    return cast(Method, call)


class SamplerView(BaseStorage):
    """A study's storage as its sampler sees it: with more trials in it, and with nothing to write parameters to.

    ``known`` are trials of another study that stand before the study's own; of its own, those before the number
    ``since`` are left out. A trial that diverged is COMPLETE with
    the worst value. What samplers note, in the attributes of trials and of the study, goes to the storage itself.
    """

    def __init__(self, storage: BaseStorage, known: Sequence[FrozenTrial] = (), since: int = 0) -> None:
        self.storage = storage
        self.known = known
        self.since = since

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """The trials as a sampler is to see them."""
        own = [trial for trial in self.storage.get_all_trials(study_id, deepcopy=False) if trial.number >= self.since]
        seen = with_diverged([*self.known, *own], self.storage.get_study_directions(study_id))
        wanted = [trial for trial in seen if states is None or trial.state in states]
        return copy.deepcopy(wanted) if deepcopy else wanted

    def set_trial_param(
        self, trial_id: int, param_name: str, param_value_internal: float, distribution: BaseDistribution
    ) -> None:
        """Forget it: a trial of this storage is asked what its sampler would say, and nobody else sees that."""

    create_new_study = _as_it_is(BaseStorage.create_new_study)
    delete_study = _as_it_is(BaseStorage.delete_study)
    set_study_user_attr = _as_it_is(BaseStorage.set_study_user_attr)
    set_study_system_attr = _as_it_is(BaseStorage.set_study_system_attr)
    get_study_id_from_name = _as_it_is(BaseStorage.get_study_id_from_name)
    get_study_name_from_id = _as_it_is(BaseStorage.get_study_name_from_id)
    get_study_directions = _as_it_is(BaseStorage.get_study_directions)
    get_study_user_attrs = _as_it_is(BaseStorage.get_study_user_attrs)
    get_study_system_attrs = _as_it_is(BaseStorage.get_study_system_attrs)
    get_all_studies = _as_it_is(BaseStorage.get_all_studies)
    create_new_trial = _as_it_is(BaseStorage.create_new_trial)
    get_trial_id_from_study_id_trial_number = _as_it_is(BaseStorage.get_trial_id_from_study_id_trial_number)
    set_trial_state_values = _as_it_is(BaseStorage.set_trial_state_values)
    set_trial_intermediate_value = _as_it_is(BaseStorage.set_trial_intermediate_value)
    set_trial_user_attr = _as_it_is(BaseStorage.set_trial_user_attr)
    set_trial_system_attr = _as_it_is(BaseStorage.set_trial_system_attr)
    get_trial = _as_it_is(BaseStorage.get_trial)


class ViewStudy(optuna.Study):
    """The study that samplers are given, whatever study their trial is of.

    It is read anew for each trial: a study's own list of trials lasts until a trial of that object is told.
    """

    def __init__(
        self, study_name: str, storage: BaseStorage, known: Sequence[FrozenTrial] = (), since: int = 0
    ) -> None:
        # Hyperband would hand the sampler a study of its own (`_BracketStudy`), whose brackets are for pruners: all
        # of Optuna's samplers ask it for the trials of every bracket. So no pruner stands between.
        super().__init__(study_name, SamplerView(storage, known, since), pruner=NopPruner())
        self.on_stop: Callable[[], None] | None = None

    def stop(self) -> None:
        """Do what ``on_stop`` says. Samplers ask for it where a space is covered; the budget knows a declared one."""
        if self.on_stop is not None:
            self.on_stop()


class ViewSampler(BaseSampler):
    """A sampler that is asked on behalf of one trial, and always shown the same study."""

    def __init__(self, base: BaseSampler, study: ViewStudy) -> None:
        self._base = base
        self._study = study
        self._drawn: dict[str, Any] | None = None
        self.raised: Exception | None = None

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """What the base raises inside is noted: to an objective it looks like an error of its own."""
        try:
            yield
        except Exception as error:
            self.raised = error
            raise

    def reseed_rng(self) -> None:
        """As the base does."""
        self._base.reseed_rng()

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """As the base does."""
        with self._asked():
            self._base.before_trial(self._study, trial)

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """As the base does."""
        with self._asked():
            return self._base.infer_relative_search_space(self._study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """As the base does, once: a common sequence of points moves on with each call."""
        if self._drawn is None:
            with self._asked():
                self._drawn = self._base.sample_relative(self._study, trial, search_space)
        return self._drawn

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """As the base does."""
        with self._asked():
            return self._base.sample_independent(self._study, trial, param_name, param_distribution)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """As the base does."""
        with self._asked():
            self._base.after_trial(self._study, trial, state, values)


def with_diverged(trials: Sequence[FrozenTrial], directions: Sequence[StudyDirection]) -> list[FrozenTrial]:
    """The trials as a sampler is to see them: one that diverged is COMPLETE, with the worst value there is.

    Samplers see no FAIL, and would suggest the same region again and again. The worst value seen so far (of each
    direction) says that it is bad without saying how bad, which nobody knows; it keeps every sampler's scale. A
    constraint that it has not set gets its worst value likewise: without one it would count as feasible, and so as
    better than all that break theirs. Without a COMPLETE trial there is no such value, and nothing is added.
    """
    diverged = {trial.number for trial in trials if _diverged(trial)}
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE] if diverged else []
    if not complete:
        return list(trials)
    worst = [
        (max if direction is StudyDirection.MINIMIZE else min)(column)
        for direction, column in zip(directions, zip(*(trial.values for trial in complete), strict=True), strict=True)
    ]
    bounds: dict[str, float] = {}
    for name, value in (item for trial in complete for item in trial.constraints.items()):
        bounds[name] = max(value, bounds.get(name, value))
    return [_as_complete(trial, worst, bounds) if trial.number in diverged else trial for trial in trials]


def _diverged(trial: FrozenTrial) -> bool:
    if trial.state is not TrialState.FAIL:
        return False
    attempts = attempts_of(trial.system_attrs)
    return bool(attempts) and attempts[-1].outcome == "divergence"


def _as_complete(trial: FrozenTrial, values: Sequence[float], constraints: Mapping[str, float]) -> FrozenTrial:
    seen = copy.copy(trial)
    seen.state = TrialState.COMPLETE
    seen.values = list(values)
    seen.system_attrs = dict(trial.system_attrs)
    for name, value in constraints.items():
        if name not in trial.constraints:
            seen.set_constraint(name, value)
    return seen
