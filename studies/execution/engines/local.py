"""Workers as processes of this machine, forked from one server that has paid for the imports."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path

import joblib

from storage.processes import ProcessIdentity
from studies.execution import descendants
from studies.execution.devices import Slot, SlotRequest, assign, find_gpus, visible
from studies.execution.engines import fork_server
from studies.execution.engines.base import Engine, Preparation
from studies.execution.engines.fork_server import Ended, NotStarted, Started
from studies.execution.engines.worker_process import in_words
from studies.execution.messages import WorkerOrder, WorkerReport

_ALWAYS = ("studies.execution.worker", "sqlalchemy.dialects.sqlite")
# Frameworks that survive a fork after their import; JAX warns of it.
_FORKABLE = {"tensorflow": ("tensorflow", "keras")}
_STEP_SECONDS = 0.1
_CLOSING_SECONDS = 10.0
# So a server ends that was ended by somebody, and another one may live; whatever else ends it would end that one too.
_FROM_OUTSIDE = {0, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP}


@dataclass
class _Worker:
    """What fills a slot. ``process`` is None until the server says that it runs."""

    process: ProcessIdentity | None = None
    asked: signal.Signals | None = None
    is_adrift: bool = False
    """Whether its server is gone, and it is watched from here."""
    report: WorkerReport | None = None
    """How it ended, until that is polled."""


@dataclass
class _Server:
    """The fork server, as its supervisor sees it."""

    process: subprocess.Popen[bytes]
    channel: Connection


class LocalEngine(Engine):
    """A server with the slow imports done and nothing run on a device, which forks the workers.

    Importing TensorFlow costs 8 to 10 s and each worker would pay it again. Forking is safe as long as no
    framework has started its threads, so the server only imports; devices are touched in the workers.
    """

    def __init__(self, preparation: Preparation) -> None:
        self._preparation = preparation
        self._server: _Server | None = None
        self._workers: dict[int, _Worker] = {}  # by slot

    @classmethod
    def find_slots(cls, request: SlotRequest) -> list[Slot]:
        """The GPUs of this machine that CUDA_VISIBLE_DEVICES leaves, or shares of its cores."""
        gpus = visible(find_gpus()) if request.devices != "none" else []
        return assign(gpus, request, cores=int(joblib.cpu_count()))

    def start(self, order: WorkerOrder) -> None:
        """Have a worker started in the order's slot; it runs when the server has done its imports."""
        self._workers[order.slot] = _Worker()
        try:
            if self._server is None:
                self._server = _start_server(self._preparation)
            self._server.channel.send(order)
        except ConnectionError:
            self._lose_server()
        except OSError as error:
            self._workers[order.slot].report = _not_started(order.slot, in_words(error))
        self._listen()  # lest the server waits for us to read, while we wait for it

    def running(self) -> set[int]:
        """The slots that hold a worker."""
        return set(self._workers)

    def poll(self, seconds: float) -> list[WorkerReport]:
        """Wait up to ``seconds`` for workers to end; returns one report for each that has."""
        until = time.monotonic() + seconds
        while True:
            self._listen()
            self._look_for_ends()
            reports = [worker.report for worker in self._workers.values() if worker.report is not None]
            left = until - time.monotonic()
            if reports or left <= 0.0:
                for report in reports:
                    del self._workers[report.slot]
                return reports
            step = min(left, _STEP_SECONDS) if any(worker.is_adrift for worker in self._workers.values()) else left
            wait([self._server.channel] if self._server is not None else [], step)

    def _listen(self) -> None:
        """Take what the server has said; never waits."""
        while self._server is not None:
            try:
                if not self._server.channel.poll(0):
                    return
                self._hear(self._server.channel.recv())
            except (EOFError, OSError):
                self._lose_server()

    def _hear(self, message: Started | NotStarted | Ended) -> None:
        slot, worker = message.slot, self._workers[message.slot]
        match message:
            case Started(process=process):
                worker.process = process
                if worker.asked is not None:
                    self._signal(slot, worker.asked)
            case NotStarted(detail=detail):
                worker.report = _not_started(slot, detail)
            case Ended(code=code, report=report):
                worker.report = report or _died(slot, worker.process, _cause(code))

    def _lose_server(self) -> None:
        """The server is gone: what it was to start never will, and what runs is watched from here."""
        if self._server is None:
            return
        code = _end_server(self._server)
        self._server = None
        how = f"its fork server ended by {_cause(code)}"
        for slot, worker in self._workers.items():
            if worker.process is not None:
                worker.is_adrift = True
            elif worker.report is None and code in _FROM_OUTSIDE:
                worker.report = _died(slot, None, how)
            elif worker.report is None:
                worker.report = _not_started(slot, f"{how}; its log: {self._preparation.log}")

    def _look_for_ends(self) -> None:
        """What the server would tell, of workers that have outlived it."""
        for slot, worker in self._workers.items():
            process = worker.process
            if worker.is_adrift and worker.report is None and process is not None and process.is_alive() is False:
                descendants.Ending(partial(descendants.descendants, process)).finish()
                worker.report = _died(slot, process, "an end that its fork server did not live to see")

    def process(self, slot: int) -> ProcessIdentity | None:
        """The process in the slot."""
        self._listen()
        worker = self._workers.get(slot)
        return worker.process if worker is not None else None

    def memory(self, slot: int, *, beyond: int = 0) -> int | None:
        """The memory of the slot's worker and of what it has started, in bytes; what they share counts once."""
        process = self.process(slot)
        return descendants.memory(process, beyond=beyond) if process is not None else None

    def stop(self, slot: int) -> None:
        """Ask the worker to stop at its next report."""
        self._ask(slot, signal.SIGTERM)

    def kill(self, slot: int) -> None:
        """End the worker at once."""
        self._ask(slot, signal.SIGKILL)

    def _ask(self, slot: int, number: signal.Signals) -> None:
        if slot not in self._workers:
            return
        self._workers[slot].asked = number
        self._signal(slot, number)
        # A server that imports for workers of which none is wanted any more need not go on.
        unwanted = all(worker.asked and worker.process is None for worker in self._workers.values())
        if unwanted and self._server is not None:
            self._server.process.terminate()

    def _signal(self, slot: int, number: signal.Signals) -> None:
        process = self.process(slot)
        if process is not None and process.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, number)

    def close(self) -> None:
        """Kill what still runs, and end what the workers have left behind."""
        for slot in list(self._workers):
            self.kill(slot)
        while self._workers:
            self.poll(0.5)
        if self._server is not None:
            _end_server(self._server)
            self._server = None


