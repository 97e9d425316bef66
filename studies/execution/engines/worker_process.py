"""The life of a worker process, from its fork to its end."""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import multiprocessing as mp
import os
import signal
import sys
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import NoReturn

import optuna

from storage.processes import ProcessIdentity
from studies.execution.descendants import MARK, Ending, descendants, mark_of
from studies.execution.messages import WorkerOrder, WorkerReport
from studies.execution.worker import work
from studies.wording import PrintableFormatter, settle_logs

TERMINAL_SIGNALS = {signal.SIGINT, signal.SIGHUP, signal.SIGTERM}
_LIMITS = {
    errno.EAGAIN: ": no process is left to start (`ulimit -u` shows how many there may be)",
    errno.EMFILE: " (`ulimit -n` shows how many there may be)",
}
_LONGEST_DETAIL = 10_000  # characters: a report fits into a pipe that nobody reads


def run(order: WorkerOrder, channel: Connection, supervisor: ProcessIdentity) -> NoReturn:
    """Work in this process, which was just forked with ``TERMINAL_SIGNALS`` blocked; report through the channel; end.

    It leads a session of its own: no signal of a terminal reaches it, and what it starts is known by that session.
    """
    os.setsid()
    server = os.getppid()
    asked: list[int] = []  # no Event, whose lock a second signal amid the first would wait for for ever
    # Functions, also for what is to do nothing: an ignored signal would be ignored in every program that is started.
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    signal.signal(signal.SIGINT, _do_nothing)
    signal.signal(signal.SIGHUP, _do_nothing)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, TERMINAL_SIGNALS)
    os.register_at_fork(after_in_child=_forget_handlers)

    def interruption() -> str | None:
        if asked:
            return "asked to stop"
        if supervisor.is_alive() is False:
            return "its supervisor is gone"
        return None

    try:
        _prepare(order)
    except OSError as error:
        report = WorkerReport(slot=order.slot, ending="cannot start", process=None, detail=in_words(error))
    else:
        report = work(order, interruption)
    with contextlib.suppress(OSError):  # the server may be gone
        channel.send(replace(report, detail=report.detail[:_LONGEST_DETAIL]))
    channel.close()
    with contextlib.suppress(OSError):  # the disk may be full
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
    if os.getppid() != server:  # which would do it
        me = ProcessIdentity.current()
        Ending(lambda: descendants(me)).finish()
    # Not through the interpreter's end, which would wait for threads that an objective has left behind.
    os._exit(0)


def in_words(error: OSError) -> str:
    """What the operating system said: "FILE: No space left on device"."""
    said = ": ".join(str(part) for part in (error.filename, error.strerror or error) if part is not None)
    return said + _LIMITS.get(error.errno or 0, "")


def redirect(log: Path, *streams: int) -> None:
    """Let what is written to these descriptors go to the end of the log: C++ libraries know no other name for them.

    Raises:
        OSError: the log cannot be written.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in streams:
        os.dup2(descriptor, stream)
    os.close(descriptor)


def _prepare(order: WorkerOrder) -> None:
    os.environ.update(order.environment)
    os.environ[MARK] = mark_of(ProcessIdentity.current())
    sys.stdout.flush()
    sys.stderr.flush()
    redirect(order.log, 1, 2)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # whatever the terminal takes
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(PrintableFormatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[lines], force=True)
    logging.getLogger("studyhall.worker").info("worker %s, process %d, %s", order.worker, os.getpid(), order.device)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    settle_logs()
    # An objective that uses multiprocessing finds it as a script of its own would.
    mp.set_start_method(None, force=True)


def _do_nothing(number: int, frame: FrameType | None) -> None:
    """A signal that is of no concern to a worker."""


def _forget_handlers() -> None:
    """A child of the objective's own, such as a multiprocessing pool's, hears signals as a script's does."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
