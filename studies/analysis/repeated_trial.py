"""The trial and the study that an objective meets when a trial is run again: as they were, and nothing is written."""

from __future__ import annotations

import copy
from collections.abc import Container, Sequence
from typing import Any

from optuna.storages import BaseStorage
from optuna.trial import FixedTrial, FrozenTrial, TrialState

from studies.execution.trial import WorkerStudy
from studies.execution.values.kept import OwnChoices, stored_attribute
from studies.record.stored import StoredStudy
from studies.sampling.optuna_private import storage_of
from studies.sampling.sampler_view import SamplerView


class NoCheckpoint:
    """The checkpoint of a trial that is not to outlive its process."""

    def load(self) -> bytes | None:
        """Nothing."""
        return None

    def save(self, state: bytes) -> bool:
        """Keep nothing."""
        return False

    def discard(self) -> None:
        """Do nothing."""


def _nothing(*_: Any, **__: Any) -> Any:
    """Write nothing."""


class RecordView(SamplerView):
    """A study's storage as it was when a trial began. What is written to it is forgotten."""

    def __init__(self, storage: BaseStorage, recorded: FrozenTrial) -> None:
        super().__init__(storage)
        self.recorded = recorded

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """The trials that had ended."""
        began = self.recorded.datetime_start
        ended = [
            trial
            for trial in self.storage.get_all_trials(study_id, deepcopy=False, states=states)
            if began is not None and trial.datetime_complete is not None and trial.datetime_complete <= began
        ]
        return copy.deepcopy(ended) if deepcopy else ended

    create_new_study = create_new_trial = delete_study = _nothing
    set_study_user_attr = set_study_system_attr = _nothing
    set_trial_state_values = set_trial_intermediate_value = set_trial_user_attr = set_trial_system_attr = _nothing


class RepeatedTrial(FixedTrial):
    """A trial with the recorded parameters and number, pruned where the record was. Nothing of it is stored."""

    def __init__(self, stored: StoredStudy, recorded: FrozenTrial) -> None:
        super().__init__(recorded.params, number=recorded.number)
        view = RecordView(storage_of(stored.study), recorded)
        self.study = WorkerStudy(stored.name, view, pruner=stored.study.pruner)
        self.checkpoint = NoCheckpoint()
        self.reports: dict[int, float] = {}
        self._choices = OwnChoices()
        self._pruned_at = recorded.last_step if recorded.state is TrialState.PRUNED else None

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Suggest what was recorded, as the objective writes it."""
        return self._choices.suggest(super().suggest_categorical, name, choices)

    @property
    def params(self) -> dict[str, Any]:
        """The parameters, as they were suggested."""
        return {**super().params, **self._choices.chosen}

    def set_user_attr(self, key: str, value: Any) -> None:
        """Set as a worker's trial does."""
        super().set_user_attr(key, stored_attribute(key, value))

    def report(self, value: float, step: int) -> None:
        """Keep the first value of a step, as Optuna does."""
        self.reports.setdefault(int(step), float(value))

    def should_prune(self) -> bool:
        """Whether the record was pruned here."""
        return self._pruned_at is not None and max(self.reports, default=-1) >= self._pruned_at

    def stop_if_asked(self) -> None:
        """Go on: nobody asks."""