def _start_server(preparation: Preparation) -> _Server:
    """Start the fork server; it does its imports while we go on.

    Raises:
        OSError: the operating system gives no process, or its log cannot be written.
    """
    here, there = Pipe()
    # -P: a folder `objectives` or `storage` where this process runs is not ours.
    home = str(Path(__file__).parents[3])
    program = f"import sys; sys.path.append({home!r}); from {fork_server.__name__} import main; main({there.fileno()})"
    preparation.log.parent.mkdir(parents=True, exist_ok=True)
    with there, preparation.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", program],
            stdin=subprocess.DEVNULL,
            # TensorFlow's import prints lines that nobody can act on.
            stdout=log,
            stderr=log,
            # Some libraries read the number of threads as they are loaded.
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", **preparation.environment},
            pass_fds=[there.fileno()],
            start_new_session=True,  # no signal of a terminal reaches it
        )
    frameworks = [module for name in preparation.frameworks for module in _FORKABLE.get(name, ())]
    order = fork_server.ServerOrder(
        supervisor=ProcessIdentity.current(),
        modules=[*_ALWAYS, *frameworks],
        path=sys.path,
        grace_seconds=preparation.grace_seconds,
        task=preparation.task,
    )
    here.send(order)
    return _Server(process, here)


def _end_server(server: _Server) -> int:
    """Let the server end what it has to end, and then itself; returns its exit code."""
    server.channel.close()
    try:
        return server.process.wait(_CLOSING_SECONDS)
    except subprocess.TimeoutExpired:
        server.process.kill()
        return server.process.wait()


def _not_started(slot: int, detail: str) -> WorkerReport:
    return WorkerReport(slot=slot, ending="cannot start", process=None, detail=detail)


def _died(slot: int, process: ProcessIdentity | None, detail: str) -> WorkerReport:
    return WorkerReport(slot=slot, ending="died", process=process, detail=detail)


def _cause(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
