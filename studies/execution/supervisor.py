"""The supervisor: keeps the workers of one launch at work until the study is done, and leaves nothing RUNNING."""

from __future__ import annotations

import contextlib
import logging
import shlex
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import FrameType

from optuna.trial import TrialState

from storage.attempts import Outcome
from storage.claims import TrialLost, reclaim, requeue, running_attempts
from studies.execution.devices import Slot
from studies.execution.engines.base import Engine
from studies.execution.limits import TrialLimits, study_over
from studies.execution.messages import WorkerOrder, WorkerReport
from studies.execution.outcome import LaunchOutcome, StopReason
from studies.execution.trial import sweep
from studies.record.progress import Progress, finished_by, read_progress
from studies.record.sessions import Session, Watch
from studies.record.stored import StoredStudy
from studies.spec.settings import WorkerSettings

log = logging.getLogger("studyhall.launch")

MAX_DEATHS_IN_A_ROW = 10
_SIGNALS = {
    signal.SIGINT: StopReason.INTERRUPTED,
    signal.SIGTERM: StopReason.TERMINATED,
    signal.SIGHUP: StopReason.HUNG_UP,
}
GRACE_SECONDS = 10.0  # for an objective that cannot be stopped at an epoch's end


@dataclass
class _SlotState:
    """A slot and the story of the processes that have filled it."""

    slot: Slot
    order: WorkerOrder
    deaths_in_a_row: int = 0
    finished_before: int = 0
    start_at: float = 0.0
    over: bool = False


