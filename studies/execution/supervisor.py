"""The supervisor: keeps the workers of one launch at work until the study is done, and leaves nothing RUNNING."""

from __future__ import annotations

import contextlib
import logging
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from optuna.trial import FrozenTrial, TrialState

from storage.attempts import Outcome
from storage.claims import TrialLost, reclaim, requeue, running_attempts
from storage.optuna_schema import trial_id_of
from storage.processes import ProcessIdentity
from studies.execution.devices import Slot
from studies.execution.ending import SIGNALS, Ending, collected_signals
from studies.execution.engines.base import Engine
from studies.execution.limits import Reports, TrialLimits, failures_warning, last_failed, ran_out, study_over
from studies.execution.messages import WorkerOrder, WorkerReport
from studies.execution.outcome import LaunchOutcome, StopReason
from studies.execution.slots import MAX_DEATHS_IN_A_ROW, SlotState
from studies.execution.trial import sweep
from studies.record.closing import close
from studies.record.progress import Progress, finished_by, read_progress
from studies.record.sessions import Session, Watch
from studies.record.stored import StoredStudy
from studies.spec.settings import WorkerSettings
from studies.wording import offered

log = logging.getLogger("studyhall.launch")


@dataclass
class Supervisor:
    """Runs one launch of a study.

    ``cooperative`` objectives stop at the end of an epoch, which takes what it takes once they have ended a first one.
    """

    stored: StoredStudy
    engine: Engine
    slots: Sequence[Slot]
    view: Callable[[Progress], None]
    cooperative: bool
    workers: WorkerSettings
    look_seconds: float = 1.0
    tick_seconds: float = 0.2
    _states: dict[int, SlotState] = field(default_factory=dict)
    _has_run: bool = False
    _reports: Reports = field(default_factory=Reports)
    _stopped: set[int] = field(default_factory=set)
    _killed: dict[int, tuple[Outcome, str]] = field(default_factory=dict)
    _failed_before: int = 0
    _is_closed: bool = False
    _has_warned: bool = False

    def __post_init__(self) -> None:
        self._ending = Ending()

    def run(self) -> LaunchOutcome:
        """Work until the end; a signal is one wish to stop, a second one kills."""
        self._watch = Watch(self.workers.heartbeat_grace, held_up_seconds=max(3.0, self.workers.heartbeat))
        with collected_signals() as signals:
            session = self._session = Session(
                self.stored.storage,
                self.stored.study_id,
                len(self.slots),
                heartbeat_seconds=self.workers.heartbeat,
            )
            try:
                with self.stored.while_there():
                    outcome = self._supervise(session, signals)
            finally:
                self.engine.close()
                with contextlib.suppress(KeyError):  # the study is gone, as is being raised
                    self._reclaim()
                    session.end()
        if signals and outcome.ended not in SIGNALS.values():
            signal.raise_signal(signals[-1])  # too late to end the study; what remains of this process hears it
        return outcome

    def _supervise(self, session: Session, signals: Sequence[signal.Signals]) -> LaunchOutcome:
        self._reclaim()
        progress = read_progress(self.stored)
        self.view(progress)
        if (over := study_over(progress)) is not None:
            return LaunchOutcome(ended=over[0], detail=over[1])
        self._failed_before = progress.failed
        self._states = {slot.number: SlotState(self._order(session, slot)) for slot in self.slots}
        mine = {state.worker: number for number, state in self._states.items()}
        limits = TrialLimits(self.stored.budget.trial_seconds, self.workers.memory, self.engine, mine)
        looked = float("-inf")
        while not self._is_over():
            self._start_due()
            for report in self.engine.poll(self.tick_seconds):
                self._on_end(report)
            if time.monotonic() - looked >= self.look_seconds:
                looked = time.monotonic()
                self._look(session, limits)
            self._obey(signals)
        progress = read_progress(self.stored)
        self.view(progress)
        return self._ending.outcome or ran_out(self.stored, progress, is_closed=self._is_closed)

    def _is_over(self) -> bool:
        if self.engine.running():
            return False
        return self._ending.has_begun or all(state.over for state in self._states.values())

    def _order(self, session: Session, slot: Slot) -> WorkerOrder:
        worker = f"{session.id}-{slot.number}"
        return WorkerOrder(
            slot=slot.number,
            worker=worker,
            device=slot.device,
            location=self.stored.location,
            study=self.stored.name,
            failed_before=self._failed_before,
            environment=slot.environment,
            log=self.stored.files / "logs" / f"{worker}.log",
        )

    def _start_due(self) -> None:
        if self._ending.has_begun:
            return
        running = self.engine.running()
        for number, state in self._states.items():
            if number not in running and state.is_due():
                self.engine.start(state.order)

    def _look(self, session: Session, limits: TrialLimits) -> None:
        """What is done once a second: see who died elsewhere, who wishes a stop, whether time is over; show."""
        self._check_study()
        attributes = self.stored.attributes
        session.record_heartbeat()
        self._watch.look(attributes)
        self._reclaim()
        progress = read_progress(self.stored)
        progress = replace(progress, seconds=progress.seconds + session.since_heartbeat)
        self.view(progress)
        self._reports.look(progress)
        for slot, outcome, sentence in limits.exceeded(progress):
            self._kill(slot, outcome, sentence)
        if not self._has_warned and (warning := failures_warning(progress, self._failed_before)) is not None:
            self._has_warned = True
            log.warning("%s; the last is trial %d: %s", warning, *last_failed(self._trials(TrialState.FAIL)))
        if session.stop_requested(attributes):
            self._ending.hand_back(LaunchOutcome(ended=StopReason.STOPPED), progress.budget.grace)
        elif not self._ending.has_begun and (over := study_over(progress)) is not None:
            close(self.stored, over[0].name, over[1])
            self._let_finish(LaunchOutcome(ended=over[0], detail=over[1]))

    def _check_study(self) -> None:
        """Do nothing while it is the study that this launch began with."""
        self.stored.check_there()
        if not self._session.is_in(self.stored.attributes):
            raise self.stored.deleted()  # and another has its name and id

    # --- workers that end ------------------------------------------------------------------------------------

    def _on_end(self, report: WorkerReport) -> None:
        state = self._states[report.slot]
        self._has_run = self._has_run or report.process is not None
        killed = self._killed.pop(report.slot, None)
        match report.ending:
            case "budget reached":
                state.over = True
            case "closed":
                state.over = self._is_closed = True
            case "recycled":
                log.info("worker %s is recycled", state.worker)
            case "stopped":
                # Somebody sent the worker a signal of its own; its trial waits again already.
                self._back_off(state, "was stopped by a signal")
            case "too many failures":
                state.over = True
                self._let_finish(LaunchOutcome(ended=StopReason.TOO_MANY_FAILURES, detail=self._last_failure()))
            case "changed":
                state.over = True
                self._let_finish(LaunchOutcome(ended=StopReason.CHANGED, detail=report.detail))
            case "same error":
                state.over = True
                self._let_finish(LaunchOutcome(ended=StopReason.SAME_ERROR, detail=report.detail))
            case "sampler failed":
                state.over = True
                self._hand_back(LaunchOutcome(ended=StopReason.SAMPLER_FAILED, detail=report.detail))
            case "unusable":
                self._check_study()
                state.over = True
                self._hand_back(LaunchOutcome(ended=StopReason.UNUSABLE, detail=report.detail))
            case "cannot start":
                self._on_failed_start(state, report)
            case "died":
                self._on_death(state, report, killed)

    def _on_failed_start(self, state: SlotState, report: WorkerReport) -> None:
        """What keeps the first worker from starting lasts; what meets one of many, or a later one, may pass."""
        if self._has_run or self.engine.running():
            self._back_off(state, f"cannot start ({report.detail})")
        else:
            self._hand_back(LaunchOutcome(ended=StopReason.CANNOT_START, detail=report.detail))

    def _on_death(self, state: SlotState, report: WorkerReport, killed: tuple[Outcome, str] | None) -> None:
        self._check_study()
        outcome, detail = killed or ("death", f"worker {state.worker} ended by {report.detail}")
        self._requeue_trials_of(report.process, outcome, detail)
        if outcome == "death":
            self._back_off(state, f"died ({report.detail})")

    def _back_off(self, state: SlotState, what: str) -> None:
        if self._ending.has_begun:
            return
        log.warning("worker %s %s%s", state.worker, what, _named(state.order.log, "; its log: "))
        if not state.back_off(finished_by(self.stored.overview.look(), state.worker)):
            return
        log.error("worker %s is given up after %d deaths in a row", state.worker, state.deaths_in_a_row)
        if all(other.over for other in self._states.values()):
            detail = f"each died {MAX_DEATHS_IN_A_ROW} times in a row; the last {what}"
            detail += _named(state.order.log, "; see ")
            self._hand_back(LaunchOutcome(ended=StopReason.GIVEN_UP, detail=detail))

    def _last_failure(self) -> str:
        number, reason = last_failed(self._trials(TrialState.FAIL))
        show = offered("show", self.stored.name, number)
        return f"trial {number}: {reason} ({show} has the whole of it)"

    def _trials(self, state: TrialState) -> list[FrozenTrial]:
        return self.stored.storage.get_all_trials(self.stored.study_id, deepcopy=False, states=(state,))

    # --- trials that come back -------------------------------------------------------------------------------

    def _requeue_trials_of(self, process: ProcessIdentity | None, outcome: Outcome, detail: str) -> None:
        trials = self._trials(TrialState.RUNNING)
        for trial, attempt in running_attempts(trials):
            if attempt.process == process:
                with contextlib.suppress(TrialLost):
                    requeue(self.stored.storage, trial_id_of(trial), attempt.process, outcome, detail)
                    sweep(self.stored, trial_id_of(trial))

    def _reclaim(self) -> None:
        trials = self._trials(TrialState.RUNNING)
        for trial in reclaim(self.stored.storage, trials, self._watch.is_silent):
            log.warning("trial %d was left by a dead worker and waits again", trial.number)
            sweep(self.stored, trial_id_of(trial))

    # --- the end ---------------------------------------------------------------------------------------------

    def _obey(self, signals: Sequence[signal.Signals]) -> None:
        """Stop at a first signal, kill at a second, and kill whoever takes longer than there is time for."""
        if signals and not self._ending.is_stopping:
            grace = self.stored.budget.grace
            soon = f"within {grace:g} s" if grace is not None else "at their next report"
            when = "at the end of their epoch" if self.cooperative else soon
            log.warning("stopping: workers requeue their trials %s; a second Ctrl-C kills them", when)
            self._ending.hand_back(LaunchOutcome(ended=SIGNALS[signals[0]]), grace)
        for slot in self.engine.running() - self._stopped if self._ending.is_stopping else ():
            self._stopped.add(slot)
            self.engine.stop(slot)
        for slot in self.engine.running() if self._ending.is_killing or len(signals) > 1 else ():
            hears = self.cooperative and self._reports.come_from(self._states[slot].worker)
            if len(signals) > 1 or not hears:
                self._kill(slot, "interrupted", "killed as the launch ended")

    def _let_finish(self, outcome: LaunchOutcome) -> None:
        grace, running = self.stored.budget.grace, running_attempts(self._trials(TrialState.RUNNING))
        if running and not self._ending.has_begun and grace != 0:
            within = "" if grace is None else f" within {grace:g} s (budget.grace)"
            log.warning("%s: what runs may finish%s, nothing is started any more", outcome.ended.value, within)
        self._ending.let_finish(outcome, grace)

    def _hand_back(self, outcome: LaunchOutcome) -> None:
        self._ending.hand_back(outcome, self.stored.budget.grace)

    def _kill(self, slot: int, outcome: Outcome, detail: str) -> None:
        if slot not in self._killed:
            process = self.engine.process(slot)
            self._killed[slot] = outcome, detail
            self.engine.kill(slot)
            # At once: its report waits for all that it has started, and who sees it dead meanwhile calls that a death.
            self._requeue_trials_of(process, outcome, detail)


def _named(log_file: Path, before: str) -> str:
    """The worker's log, if it came to write one."""
    return f"{before}{log_file}" if log_file.exists() else ""
