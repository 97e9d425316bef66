"""Workers as processes of this machine, forked from one server that has paid for the imports."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing as mp
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from multiprocessing import connection, forkserver, process, resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

import joblib
import optuna

from storage import optuna_schema
from storage.processes import ProcessIdentity
from studies.execution.devices import Slot, SlotRequest, assign, find_gpus, visible
from studies.execution.engines.base import Engine, Preparation
from studies.execution.messages import WorkerOrder, WorkerReport
from studies.execution.worker import work

_ALWAYS = ("studies.execution.worker", *optuna_schema.IMPORTED_LATE)
# Frameworks that survive a fork after their import; JAX warns of it.
_FORKABLE = {"tensorflow": ("tensorflow", "keras")}
_TERMINAL_SIGNALS = {signal.SIGINT, signal.SIGHUP, signal.SIGTERM}


@dataclass
class _Child:
    process: mp.process.BaseProcess
    channel: Connection
    identity: ProcessIdentity | None

    @property
    def ended(self) -> bool:
        # When the fork server is killed, every sentinel fires although the workers live on.
        if not connection.wait([self.process.sentinel], 0):
            return False
        return self.identity is None or self.identity.is_alive() is False


class LocalEngine(Engine):
    """A fork server (multiprocessing's) with the slow imports done and nothing run on a device.

    Importing TensorFlow costs 8 to 10 s and each worker would pay it again. Forking is safe as long as no
    framework has started its threads, so the server only imports; devices are touched in the workers.
    """

    def __init__(self, preparation: Preparation) -> None:
        self._log = preparation.log
        # Some libraries read the number of threads as they are loaded, so the server needs it too.
        # PYTHONSAFEPATH keeps the working folder off its sys.path, where a user's `objectives` or
        # `storage` would come before ours.
        self._environment = {"TF_CPP_MIN_LOG_LEVEL": "2", **preparation.environment, "PYTHONSAFEPATH": "1"}
        self._context = mp.get_context("forkserver")
        frameworks = [module for name in preparation.frameworks for module in _FORKABLE.get(name, ())]
        self._context.set_forkserver_preload([*_ALWAYS, *frameworks])
        self._children: dict[int, _Child] = {}
        self._failed_starts: list[WorkerReport] = []

    @classmethod
    def find_slots(cls, request: SlotRequest) -> list[Slot]:
        """The GPUs of this machine that CUDA_VISIBLE_DEVICES leaves, or shares of its cores."""
        gpus = visible(find_gpus()) if request.devices != "none" else []
        return assign(gpus, request, cores=int(joblib.cpu_count()))

    def start(self, order: WorkerOrder) -> None:
        """Start a worker in the order's slot; the first start waits for the imports."""
        here, there = self._context.Pipe(duplex=False)
        child = self._context.Process(target=_main, args=(order, there), name=order.worker, daemon=False)
        try:
            # By itself, because it lifts the block of signals that it finds.
            with _signals_blocked():
                resource_tracker.ensure_running()
            with _signals_blocked(), _environ(self._environment), _output_in(self._log):
                forkserver.ensure_running()
            with _without_program():
                child.start()
        except (EOFError, OSError) as error:
            # The server died as it was asked; the next start makes another.
            detail = f"the fork server is gone ({error or type(error).__name__})"
            self._failed_starts.append(WorkerReport(slot=order.slot, ending="died", process=None, detail=detail))
            here.close()
            return
        finally:
            there.close()
        pid = child.pid
        try:
            identity = ProcessIdentity.of(pid) if pid is not None else None
        except ProcessLookupError:
            identity = None
        self._children[order.slot] = _Child(child, here, identity)

    def running(self) -> set[int]:
        """The slots that hold a worker."""
        return set(self._children)

    def poll(self, seconds: float) -> list[WorkerReport]:
        """Wait up to ``seconds`` for workers to end; returns one report for each that has."""
        sentinels: list[Any] = [child.process.sentinel for child in self._children.values()]
        connection.wait(sentinels, timeout=0.0 if self._failed_starts else seconds)
        reports, self._failed_starts = self._failed_starts, []
        for slot, child in list(self._children.items()):
            if child.ended:
                reports.append(self._reap(slot, child))
        return reports

    def _reap(self, slot: int, child: _Child) -> WorkerReport:
        del self._children[slot]
        try:
            report: WorkerReport | None = child.channel.recv() if child.channel.poll(0) else None
        except (EOFError, OSError):
            report = None
        child.channel.close()
        child.process.join()
        code = child.process.exitcode
        child.process.close()
        return report or WorkerReport(slot=slot, ending="died", process=child.identity, detail=_cause(code))

    def process(self, slot: int) -> ProcessIdentity | None:
        """The process in the slot."""
        child = self._children.get(slot)
        return child.identity if child is not None else None

    def memory(self, slot: int) -> int | None:
        """The resident memory of the slot's worker and its children, in bytes."""
        process = self.process(slot)
        return process.memory() if process is not None else None

    def stop(self, slot: int) -> None:
        """Ask the worker to stop at its next report."""
        self._signal(slot, signal.SIGTERM)

    def kill(self, slot: int) -> None:
        """End the worker at once."""
        self._signal(slot, signal.SIGKILL)

    def _signal(self, slot: int, number: signal.Signals) -> None:
        process = self.process(slot)
        if process is not None and process.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, number)

    def close(self) -> None:
        """Kill what still runs."""
        for slot in list(self._children):
            self.kill(slot)
        while self._children:
            self.poll(0.5)


