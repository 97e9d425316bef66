"""What a worker process has started, directly or not: found, measured, ended with it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import psutil

from storage.processes import ProcessIdentity

MARK = "STUDYHALL_WORKER"
"""An environment variable that names the worker process; programs that it starts inherit it."""

_GRACE_SECONDS = 1.0  # between SIGTERM and SIGKILL
_GIVE_UP_SECONDS = 5.0  # after SIGKILL: the kernel does not let it go, such as in a read from a lost server
_STEP_SECONDS = 0.05


def mark_of(worker: ProcessIdentity) -> str:
    """The value of ``MARK`` in that worker process: no other process of this machine ever has it."""
    return f"{worker.pid}:{worker.born}"


def descendants(worker: ProcessIdentity) -> list[psutil.Process]:
    """The processes that live and were started in the worker process, whether it still lives or not.

    They are its children and theirs, the processes of its session, and those that carry its mark: the last are found
    although they have left the session. What has left it and carries none is found while the worker lives.
    """
    found, mark = {process.pid: process for process in _near(worker)}, mark_of(worker)
    for pid in psutil.pids():
        if pid not in found and pid != worker.pid and _carries(pid, mark):
            found.update((process.pid, process) for process in _one(pid))
    return [process for pid, process in found.items() if pid != os.getpid() and _lives(process)]


def all_children() -> list[psutil.Process]:
    """The processes that live below this one."""
    return [process for process in psutil.Process().children(recursive=True) if _lives(process)]


def memory(worker: ProcessIdentity, *, beyond: int = 0) -> int:
    """Bytes that the process and its descendants hold in memory; 0 when it has ended.

    What several processes share, such as data that were loaded before a fork, counts once: of each page a process has
    its share (the kernel's PSS). That is slow to ask for, so where the sum of all pages (RSS), which is never smaller,
    is not more than ``beyond``, it is the answer; so it is where the kernel counts no shares.
    """
    if not worker.is_alive():
        return 0
    processes = [*_one(worker.pid), *_near(worker)]
    resident = sum(_resident(process) for process in processes)
    return resident if resident <= beyond else sum(_share(process) for process in processes)


class Ending:
    """Ends processes step by step, so that whoever does it need not wait: SIGTERM, and a second later SIGKILL.

    Each step looks anew: what is told to end may start something. Python's resource trackers, which remove what a
    process had in shared memory, do not hear SIGTERM, and end by themselves when the others have.
    """

    def __init__(self, find: Callable[[], list[psutil.Process]]) -> None:
        self._find = find
        self._told: set[int] = set()
        self._begun = time.monotonic()

    def step(self) -> bool:
        """Go on; whether nothing is left, or nothing more can be done."""
        left = self._find()
        since = time.monotonic() - self._begun
        for process in left:
            with suppress(psutil.Error):
                if since > _GRACE_SECONDS:
                    process.kill()
                elif process.pid not in self._told:
                    process.terminate()
            self._told.add(process.pid)
        return not left or since > _GRACE_SECONDS + _GIVE_UP_SECONDS

    def finish(self) -> None:
        """Go on until nothing is left."""
        while not self.step():
            time.sleep(_STEP_SECONDS)


def _near(worker: ProcessIdentity) -> list[psutil.Process]:
    """The worker's children and theirs, and the others of its session."""
    if _is_taken(worker):
        return []
    found = {}
    for process in _one(worker.pid):
        with suppress(psutil.Error):
            found = {child.pid: child for child in process.children(recursive=True)}
    for pid in psutil.pids():
        if pid not in found and pid != worker.pid and _session(pid) == worker.pid:
            found.update((process.pid, process) for process in _one(pid))
    return list(found.values())


def _one(pid: int) -> Iterator[psutil.Process]:
    with suppress(psutil.Error):
        yield psutil.Process(pid)


def _is_taken(worker: ProcessIdentity) -> bool:
    """Whether the number of the worker, and so of its session, belongs to another process by now."""
    try:
        return ProcessIdentity.of(worker.pid) != worker
    except ProcessLookupError:
        return False


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _carries(pid: int, mark: str) -> bool:
    try:
        return bool(psutil.Process(pid).environ().get(MARK) == mark)
    except (psutil.Error, OSError):
        return False


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def _share(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(getattr(process.memory_full_info(), "pss", None) or _resident(process))
    return _resident(process)