@dataclass
class Supervisor:
    """Runs one launch of a study. ``cooperative`` objectives stop at the end of an epoch, however long it takes."""

    stored: StoredStudy
    engine: Engine
    slots: Sequence[Slot]
    view: Callable[[Progress], None]
    cooperative: bool
    workers: WorkerSettings
    look_seconds: float = 1.0
    tick_seconds: float = 0.2
    _signals: list[signal.Signals] = field(default_factory=list)
    _posts: dict[int, _SlotState] = field(default_factory=dict)
    _ending: LaunchOutcome | None = None
    _killed: dict[int, tuple[Outcome, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._watch = Watch(self.workers.heartbeat_grace, held_up_seconds=max(3.0, self.workers.heartbeat))
        self._limits = TrialLimits(self.stored.budget.trial_seconds, self.workers.memory, self._pid_of)

    def run(self) -> LaunchOutcome:
        """Work until the end; a signal is one wish to stop, a second one kills."""
        with self._listening():
            session = Session(
                self.stored.storage, self.stored.study_id, len(self.slots), beat_seconds=self.workers.heartbeat
            )
            try:
                return self._supervise(session)
            finally:
                self.engine.close()
                self._reclaim()
                session.end()

    def _supervise(self, session: Session) -> LaunchOutcome:
        self._reclaim()
        self.view(read_progress(self.stored))
        failed = self.stored.storage.count_states(self.stored.study_id)[TrialState.FAIL]
        for slot in self.slots:
            self._posts[slot.number] = _SlotState(slot, self._order(session, slot, failed))
        looked, deadline = 0.0, float("inf")
        while True:
            self._start_due()
            for report in self.engine.poll(self.tick_seconds):
                self._on_end(report)
            if time.monotonic() - looked >= self.look_seconds:
                looked = time.monotonic()
                self._look(session)
            if self._signals and self._ending is None:
                ended = _SIGNALS[self._signals[0]]
                patience = "at the end of their epoch" if self.cooperative else f"within {GRACE_SECONDS:.0f} s"
                log.warning("stopping: workers hand their trials back %s; a second Ctrl-C kills them", patience)
                self._end(LaunchOutcome(ended=ended))
            if self._ending is not None:
                deadline = min(deadline, self._deadline())
                if time.monotonic() >= deadline:
                    self._kill_all()
                if not self.engine.running():
                    self.view(read_progress(self.stored))
                    return self._ending
            elif not self.engine.running() and all(post.over for post in self._posts.values()):
                progress = read_progress(self.stored)
                self.view(progress)
                # Of a grid each point has one trial, also where that failed.
                points, failed = progress.budget.points, progress.failed
                exhausted = points is not None and failed > 0 and progress.finished + failed >= points
                return LaunchOutcome(ended=StopReason.EXHAUSTED if exhausted else StopReason.BUDGET_REACHED)

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
        if self._ending is not None:
            return
        running = self.engine.running()
        for number, post in self._posts.items():
            if number not in running and not post.over and time.monotonic() >= post.start_at:
                self.engine.start(post.order)

    def _look(self, session: Session) -> None:
        """What is done once a second: see who died elsewhere, who wishes a stop, whether time is over; show."""
        session.beat()
        attributes = self.stored.attributes
        self._watch.look(attributes)
        self._reclaim()
        progress = read_progress(self.stored)
        progress = replace(progress, seconds=progress.seconds + session.since_beat)
        self.view(progress)
        for worker, outcome, sentence in self._limits.exceeded(progress):
            self._kill(self._slot_of(worker), outcome, sentence)
        if session.stop_requested(attributes):
            self._end(LaunchOutcome(ended=StopReason.STOPPED))
        elif (over := study_over(progress)) is not None:
            self._end(LaunchOutcome(ended=over[0], detail=over[1]))

    def _on_end(self, report: WorkerReport) -> None:
        post = self._posts[report.slot]
        match report.ending:
            case "budget reached":
                post.over = True
            case "renewed":
                log.info("worker %s is renewed", post.order.worker)
            case "stopped":
                # Somebody sent the worker a signal of its own; its trial is handed back already.
                self._rest(post, "was stopped by a signal")
            case "too many failures":
                post.over = True
                self._end(LaunchOutcome(ended=StopReason.TOO_MANY_FAILURES, detail=self._last_failure()))
            case "unusable":
                post.over = True
                self._end(LaunchOutcome(ended=StopReason.UNUSABLE, detail=report.detail))
            case "died":
                self._on_death(post, report)

    def _on_death(self, post: _SlotState, report: WorkerReport) -> None:
        dead: tuple[Outcome, str] = ("death", f"worker {post.order.worker} ended by {report.detail}")
        outcome, detail = self._killed.pop(report.slot, dead)
        self._requeue_trials_of(report, outcome, detail)
        if outcome == "death":
            self._rest(post, f"died ({report.detail})")

    def _rest(self, post: _SlotState, what: str) -> None:
        """Fill the slot again: at once after a first death, after ever longer rests in a row of them."""
        if self._ending is not None:
            return
        log.warning("worker %s %s; its log: %s", post.order.worker, what, post.order.log)
        finished = finished_by(self.stored.study.get_trials(deepcopy=False), post.order.worker)
        post.deaths_in_a_row = 1 if finished > post.finished_before else post.deaths_in_a_row + 1
        post.finished_before = finished
        post.start_at = time.monotonic() + min(10.0, 0.1 * (2 ** (post.deaths_in_a_row - 1) - 1))
        if post.deaths_in_a_row < MAX_DEATHS_IN_A_ROW:
            return
        post.over = True
        log.error("worker %s is given up after %d deaths in a row", post.order.worker, post.deaths_in_a_row)
        if all(other.over for other in self._posts.values()):
            detail = f"each died {MAX_DEATHS_IN_A_ROW} times in a row; the last {what}; see {post.order.log}"
            self._end(LaunchOutcome(ended=StopReason.GIVEN_UP, detail=detail))

    def _last_failure(self) -> str:
        last = self.stored.study.get_trials(deepcopy=False, states=(TrialState.FAIL,))[-1]
        reason = str(last.user_attrs.get("failure", "failed")).splitlines()[0]
        show = f"studyhall show {shlex.quote(self.stored.name)} {last.number}"
        return f"trial {last.number}: {reason} (`{show}` has the whole of it)"

    def _requeue_trials_of(self, report: WorkerReport, outcome: Outcome, detail: str) -> None:
        trials = self.stored.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        for trial, attempt in running_attempts(trials):
            if attempt.process == report.process:
                with contextlib.suppress(TrialLost):
                    requeue(self.stored.storage, trial._trial_id, attempt.process, outcome, detail)
                    sweep(self.stored, trial._trial_id)

    def _reclaim(self) -> None:
        trials = self.stored.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        for trial in reclaim(self.stored.storage, trials, self._watch.is_silent):
            log.warning("trial %d was left by a dead worker and is handed back", trial.number)
            sweep(self.stored, trial._trial_id)

    def _end(self, outcome: LaunchOutcome) -> None:
        """Begin to end: nothing is started any more, and every worker is asked to stop."""
        if self._ending is None:
            self._ending = outcome
            self._asked_at = time.monotonic()
            for slot in self.engine.running():
                self.engine.stop(slot)

    def _deadline(self) -> float:
        if len(self._signals) > 1:
            return 0.0
        return float("inf") if self.cooperative else self._asked_at + GRACE_SECONDS

    def _kill_all(self) -> None:
        for slot in self.engine.running():
            self._kill(slot, "interrupted", "killed as the launch ended")

    def _kill(self, slot: int, outcome: Outcome, detail: str) -> None:
        self._killed.setdefault(slot, (outcome, detail))
        self.engine.kill(slot)

    def _slot_of(self, worker: str) -> int:
        return next(number for number, post in self._posts.items() if post.order.worker == worker)

    def _pid_of(self, worker: str) -> int | None:
        mine = [number for number, post in self._posts.items() if post.order.worker == worker]
        return self.engine.pid(mine[0]) if mine else None

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        """Collect signals. Installed also where SIGINT was ignored at the start (a shell's background job)."""

        def note(number: int, _: FrameType | None) -> None:
            self._signals.append(signal.Signals(number))

        before = {number: signal.signal(number, note) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
