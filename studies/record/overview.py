"""The trials of a study in outline: as much of each as says how the study stands."""

from __future__ import annotations

from dataclasses import dataclass, field

from optuna.trial import FrozenTrial

from storage import SharedStorage
from storage.optuna_schema import trial_id_of


@dataclass
class Overview:
    """Trials without their parameters, user attributes and reports; one that is finished is read once.

    That is a hundredth of what a study holds, and what counts, bests and fronts are made of.
    """

    storage: SharedStorage
    study_id: int
    _seen: dict[int, tuple[FrozenTrial, int]] = field(default_factory=dict)
    _unfinished: set[int] = field(default_factory=set)
    _last: int = -1

    def look(self) -> list[FrozenTrial]:
        """The trials as they are now, in the order of their numbers.

        Raises:
            KeyError: the study is gone.
        """
        for trial, reports in self.storage.outlines(self.study_id, known=self._unfinished, after=self._last):
            trial_id = trial_id_of(trial)
            self._seen[trial_id] = trial, reports
            if trial.state.is_finished():
                self._unfinished.discard(trial_id)
                self._last = max(self._last, trial_id)
            else:
                self._unfinished.add(trial_id)
        return sorted((trial for trial, _ in self._seen.values()), key=lambda trial: trial.number)

    @property
    def reports(self) -> int:
        """How many reports all trials had at the last look."""
        return sum(reports for _, reports in self._seen.values())
