"""The process that has paid for the imports: it forks workers, and ends what they leave behind.

It leads a session of its own and outlives its supervisor for as long as it takes to end the workers.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from types import FrameType
from typing import NoReturn

from objectives.data.loading import share_search_data
from objectives.training.task import Task
from storage.processes import ProcessIdentity
from studies.execution.descendants import Ending, all_children, descendants
from studies.execution.engines.worker_process import TERMINAL_SIGNALS, in_words, run
from studies.execution.messages import WorkerOrder, WorkerReport

_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
_STEP_SECONDS = 0.05
_LOOK_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class ServerOrder:
    """The first that the server hears. ``modules`` are imported once for all workers.

    ``grace_seconds`` is how long workers may go on when their supervisor is gone; None: to the end of their epoch.
    """

    supervisor: ProcessIdentity
    modules: Sequence[str]
    path: Sequence[str]
    grace_seconds: float | None
    task: Task | None = None
    """Whose data are loaded once for all workers."""


@dataclass(frozen=True, kw_only=True)
class Started:
    """A worker has been forked. ``process`` is None for one that has ended already."""

    slot: int
    process: ProcessIdentity | None


@dataclass(frozen=True, kw_only=True)
class NotStarted:
    """The operating system gave no process; ``detail`` is what it said."""

    slot: int
    detail: str


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A worker has ended, and nothing that it had started is left. ``report`` is None where it made none."""

    slot: int
    code: int
    report: WorkerReport | None


@dataclass
class _Worker:
    """A worker that was forked, and has not been told to have ended."""

    slot: int
    process: ProcessIdentity | None
    reports: Connection
    report: WorkerReport | None = None
    code: int | None = None
    ending: Ending | None = None

    def hear(self) -> None:
        """Take its report, if there is one."""
        try:
            if not self.reports.closed and self.reports.poll(0):
                self.report = self.reports.recv()
                self.reports.close()
        except (EOFError, OSError):
            self.reports.close()


def main(descriptor: int) -> None:
    """Serve the supervisor at the other end of that socket, until it closes it or is gone."""
    channel = Connection(descriptor)
    order: ServerOrder = channel.recv()
    for module in order.modules:
        with suppress(ImportError):  # a worker that needs it says so
            import_module(module)
    if (task := order.task) is not None:
        share_search_data(task.data, task.seed, fraction=task.train.fraction)
    # What was imported stays: no collection of a worker's, one after each training, is to walk through it again.
    gc.collect()
    gc.freeze()
    sys.path[:] = order.path
    # What a worker's children leave behind becomes a child of this process, not of process 1, so that it is found.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    _Server(channel, order).serve()


class _Server:
    """One loop over the orders of a supervisor and the ends of its workers."""

    def __init__(self, channel: Connection, order: ServerOrder) -> None:
        self._channel = channel
        self._order = order
        self._workers: dict[int, _Worker] = {}  # by process id
        self._kill_at = float("inf")
        self._alarm = os.pipe()  # is written to when a child ends
        for end in self._alarm:
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._alarm[1])
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # Until here it ends the process, in the middle of an import.
        self._is_to_end = False
        signal.signal(signal.SIGTERM, self._note_end)

    def serve(self) -> None:
        """Start and end workers until there is no supervisor any more, nor anything to end."""
        while self._workers or not self._channel.closed:
            if self._channel in self._wait():
                self._obey()
            # Something that the supervisor has forked may hold the socket open.
            if self._is_to_end or self._order.supervisor.is_alive() is False:
                self._be_deserted()
            if time.monotonic() >= self._kill_at:
                self._signal_workers(signal.SIGKILL)
            self._reap()
            for pid, worker in list(self._workers.items()):
                if worker.code is not None:
                    self._end(pid, worker, worker.code)
        Ending(all_children).finish()

    def _note_end(self, number: int, frame: FrameType | None) -> None:
        self._is_to_end = True

    def _wait(self) -> Sequence[object]:
        """Until something happens; returns what can be read."""
        reports = [worker.reports for worker in self._workers.values() if not worker.reports.closed]
        orders = [] if self._channel.closed else [self._channel]
        is_ending = self._channel.closed or any(worker.code is not None for worker in self._workers.values())
        ready = wait([*orders, *reports, self._alarm[0]], _STEP_SECONDS if is_ending else _LOOK_SECONDS)
        if self._alarm[0] in ready:
            os.read(self._alarm[0], 4096)
        for worker in self._workers.values():
            if worker.reports in ready:
                worker.hear()
        return ready

    def _obey(self) -> None:
        try:
            order: WorkerOrder = self._channel.recv()
        except (EOFError, OSError):
            self._be_deserted()
        else:
            self._start(order)

    def _be_deserted(self) -> None:
        """Nobody gives orders any more: the workers end, as they do when they are stopped."""
        if self._channel.closed:
            return
        self._channel.close()
        self._signal_workers(signal.SIGTERM)
        if self._order.grace_seconds is not None:
            self._kill_at = time.monotonic() + self._order.grace_seconds

    def _signal_workers(self, number: signal.Signals) -> None:
        for pid, worker in self._workers.items():
            if worker.code is None:
                os.kill(pid, number)

    def _start(self, order: WorkerOrder) -> None:
        here, there = Pipe(duplex=False)
        unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, TERMINAL_SIGNALS)
        try:
            pid = os.fork()
        except OSError as error:
            here.close()
            self._tell(NotStarted(slot=order.slot, detail=in_words(error)))
            return
        else:
            if pid == 0:
                here.close()
                self._become_worker(order, there)
        finally:
            there.close()
            signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
        try:
            process = ProcessIdentity.of(pid)
        except ProcessLookupError:
            process = None
        self._workers[pid] = _Worker(slot=order.slot, process=process, reports=here)
        self._tell(Started(slot=order.slot, process=process))

    def _become_worker(self, order: WorkerOrder, channel: Connection) -> NoReturn:
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for connection in (self._channel, *(worker.reports for worker in self._workers.values())):
                connection.close()
            for end in self._alarm:
                os.close(end)
            run(order, channel, self._order.supervisor)
        except BaseException:  # noqa: BLE001  whatever it is, this process is not the server
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(1)

    def _reap(self) -> None:
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                pid, status = ended
                if pid in self._workers:
                    self._workers[pid].code = os.waitstatus_to_exitcode(status)

    def _end(self, pid: int, worker: _Worker, code: int) -> None:
        """End what the worker has left behind; tell of its end when nothing is left."""
        process = worker.process
        if process is not None:
            worker.ending = worker.ending or Ending(lambda: descendants(process))
            if not worker.ending.step():
                return
        worker.hear()
        worker.reports.close()
        del self._workers[pid]
        self._tell(Ended(slot=worker.slot, code=code, report=worker.report))

    def _tell(self, message: Started | NotStarted | Ended) -> None:
        if not self._channel.closed:
            with suppress(OSError):  # the supervisor is gone, which the next look sees
                self._channel.send(message)
