"""The trial and the study that an objective meets in a worker: Optuna's own, which also obey the worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import optuna

from storage.checkpoints import Checkpoint, checkpoint_of
from storage.owned_trial import Leftovers
from studies.execution.values.kept import OwnChoices, stored_attribute
from studies.execution.values.suggesting import SuggestingTrial
from studies.record.stored import StoredStudy
from studies.sampling.optuna_private import constraint_key, forget


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
    """An ``optuna.Study`` whose ``stop`` works outside ``optimize``, for all workers of the study.

    Pickled it is Optuna's own.
    """

    on_stop: Callable[[], None] | None = None

    def stop(self) -> None:
        """Let nobody start another trial, as ``trial.study.stop()`` does under ``optimize`` for one process."""
        if self.on_stop is not None:
            self.on_stop()

    def set_user_attr(self, key: str, value: Any) -> None:
        """Set as Optuna does, arrays as lists.

        Raises:
            AttributeValueError: a database cannot keep the value.
        """
        super().set_user_attr(key, stored_attribute(key, value))

    def __reduce__(self) -> tuple[Any, ...]:
        ours = WorkerStudy.__annotations__
        state = {name: value for name, value in self.__getstate__().items() if name not in ours}
        return object.__new__, (optuna.Study,), state


class AttemptCheckpoint:
    """A trial's checkpoint as one attempt has it."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self.loaded = False
        """Whether the attempt goes on from what an earlier one saved."""

    def load(self) -> bytes | None:
        """What was last saved; None when there is nothing, or it is damaged."""
        state = self._checkpoint.load()
        self.loaded = self.loaded or state is not None
        return state

    def save(self, state: bytes, /) -> bool:
        """Replace what was saved; False where the disk did not take it."""
        return self._checkpoint.save(state)

    def discard(self) -> None:
        """Delete what was saved: the attempt does not go on from it."""
        self._checkpoint.discard()
        self.loaded = False


class WorkerTrial(SuggestingTrial):
    """An ``optuna.Trial`` that ends where it reports or asks for pruning, when its worker has to stop.

    What an objective saves in its ``checkpoint`` is there again when the trial is handed to another worker. ``left`` is
    what earlier attempts have written; unless this one loads its checkpoint, ``forget`` deletes it. Pickled, the trial
    is Optuna's own.
    """

    def __init__(
        self,
        study: optuna.Study,
        trial_id: int,
        interruption: Callable[[], str | None],
        checkpoint: Checkpoint,
        left: Leftovers,
        forget: Callable[[Leftovers], None],
    ) -> None:
        super().__init__(study, trial_id)
        self._of_optuna = frozenset(vars(self))
        self.checkpoint = AttemptCheckpoint(checkpoint)
        self.interrupted = False
        self._interruption = interruption
        self._left, self._forget = left, forget
        self._old_constraints = set(left.system)
        self._judged = max(left.steps, default=0)
        self._set: set[str] = set()
        self._choices = OwnChoices()
        self._step: int | None = None

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Suggest as Optuna does; a tuple, or another object that JSON turns into something else, is given as it is.

        Raises:
            ChoiceError: a database cannot keep one of the choices.
        """
        return self._choices.suggest(super().suggest_categorical, name, choices)

    @property
    def params(self) -> dict[str, Any]:
        """The parameters, as they were suggested."""
        return {**super().params, **self._choices.chosen}

    def report(self, value: float, step: int) -> None:
        """Report as Optuna does.

        Raises:
            TrialInterrupted: the worker was asked to stop.
            TrialLost: the trial was taken from the worker, and nothing is written.
        """
        with suppress(TypeError, ValueError):  # which Optuna raises
            step = int(step)
            self._step = step
            self.settle(step)
        super().report(value, step)
        self.stop_if_asked()

    def set_user_attr(self, key: str, value: Any) -> None:
        """Set as Optuna does, arrays as lists.

        Raises:
            AttributeValueError: a database cannot keep the value.
            TrialLost: the trial was taken from the worker, and nothing is written.
        """
        super().set_user_attr(key, stored_attribute(key, value))
        self._set.add(key)

    def set_constraint(self, key: str, value: float) -> None:
        """Set as Optuna does; what an earlier attempt has set counts for nothing."""
        name = constraint_key(key)
        if name in self._old_constraints:
            self._old_constraints.remove(name)
            self._drop(Leftovers(system=frozenset({name})))
        super().set_constraint(key, value)

    def should_prune(self) -> bool:
        """Judge as Optuna does.

        A step before the last that an earlier attempt has reported was judged by that attempt.

        Raises:
            TrialInterrupted: the worker was asked to stop.
        """
        self.stop_if_asked()
        if self._step is not None and self._step < self._judged:
            return False
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

    def settle(self, step: int | None = None) -> None:
        """Decide, once, what becomes of what earlier attempts wrote: as the attempt first reports, or ends.

        One that started from nothing has none of it. One that goes on from its checkpoint keeps it, but the reports
        from the step on with which it goes on, which were made after the checkpoint was saved.
        """
        left, self._left = self._left, Leftovers()
        if not self.checkpoint.loaded:
            self._judged = 0
            self._drop(left.without(self._set, left.system - self._old_constraints))
        elif step is not None:
            self._drop(left.since(step))

    def _drop(self, gone: Leftovers) -> None:
        if gone:
            self._forget(gone)
            forget(self, gone.steps, gone.user, gone.system)

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: value for name, value in vars(self).items() if name in self._of_optuna}
        return object.__new__, (optuna.Trial,), state
