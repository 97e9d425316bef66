"""The trial and the study that an objective meets in a worker: Optuna's own, which also obey the worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NoReturn

import optuna

from storage.checkpoints import Checkpoint, checkpoint_of
from storage.claims import TrialLost
from studies.execution.suggesting import SuggestingTrial
from studies.record.stored import StoredStudy
from studies.sampling.optuna_private import reported_steps


def trial_checkpoint(stored: StoredStudy, number: int) -> Checkpoint:
    """Where the state of one trial of the study is kept until the trial is over."""
    return checkpoint_of(stored.files / "checkpoints", number)


def sweep(stored: StoredStudy, trial_id: int) -> None:
    """Discard the checkpoint of a trial that is over, by whosever hand; one that waits again needs it."""
    trial = stored.storage.get_trial(trial_id)
    if trial.state.is_finished():
        trial_checkpoint(stored, trial.number).discard()


class TrialInterrupted(BaseException):
    """Raised out of ``report`` and ``should_prune`` when the trial is to be requeued; the message says why.

    Not an ``Exception``, so that an objective that catches those does not swallow it.
    """


class WorkerStudy(optuna.Study):
    """An ``optuna.Study`` whose ``stop`` works outside ``optimize``, for all workers of the study."""

    on_stop: Callable[[], None] | None = None

    def stop(self) -> None:
        """Let nobody start another trial, as ``trial.study.stop()`` does under ``optimize`` for one process."""
        if self.on_stop is not None:
            self.on_stop()


class WorkerTrial(SuggestingTrial):
    """An ``optuna.Trial`` that ends where it reports or asks for pruning, when its worker has to stop.

    What an objective saves in its ``checkpoint`` is there again when the trial is handed to another worker.
    """

    def __init__(
        self,
        study: optuna.Study,
        trial_id: int,
        interruption: Callable[[], str | None],
        checkpoint: Checkpoint,
        owned: Callable[[], AbstractContextManager[None]],
    ) -> None:
        super().__init__(study, trial_id)
        self.checkpoint = checkpoint
        self.interrupted = False
        self._interruption = interruption
        self._owned = owned
        self._reported = reported_steps(self)
        self._step: int | None = None

    def report(self, value: float, step: int) -> None:
        """Report as Optuna does.

        A step that an earlier attempt has reported keeps its value.

        Raises:
            TrialInterrupted: the worker was asked to stop, or the trial was taken from it, and nothing is written.
        """
        self._step = step
        with self._while_owned():
            if step not in self._reported:
                super().report(value, step)
        self.stop_if_asked()

    def set_user_attr(self, key: str, value: Any) -> None:
        """Set as Optuna does.

        Raises:
            TrialInterrupted: the trial was taken from the worker, and nothing is written.
        """
        with self._while_owned():
            super().set_user_attr(key, value)

    def should_prune(self) -> bool:
        """Judge as Optuna does.

        A step before the last that an earlier attempt has reported was judged by that attempt.

        Raises:
            TrialInterrupted: the worker was asked to stop.
        """
        self.stop_if_asked()
        if self._step is not None and self._step < max(self._reported, default=0):
            return False
        return super().should_prune()

    def stop_if_asked(self) -> None:
        """For objectives of a study with several directions, in which Optuna takes no reports.

        Raises:
            TrialInterrupted: the worker was asked to stop.
        """
        reason = self._interruption()
        if reason is not None:
            self._interrupt(reason)

    def _interrupt(self, reason: str) -> NoReturn:
        self.interrupted = True
        raise TrialInterrupted(reason)

    @contextmanager
    def _while_owned(self) -> Iterator[None]:
        try:
            with self._owned():
                yield
        except TrialLost as taken:
            self._interrupt(str(taken))
