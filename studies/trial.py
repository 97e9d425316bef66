"""The trial and the study that an objective meets in a worker: Optuna's own, which also obey the worker."""

from __future__ import annotations

from collections.abc import Callable

import optuna

from storage.checkpoints import Checkpoint, checkpoint_of
from studies.stored import StoredStudy


def trial_checkpoint(stored: StoredStudy, number: int) -> Checkpoint:
    """Where the state of one trial of the study is kept until the trial is over."""
    return checkpoint_of(stored.files / "checkpoints", number)


class TrialInterrupted(BaseException):
    """Raised out of ``report`` and ``should_prune`` when the trial is to be handed back; the message says why.

    Not an ``Exception``, so that an objective that catches those does not swallow it.
    """


class WorkerStudy(optuna.Study):
    """An ``optuna.Study`` whose ``stop`` works outside ``optimize``, for all workers of the study."""

    stop_asked = False

    def stop(self) -> None:
        """End the study after this trial, as ``trial.study.stop()`` does under ``optimize`` for one process."""
        self.stop_asked = True


class WorkerTrial(optuna.Trial):
    """An ``optuna.Trial`` that ends where it reports or asks for pruning, when its worker has to stop.

    What an objective saves in its ``checkpoint`` is there again when the trial is handed to another worker.
    """

    def __init__(
        self, study: optuna.Study, trial_id: int, interruption: Callable[[], str | None], checkpoint: Checkpoint
    ) -> None:
        super().__init__(study, trial_id)
        self.checkpoint = checkpoint
        self.interrupted = False
        self._interruption = interruption
        self._reported = set(self._cached_frozen_trial.intermediate_values)

    def report(self, value: float, step: int) -> None:
        """Report as Optuna does.

        A step that an earlier attempt has reported keeps its value.

        Raises:
            TrialInterrupted: the worker was asked to stop.
        """
        if step not in self._reported:
            super().report(value, step)
        self.stop_if_asked()

    def should_prune(self) -> bool:
        """Judge as Optuna does.

        Raises:
            TrialInterrupted: the worker was asked to stop.
        """
        self.stop_if_asked()
        return super().should_prune()

    def stop_if_asked(self) -> None:
        """For objectives of a study with several directions, in which Optuna takes no reports.

        Raises:
            TrialInterrupted: the worker was asked to stop.
        """
        reason = self._interruption()
        if reason is not None:
            self.interrupted = True
            raise TrialInterrupted(reason)
