"""One worker: claim a trial, evaluate it, tell, again. Prints nothing but into its log."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import optuna
from optuna.trial import TrialState

from objectives.objective import Objective
from storage import open_storage
from storage.attempts import Outcome, attempts_of
from storage.claims import NoTrial, TrialLost, claim, finish, requeue
from storage.errors import explain
from storage.optuna_schema import trial_id_of
from storage.owned_trial import Leftovers, forget, written_by_owner
from storage.processes import ProcessIdentity
from studies.errors import STUDYHALL_ERRORS, AttributeValueError, ChoiceError, OutsideSpace, SamplerError, SourceChanged
from studies.execution.causes import cause, same_error_sentence
from studies.execution.descendants import memory
from studies.execution.messages import WorkerExit, WorkerOrder, WorkerReport
from studies.execution.outcome import StopReason
from studies.execution.trial import TrialInterrupted, WorkerStudy, WorkerTrial, sweep, trial_checkpoint
from studies.execution.values.returned import first_line, leave_child, values_of, whole_reason
from studies.record import stored
from studies.record.budget import trials_left
from studies.record.closing import close
from studies.record.loading import LoadingInterrupted, loaded
from studies.record.noticed import note_unasked
from studies.record.source_study import known_trials
from studies.record.stored import StoredStudy
from studies.sampling.duplicates import take_over
from studies.sampling.propose import Proposal, Proposer
from studies.sampling.pruners import make_pruner
from studies.sampling.samplers import follows_suggestions, sampler_of
from studies.spec.study import StudySpec

log = logging.getLogger("studyhall.worker")


def work(order: WorkerOrder, interruption: Callable[[], str | None]) -> WorkerReport:
    """Run trials until there are none for this worker, or ``interruption`` gives a reason to stop."""
    process = ProcessIdentity.current()

    def report(ending: WorkerExit, detail: str = "") -> WorkerReport:
        return WorkerReport(slot=order.slot, ending=ending, process=process, detail=detail)

    try:
        storage = open_storage(order.location)
        study = stored.load(order.location, storage, order.study)
        spec = study.required_spec()
        if trials_left(study) == 0:
            return report("budget reached")  # without loading what may take long
        with loaded(study, order.launch, interruption) as objective, study.while_there():
            worker = Worker(order, process, study, spec, objective, interruption)
            return report(worker.run(), worker.detail)
    except LoadingInterrupted:
        return report("stopped")
    except SourceChanged as error:
        return report("changed", str(error))
    except SamplerError as error:
        log.error("%s", error, exc_info=True)
        return report("sampler failed", str(error))
    except STUDYHALL_ERRORS as error:
        log.error("%s", error, exc_info=True)
        return report("unusable", str(error))
    except optuna.exceptions.StorageInternalError as error:
        log.error("%s", error, exc_info=True)
        return report("unusable", explain(error, str(order.location)) or str(error))


@dataclass
class Worker:
    """The loop of one process, on one study."""

    order: WorkerOrder
    process: ProcessIdentity
    stored: StoredStudy
    spec: StudySpec
    objective: Objective
    interruption: Callable[[], str | None]
    idle_seconds: float = 0.2
    trials_run: int = 0
    detail: str = ""
    """A sentence about why it ended, where there is more to say."""

    def __post_init__(self) -> None:
        storage = self.stored.storage
        guarded = written_by_owner(storage, self.process)
        self.study = WorkerStudy(self.stored.name, guarded, pruner=make_pruner(self.spec))
        self.study.on_stop = self._close
        self._closing = (StopReason.STOPPED_BY_OBJECTIVE, "")
        known = known_trials(self.stored)
        self.proposer = Proposer(
            study=self.study, storage=storage, spec=self.spec, known=known, since=self.stored.changed_at
        )

    def run(self) -> WorkerExit:
        """Work until there is nothing left to do; says why it ended."""
        while self.interruption() is None:
            if self._is_to_recycle():
                return "recycled"
            match self._claim():
                case NoTrial.BUDGET_REACHED:
                    return "budget reached"
                case NoTrial.TOO_MANY_FAILURES:
                    return "too many failures"
                case NoTrial.CLOSED:
                    return "closed"
                case NoTrial.SAME_ERROR:
                    self.detail = same_error_sentence(self.stored, self.order.worker)
                    return "same error"
                case NoTrial.WAIT:
                    time.sleep(self.idle_seconds)
                case (trial_id, proposal):
                    self._run_trial(trial_id, proposal)
        return "stopped"

    def _close(self) -> None:
        """At once and not after the trial: from here on nobody else is to begin one."""
        reason, detail = self._closing
        close(self.stored, reason.name, detail)

    def _is_to_recycle(self) -> bool:
        """Whether a fresh process should go on: frameworks do not give all memory back between trials."""
        limits = self.spec.workers
        if limits.recycle_after is not None and self.trials_run >= limits.recycle_after:
            return True
        limit = limits.recycle_memory
        return limit is not None and self.trials_run > 0 and memory(self.process, beyond=limit) > limit

    def _claim(self) -> tuple[int, Proposal | None] | NoTrial:
        if not sampler_of(self.spec).shares_sequence:
            claimed = self._claim_trial()
            return claimed if isinstance(claimed, NoTrial) else (claimed, None)
        # The next point of a common sequence is chosen before anybody else can look at the sequence.
        with self.stored.storage.transaction():
            claimed = self._claim_trial()
            return claimed if isinstance(claimed, NoTrial) else (claimed, self._propose(claimed))

    def _propose(self, trial_id: int) -> Proposal:
        try:
            return self.proposer.propose(trial_id)
        except (*STUDYHALL_ERRORS, TrialLost, optuna.exceptions.StorageInternalError):
            raise
        except Exception as error:
            raise self._sampler_error(error) from error

    def _sampler_error(self, error: BaseException) -> SamplerError:
        self.stored.check_there()  # else it is no wonder
        return SamplerError(
            f"the sampler {self.spec.sampler.name!r} has raised {first_line(error)}",
            hint=f"{self.order.log} has the whole of it; its options stand in [sampler], --sampler names another",
        )

    def _claim_trial(self) -> int | NoTrial:
        return claim(
            self.stored.storage,
            self.stored.study_id,
            self.order.worker,
            self.process,
            failed_before=self.order.failed_before,
            is_covered=self.proposer.is_covered,
        )

    def _run_trial(self, trial_id: int, proposal: Proposal | None) -> None:
        number = -1
        self.trials_run += 1
        try:
            proposal = proposal or self._propose(trial_id)
            number = proposal.trial.number
            self._closing = (StopReason.STOPPED_BY_OBJECTIVE, f"trial {number} has called `study.stop()`")
            log.info("trial %d starts", number)
            trial = self._prepare(trial_id, proposal)
            if proposal.duplicate_of is not None:
                self._finish(trial, *take_over(trial, proposal.duplicate_of))
            else:
                self._evaluate(trial)
        except (TrialLost, TrialInterrupted) as ended:
            self._requeue(trial_id, "interrupted", str(ended))
        except AttributeValueError as error:
            self._requeue(trial_id, "bad value", str(error), cause(error))
        except STUDYHALL_ERRORS as error:
            self._requeue(
                trial_id, "refused" if isinstance(error, OutsideSpace | ChoiceError) else "interrupted", str(error)
            )
            raise
        except optuna.exceptions.StorageInternalError:
            raise  # the storage is out of reach, which is not the objective's doing; whoever resumes requeues
        # The objective is the user's: it may raise anything, an asyncio.CancelledError and pytest's Skipped included.
        except BaseException as error:
            self.stored.check_there()
            if proposal is not None and error is proposal.sampler.raised:
                self._requeue(trial_id, "interrupted", f"the sampler has raised {first_line(error)}")
                raise self._sampler_error(error) from error
            log.exception("trial %d raised", number)
            self._requeue(trial_id, "exception", whole_reason(error), cause(error))
        sweep(self.stored, trial_id)

    def _prepare(self, trial_id: int, proposal: Proposal) -> WorkerTrial:
        self.study.sampler = proposal.sampler
        checkpoint = trial_checkpoint(self.stored, proposal.trial.number)
        if len(attempts_of(proposal.trial.system_attrs)) == 1:
            # Nobody has trained it: a file of that name is of a study that was deleted.
            checkpoint.discard()
        left, drop = Leftovers.of(proposal.trial), partial(forget, self.stored.storage, self.process, trial_id)
        if left and not checkpoint.exists():
            drop(left)
            left = Leftovers()
        trial = WorkerTrial(self.study, trial_id, self.interruption, checkpoint, left, drop)
        trial.declared = self.proposer.declared(trial.params)
        if follows_suggestions(self.spec):
            trial.alone = self.stored.storage.transaction
        return trial

    def _evaluate(self, trial: WorkerTrial) -> None:
        try:
            result = self._call(trial)
        except optuna.TrialPruned:
            trial.raise_refusal()
            self._finish(trial, TrialState.PRUNED, None)
            return
        except Exception:
            trial.raise_refusal()
            raise
        trial.raise_refusal()
        values, fault = values_of(result, len(self.spec.directions))
        if fault is not None:
            outcome, sentence = fault
            log.error("trial %d: %s", trial.number, sentence)
            self._requeue(trial_id_of(trial), outcome, sentence, _cause_of_bad_value(outcome, result))
            return
        if trial.declared is not None:
            note_unasked(self.stored, trial.number, trial.declared.unasked)
        self._finish(trial, TrialState.COMPLETE, values)

    def _call(self, trial: WorkerTrial) -> Any:
        """What the objective returns or raises; of a child that it forked nothing comes back.

        Raises:
            TrialInterrupted: the worker was asked to stop, whatever the objective has made of hearing it.
        """
        try:
            return self.objective(trial)
        finally:
            if os.getpid() != self.process.pid:
                leave_child(sys.exception())
            if trial.interrupted:
                raise TrialInterrupted("interrupted")

    def _finish(self, trial: WorkerTrial, state: TrialState, values: Sequence[float] | None) -> None:
        self._closing = (StopReason.EXHAUSTED, "the sampler has nothing left to suggest")
        trial.settle()
        finish(self.stored.storage, self.study, trial, self.process, state=state, values=values)
        log.info("trial %d is %s%s", trial.number, state.name, f", value {values}" if values else "")

    def _requeue(self, trial_id: int, outcome: Outcome, detail: str, cause: str = "") -> None:
        try:
            state = requeue(self.stored.storage, trial_id, self.process, outcome, detail, cause)
            log.info("requeued (%s): it is %s now", outcome, state.name)
        except TrialLost as taken:
            log.warning("%s", taken)


def _cause_of_bad_value(outcome: Outcome, result: object) -> str:
    return f"a result of {type(result).__name__}" if outcome == "bad value" else ""
