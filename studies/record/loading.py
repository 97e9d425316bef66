"""A study's objective loaded in a worker: by one worker first, and certainly what the study is made from."""

from __future__ import annotations

import contextlib
import fcntl
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import optuna

from objectives.objective import Objective
from studies.record.fingerprint import check_source
from studies.record.noticed import note_data
from studies.record.stored import StoredStudy
from studies.spec.resolving import resolve

_POLL_SECONDS = 0.05


class LoadingInterrupted(Exception):
    """The worker is to stop before its turn to load has come; the message says why."""


@contextlib.contextmanager
def loaded(stored: StoredStudy, launch: str, interruption: Callable[[], str | None]) -> Iterator[Objective]:
    """The objective of a study, in a process of that launch that looks to it as it expects.

    What it is made from is compared with the study's before it is loaded, and once more when that is done: it may
    have been written meanwhile.

    Raises:
        SourceChanged: it is not what the study's trials were made from.
        LoadingInterrupted: the worker is to stop before it has loaded anything.
        ObjectiveError: it cannot be loaded.
        DataError: its data cannot be had.
    """
    spec = stored.required_spec()
    objective = resolve(spec.objective)
    path = stored.files / "loading.lock"
    with objective.process(spec):
        with _after_the_first(path, launch, interruption) if objective.runs_when_loaded else contextlib.nullcontext():
            check_source(stored, accept=False)
            evaluate = objective.load(spec)
            check_source(stored, accept=False)
        note_data(stored, objective.data_notes(evaluate))
        made_from = objective.fingerprint(spec)
        yield _Comparing(evaluate, stored, {*made_from.files} - _loaded_files()) if made_from is not None else evaluate


def _loaded_files() -> set[str]:
    return {file for module in [*sys.modules.values()] if isinstance(file := getattr(module, "__file__", None), str)}


@dataclass
class _Comparing:
    """An objective that may still load some of its modules: compared when a trial has, before its result counts."""

    evaluate: Objective
    stored: StoredStudy
    unloaded: set[str]

    def __call__(self, trial: optuna.Trial, /) -> float | Sequence[float]:
        """The value of the trial; raises SourceChanged where it is that of another version."""
        try:
            return self.evaluate(trial)
        finally:
            if self.unloaded and (newly := self.unloaded & _loaded_files()):
                self.unloaded -= newly
                check_source(self.stored, accept=False)


@contextlib.contextmanager
def _after_the_first(path: Path, launch: str, interruption: Callable[[], str | None]) -> Iterator[None]:
    """Let one worker of a launch load the objective alone, and all others afterwards, at once.

    A file may make something as it is loaded, such as a database or a cache, that only one process can make. The lock
    goes with the process that holds it; its file says which launch has got through. Where a file system knows no
    locks, nobody waits.

    Raises:
        LoadingInterrupted: the worker is to stop before its turn has come.
    """
    with contextlib.ExitStack() as held:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # POSIX's locks, unlike flock's, stay with this process when what is loaded forks.
            lock = held.enter_context(path.open("a+b", buffering=0))
            while not _locked(lock.fileno()):
                if (reason := interruption()) is not None:
                    raise LoadingInterrupted(reason)
                time.sleep(_POLL_SECONDS)
            lock.seek(0)
            is_first = lock.read() != launch.encode()
        except OSError:
            is_first = False
        if not is_first:
            held.close()
        yield
        if is_first:
            with contextlib.suppress(OSError):  # the disk is full: then the others load one by one as well
                lock.truncate(0)
                lock.write(launch.encode())


def _locked(descriptor: int) -> bool:
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