def _cause(code: int | None) -> str:
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f"exit code {code}"


@contextlib.contextmanager
def _signals_blocked() -> Iterator[None]:
    """Whatever is born inside hears no signal of a terminal: that goes to the whole group, and we tell the workers."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _TERMINAL_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _without_program() -> Iterator[None]:
    """What is born inside does not run the caller's program again, which multiprocessing has every child do.

    A script that launches a study would launch it once more in each worker; workers need nothing of it.
    """
    program = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = program


@contextlib.contextmanager
def _output_in(log: Path) -> Iterator[None]:
    """What is born inside writes to ``log``: TensorFlow's import prints lines that nobody can act on.

    Nor does it hold the caller's pipe open should something that an objective left behind keep it alive.
    """
    before = {stream: os.dup(stream) for stream in (1, 2)}
    _redirect(log, *before)
    try:
        yield
    finally:
        for stream, kept in before.items():
            os.dup2(kept, stream)
            os.close(kept)


def _redirect(log: Path, *streams: int) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in streams:
        os.dup2(descriptor, stream)
    os.close(descriptor)


@contextlib.contextmanager
def _environ(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _main(order: WorkerOrder, channel: Connection) -> None:
    """The life of a worker process."""
    os.environ.pop("PYTHONSAFEPATH", None)
    os.environ.update(order.environment)
    _write_to(order)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _TERMINAL_SIGNALS)
    os.register_at_fork(after_in_child=_forget_handlers)
    # An objective that uses multiprocessing finds it as a script of its own would.
    mp.set_start_method(None, force=True)
    parent = process.parent_process()

    def interruption() -> str | None:
        if stop.is_set():
            return "asked to stop"
        if parent is not None and not parent.is_alive():
            return "its supervisor is gone"
        return None

    report = work(order, interruption)
    with contextlib.suppress(OSError):  # the supervisor may be gone
        channel.send(report)
    channel.close()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # Not through the interpreter's end, which would wait for threads that an objective has left behind.
    os._exit(0)


def _forget_handlers() -> None:
    """A child of the objective's own, such as a multiprocessing pool's, is to end when it is told."""
    for number in _TERMINAL_SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def _write_to(order: WorkerOrder) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    _redirect(order.log, 1, 2)  # the descriptors: C++ libraries write there too
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr, force=True
    )
    logging.getLogger("studyhall.worker").info("worker %s, process %d, %s", order.worker, os.getpid(), order.device)
