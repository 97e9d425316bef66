"""A folder in which the real command runs, as users run it: another process, real signals."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import optuna
import psutil
import sqlalchemy
from optuna.storages import RDBStorage
from optuna.trial import TrialState
from sqlalchemy.pool import NullPool

from storage.attempts import Attempt, attempts_of
from studies.commands.app import run

_STATES = sqlalchemy.text(
    "SELECT state FROM trials JOIN studies USING (study_id) WHERE study_name = :name ORDER BY number"
)


@dataclass
class Place:
    """A folder to run the command in."""

    folder: Path
    command: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    _storages: dict[tuple[str, int], RDBStorage] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        return self.folder / "studyhall.db"

    @property
    def url(self) -> str:
        """The storage as stock Optuna names it."""
        server = self.variables.get("STUDYHALL_STORAGE")
        return server.replace("://", "+psycopg://") if server else f"sqlite:///{self.database}"

    def environment(self) -> dict[str, str]:
        clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        # What Python keeps beside a user's file is nothing of ours.
        return clean | {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"} | self.variables

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run to the end."""
        return subprocess.run(
            [self.command, *words],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def json(self, *words: str) -> Any:
        """Run with --json; what it printed, read."""
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def start(
        self, *words: str, ignore_sigint: bool = False, host: str | None = None, quiet: bool = False
    ) -> subprocess.Popen[str]:
        """Start as a terminal does: a process group of its own, which Ctrl-C would reach whole.

        With ``host`` it runs as on a machine of that name.
        """
        elsewhere = ["unshare", "--uts", "sh", "-c", 'hostname "$0"; exec "$@"', host] if host is not None else []

        def before() -> None:
            signal.signal(signal.SIGINT, signal.SIG_IGN if ignore_sigint else signal.default_int_handler)

        process = subprocess.Popen(
            [*elsewhere, self.command, *words],
            cwd=self.folder,
            env=self.environment(),
            # A pipe that nobody reads would one day hold the launch up.
            stdout=subprocess.DEVNULL if quiet else subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=before,
        )
        self.started.append(process)
        return process

    def kill_everything(self, process: subprocess.Popen[str]) -> None:
        """SIGKILL to the command and to all that runs below it, so that none sees another die, as in a power cut."""
        whole = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for one in whole:
                with suppress(psutil.NoSuchProcess):
                    one.send_signal(number)

    def study(self, name: str) -> optuna.Study:
        """The study as stock Optuna reads it."""
        # Whoever waits asks again and again, and a storage takes long to make; it keeps no connection.
        key = (self.url, self.database.stat().st_ino if self.url.startswith("sqlite") else 0)
        if key not in self._storages:
            self._storages[key] = RDBStorage(self.url, {"poolclass": NullPool})
        return optuna.load_study(study_name=name, storage=self._storages[key])

    def states(self, name: str) -> list[TrialState]:
        """The states of all trials; none before there is a study."""
        if self.url.startswith("sqlite") and not self.database.exists():
            return []
        try:
            with sqlalchemy.create_engine(self.url, poolclass=NullPool).connect() as connection:
                return [TrialState[state] for (state,) in connection.execute(_STATES, {"name": name})]
        except sqlalchemy.exc.DBAPIError:
            return []

    def attempts(self, name: str) -> list[list[Attempt]]:
        """What happened to each trial, oldest first."""
        return [attempts_of(trial.system_attrs) for trial in self.study(name).get_trials(deepcopy=False)]

    def launch_here(self, *words: str) -> int:
        """Launch from this process, whose fork server makes the imports of workers once; returns the exit code."""
        with contextlib.chdir(self.folder):
            return run(["launch", *words])

    def held(self, count: int, name: str = "held") -> list[psutil.Process]:
        """The workers that stay in the middle of a trial of `held`, unless they are another number than ``count``."""
        if TrialState.RUNNING not in self.states(name):
            return []
        running = self.study(name).get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        amid = [trial for trial in running if len(trial.intermediate_values) == 5]
        workers = []
        for trial in amid:
            with suppress(psutil.NoSuchProcess):  # one that was killed; its trial runs on until somebody notices
                workers.append(psutil.Process(attempts_of(trial.system_attrs)[-1].process.pid))
        return workers if len(workers) == count else []

    def let_go(self) -> None:
        """What was held goes on, and nothing else is held."""
        (self.folder / "go").touch()

    def claims(self) -> list[int]:
        """The numbers of the trials whose objective came to its end, in that order."""
        path = self.folder / "claims.txt"
        return [int(line.split()[0]) for line in path.read_text().splitlines()] if path.exists() else []
