"""A launch in a process of its own, which goes on when the notebook that has started it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Unpack

from objectives.wording import quoted
from storage import StorageLocation
from studies.api.places import find, storage_flag
from studies.api.running import LaunchOptions, LaunchReport, prepare
from studies.errors import StudyError
from studies.record.progress import Progress, read_progress
from studies.record.sessions import request_stop
from studies.spec.settings import WorkerSettings
from studies.wording import offered


@dataclass(frozen=True, kw_only=True)
class BackgroundOrder:
    """What the process is to run."""

    name: str
    location: StorageLocation
    workers: WorkerSettings
    engine: str


@dataclass
class BackgroundLaunch:
    """A study that runs in the background. `studies.api` and `studyhall` see it as one of any other terminal."""

    name: str
    location: StorageLocation
    log: Path
    """What the process has to say, such as a worker that died."""
    _process: subprocess.Popen[bytes]
    _channel: Connection
    _report: LaunchReport | None = None

    def await_start(self) -> None:
        """Wait until its workers start, or until it ends because there is nothing to do.

        Raises:
            StudyError: it could not start.
        """
        self._report = self._received()

    @property
    def is_running(self) -> bool:
        """Whether it still runs."""
        return self._report is None and self._process.poll() is None

    def progress(self) -> Progress:
        """How the study stands now."""
        return read_progress(find(self.name, self.location))

    def stop(self) -> None:
        """Ask its workers to stop at the end of their epoch and requeue their trials; see `wait`."""
        stored = find(self.name, self.location)
        request_stop(stored.storage, stored.study_id)

    def wait(self, seconds: float | None = None) -> LaunchReport:
        """Wait for its end.

        Args:
            seconds: at most; None waits for ever.

        Raises:
            TimeoutError: it still runs.
            StudyError: its process was killed.
        """
        while self._report is None:
            if not self._channel.poll(seconds):
                raise TimeoutError(f"study {quoted(self.name)} still runs after {seconds:g} s")
            self._report = self._received()
        return self._report

    def _received(self) -> LaunchReport | None:
        """What its process says next: None that it runs, or its report.

        Raises:
            StudyError: where the study failed, or its process died.
        """
        try:
            said: LaunchReport | Exception | None = self._channel.recv()
        except (EOFError, OSError):
            code = self._process.wait()
            how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"died with exit code {code}"
            raise StudyError(
                f"the process that ran study {quoted(self.name)} {how}",
                f"see {self.log}; {offered('resume', self.name, flags=storage_flag(self.location))} goes on",
            ) from None
        if isinstance(said, Exception):
            raise said
        return said


def start(study: str, **options: Unpack[LaunchOptions]) -> BackgroundLaunch:
    """Run a study as `launch` does, but return as soon as it runs.

    What is wrong with the study, its data or its storage is raised here. The launch itself belongs to a process of
    its own, with its own signals and frameworks: neither Ctrl-C nor the end of this process ends it.

    Raises:
        StudyFileError: with all that is wrong with the study.
        StudyError: it cannot run as asked.
        StorageError: the storage cannot be used.
    """
    ready = prepare(study, **options)
    stored = ready.stored
    log = stored.files / "logs" / "launch.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    here, there = Pipe()
    with there, log.open("ab") as said:
        # -P: a folder `objectives` or `storage` where this process runs is not ours.
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "studies.api.background_main", str(there.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            pass_fds=[there.fileno()],
            start_new_session=True,
        )
    launched = BackgroundLaunch(stored.name, stored.location, log, process, here)
    order = BackgroundOrder(name=stored.name, location=stored.location, workers=ready.workers, engine=ready.engine)
    here.send(order)
    launched.await_start()
    return launched
