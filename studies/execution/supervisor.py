"""The supervisor: keeps the workers of one launch at work until the study is done, and leaves nothing RUNNING."""

from __future__ import annotations

import contextlib
import logging
import shlex
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType

from optuna.trial import TrialState

from storage.attempts import Outcome
from storage.claims import TrialLost, reclaim, requeue, running_attempts
from storage.optuna_schema import trial_id_of
from studies.execution.devices import Slot
from studies.execution.engines.base import Engine
from studies.execution.limits import Reports, TrialLimits, study_over
from studies.execution.messages import WorkerOrder, WorkerReport
from studies.execution.outcome import LaunchOutcome, StopReason
from studies.execution.slots import MAX_DEATHS_IN_A_ROW, SlotState
from studies.execution.trial import sweep
from studies.record.progress import Progress, finished_by, read_progress
from studies.record.sessions import Session, Watch
from studies.record.stored import StoredStudy
from studies.spec.settings import WorkerSettings

log = logging.getLogger("studyhall.launch")

_SIGNALS = {
    signal.SIGINT: StopReason.INTERRUPTED,
    signal.SIGTERM: StopReason.TERMINATED,
    signal.SIGHUP: StopReason.HUNG_UP,
}
GRACE_SECONDS = 10.0  # for an objective that cannot be stopped at an epoch's end, and before the first of one that can


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
    _outcome: LaunchOutcome | None = None
    _has_run: bool = False
    _reports: Reports = field(default_factory=Reports)
    _kill_at: float = float("inf")
    _killed: dict[int, tuple[Outcome, str]] = field(default_factory=dict)

    def run(self) -> LaunchOutcome:
        """Work until the end; a signal is one wish to stop, a second one kills."""
        self._watch = Watch(self.workers.heartbeat_grace, held_up_seconds=max(3.0, self.workers.heartbeat))
        with _collected_signals() as signals:
            session = Session(
                self.stored.storage,
                self.stored.study_id,
                len(self.slots),
                heartbeat_seconds=self.workers.heartbeat,
            )
            try:
                return self._supervise(session, signals)
            finally:
                self.engine.close()
                self._reclaim()
                session.end()

    def _supervise(self, session: Session, signals: Sequence[signal.Signals]) -> LaunchOutcome:
        self._reclaim()
        self.view(read_progress(self.stored))
        failed = self.stored.storage.count_states(self.stored.study_id)[TrialState.FAIL]
        self._states = {slot.number: SlotState(self._order(session, slot, failed)) for slot in self.slots}
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
        return self._outcome or LaunchOutcome(ended=_how_it_ran_out(progress))

    def _is_over(self) -> bool:
        if self.engine.running():
            return False
        return self._outcome is not None or all(state.over for state in self._states.values())

    def _order(self, session: Session, slot: Slot, failed_before: int) -> WorkerOrder:
        worker = f"{session.id}-{slot.number}"
        return WorkerOrder(
            slot=slot.number,
            worker=worker,
            device=slot.device,
            location=self.stored.location,
            study=self.stored.name,
            failed_before=failed_before,
            environment=slot.environment,
            log=self.stored.files / "logs" / f"{worker}.log",
        )

    def _start_due(self) -> None:
        if self._outcome is not None:
            return
        running = self.engine.running()
        for number, state in self._states.items():
            if number not in running and state.is_due():
                self.engine.start(state.order)

    def _look(self, session: Session, limits: TrialLimits) -> None:
        """What is done once a second: see who died elsewhere, who wishes a stop, whether time is over; show."""
        session.record_heartbeat()
        attributes = self.stored.attributes
        self._watch.look(attributes)
        self._reclaim()
        progress = read_progress(self.stored)
        progress = replace(progress, seconds=progress.seconds + session.since_heartbeat)
        self.view(progress)
        self._reports.look(progress)
        for slot, outcome, sentence in limits.exceeded(progress):
            self._kill(slot, outcome, sentence)
        if session.stop_requested(attributes):
            self._end(LaunchOutcome(ended=StopReason.STOPPED))
        elif (over := study_over(progress)) is not None:
            self._end(LaunchOutcome(ended=over[0], detail=over[1]))

    # --- workers that end ------------------------------------------------------------------------------------

    def _on_end(self, report: WorkerReport) -> None:
        state = self._states[report.slot]
        self._has_run = self._has_run or report.process is not None
        match report.ending:
            case "budget reached":
                state.over = True
            case "recycled":
                log.info("worker %s is recycled", state.worker)
            case "stopped":
                # Somebody sent the worker a signal of its own; its trial waits again already.
                self._back_off(state, "was stopped by a signal")
            case "too many failures":
                state.over = True
                self._end(LaunchOutcome(ended=StopReason.TOO_MANY_FAILURES, detail=self._last_failure()))
            case "unusable":
                state.over = True
                self._end(LaunchOutcome(ended=StopReason.UNUSABLE, detail=report.detail))
            case "cannot start":
                self._on_failed_start(state, report)
            case "died":
                self._on_death(state, report)

    def _on_failed_start(self, state: SlotState, report: WorkerReport) -> None:
        """What keeps the first worker from starting lasts; what meets one of many, or a later one, may pass."""
        if self._has_run or self.engine.running():
            self._back_off(state, f"cannot start ({report.detail})")
        else:
            self._end(LaunchOutcome(ended=StopReason.CANNOT_START, detail=report.detail))

    def _on_death(self, state: SlotState, report: WorkerReport) -> None:
        dead: tuple[Outcome, str] = ("death", f"worker {state.worker} ended by {report.detail}")
        outcome, detail = self._killed.pop(report.slot, dead)
        self._requeue_trials_of(report, outcome, detail)
        if outcome == "death":
            self._back_off(state, f"died ({report.detail})")

    def _back_off(self, state: SlotState, what: str) -> None:
        if self._outcome is not None:
            return
        log.warning("worker %s %s%s", state.worker, what, _named(state.order.log, "; its log: "))
        if not state.back_off(finished_by(self.stored.study.get_trials(deepcopy=False), state.worker)):
            return
        log.error("worker %s is given up after %d deaths in a row", state.worker, state.deaths_in_a_row)
        if all(other.over for other in self._states.values()):
            detail = f"each died {MAX_DEATHS_IN_A_ROW} times in a row; the last {what}"
            detail += _named(state.order.log, "; see ")
            self._end(LaunchOutcome(ended=StopReason.GIVEN_UP, detail=detail))

    def _last_failure(self) -> str:
        last = self.stored.study.get_trials(deepcopy=False, states=(TrialState.FAIL,))[-1]
        reason = str(last.user_attrs.get("failure", "failed")).splitlines()[0]
        show = f"studyhall show {shlex.quote(self.stored.name)} {last.number}"
        return f"trial {last.number}: {reason} (`{show}` has the whole of it)"

    # --- trials that come back -------------------------------------------------------------------------------

    def _requeue_trials_of(self, report: WorkerReport, outcome: Outcome, detail: str) -> None:
        trials = self.stored.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        for trial, attempt in running_attempts(trials):
            if attempt.process == report.process:
                with contextlib.suppress(TrialLost):
                    requeue(self.stored.storage, trial_id_of(trial), attempt.process, outcome, detail)
                    sweep(self.stored, trial_id_of(trial))

    def _reclaim(self) -> None:
        trials = self.stored.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        for trial in reclaim(self.stored.storage, trials, self._watch.is_silent):
            log.warning("trial %d was left by a dead worker and waits again", trial.number)
            sweep(self.stored, trial_id_of(trial))

    # --- the end ---------------------------------------------------------------------------------------------

    def _obey(self, signals: Sequence[signal.Signals]) -> None:
        """Stop at a first signal, kill at a second, and kill whoever takes longer than there is time for."""
        if signals and self._outcome is None:
            when = "at the end of their epoch" if self.cooperative else f"within {GRACE_SECONDS:.0f} s"
            log.warning("stopping: workers requeue their trials %s; a second Ctrl-C kills them", when)
            self._end(LaunchOutcome(ended=_SIGNALS[signals[0]]))
        is_late = time.monotonic() >= self._kill_at
        for slot in self.engine.running() if is_late or len(signals) > 1 else ():
            hears = self.cooperative and self._reports.come_from(self._states[slot].worker)
            if len(signals) > 1 or not hears:
                self._kill(slot, "interrupted", "killed as the launch ended")

    def _end(self, outcome: LaunchOutcome) -> None:
        """Begin to end: nothing is started any more, and every worker is asked to stop."""
        if self._outcome is not None:
            return
        self._outcome = outcome
        self._kill_at = time.monotonic() + GRACE_SECONDS
        for slot in self.engine.running():
            self.engine.stop(slot)

    def _kill(self, slot: int, outcome: Outcome, detail: str) -> None:
        self._killed.setdefault(slot, (outcome, detail))
        self.engine.kill(slot)


def _named(log_file: Path, before: str) -> str:
    """The worker's log, if it came to write one."""
    return f"{before}{log_file}" if log_file.exists() else ""


def _how_it_ran_out(progress: Progress) -> StopReason:
    # Of a grid each point has one trial, also where that failed.
    points, failed = progress.budget.points, progress.failed
    exhausted = points is not None and failed > 0 and progress.finished + failed >= points
    return StopReason.EXHAUSTED if exhausted else StopReason.BUDGET_REACHED


@contextlib.contextmanager
def _collected_signals() -> Iterator[list[signal.Signals]]:
    """The signals that ask for an end. Collected also where SIGINT was ignored at the start (a shell's background job).

    Python gives them to the main thread alone: in another thread (a notebook's) there are none.
    """
    signals: list[signal.Signals] = []
    if threading.current_thread() is not threading.main_thread():
        yield signals
        return

    def note(number: int, _: FrameType | None) -> None:
        signals.append(signal.Signals(number))

    before = {number: signal.signal(number, note) for number in _SIGNALS}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
