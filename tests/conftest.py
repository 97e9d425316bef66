"""The real command, as users run it: another process, its own folder, real signals."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import optuna
import psutil
import pytest
from optuna.trial import TrialState

from storage.attempts import attempts_of

COMMAND = Path(sys.executable).parent / "studyhall"

# Notes each trial that it finishes in a file, so that claims are counted by somebody else than the storage.
OBJECTIVES = """
import os, time
import optuna


def note(trial):
    with open("claims.txt", "a") as file:
        file.write(f"{trial.number} {os.getpid()}\\n")


def objective(trial):
    x = trial.suggest_float("x", -5.0, 5.0)
    y = trial.suggest_float("y", -5.0, 5.0)
    for step in range(3):
        trial.report(x * x + y + step, step)
        if trial.should_prune():
            note(trial)
            raise optuna.TrialPruned()
    note(trial)
    return x * x + y


def slow(trial):
    x = trial.suggest_float("x", -5.0, 5.0)
    for step in range(8):
        time.sleep(0.1)
        trial.report(x * x + step, step)
    note(trial)
    return x * x


def deaf(trial):
    x = trial.suggest_float("x", -5.0, 5.0)
    time.sleep(3600)
    return x


def hangs(trial):
    x = trial.suggest_float("x", -5.0, 5.0)
    if trial.number == 1:
        time.sleep(3600)
    note(trial)
    return x * x


def hogs(trial):
    x = trial.suggest_float("x", -5.0, 5.0)
    if trial.number == 1:
        kept = []
        while True:
            kept.append(bytearray(os.urandom(2**20)) * 32)
            time.sleep(0.02)
    note(trial)
    return x * x


def raises(trial):
    trial.suggest_float("x", -5.0, 5.0)
    raise ValueError("always")


def enough(trial):
    x = trial.suggest_float("x", -5.0, 5.0)
    if trial.number == 4:
        trial.study.stop()
    return x * x


def two(trial):
    x = trial.suggest_float("x", -5.0, 5.0)
    return x * x, (x - 2) ** 2


if __name__ == "__main__":
    raise SystemExit("this block is the user's and stays untouched")
"""


@dataclass
class Place:
    """A folder to run the command in."""

    folder: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        return self.folder / "studyhall.db"

    @property
    def url(self) -> str:
        """The storage as stock Optuna names it."""
        server = self.variables.get("STUDYHALL_STORAGE")
        return server.replace("://", "+psycopg://") if server else f"sqlite:///{self.database}"

    def environment(self) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "STUDYHALL_STORAGE")}
        return clean | {"PYTHONUNBUFFERED": "1"} | self.variables

    def run(self, *words: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run to the end."""
        return subprocess.run(
            [COMMAND, *words],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=timeout,
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
            [*elsewhere, COMMAND, *words],
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

    def study(self, name: str) -> optuna.Study:
        """The study as stock Optuna reads it."""
        return optuna.load_study(study_name=name, storage=self.url)

    def states(self, name: str) -> list[TrialState]:
        """The states of all trials; none before there is a study."""
        if self.url.startswith("sqlite") and not self.database.exists():
            return []
        try:
            return [trial.state for trial in self.study(name).get_trials(deepcopy=False)]
        except (KeyError, optuna.exceptions.StorageInternalError):
            return []

    def amid(self, name: str) -> list[psutil.Process]:
        """The workers that are amid a trial of `slow`: killed, they leave it neither told nor noted in claims.txt."""
        running = self.study(name).get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        return [
            psutil.Process(attempts_of(trial.system_attrs)[-1].process.pid)
            for trial in running
            if 0 < len(trial.intermediate_values) < 5
        ]

    def claims(self) -> list[int]:
        """The numbers of the trials whose objective came to its end, in that order."""
        path = self.folder / "claims.txt"
        return [int(line.split()[0]) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A folder with a space and a quote in its name, and packages in it that are called like ours."""
    folder = tmp_path / "a user's folder"
    (folder / "objectives").mkdir(parents=True)
    (folder / "objectives" / "__init__.py").write_text("raise RuntimeError('the foreign objectives')\n")
    for name in ("storage.py", "studies.py"):
        (folder / name).write_text(f"raise RuntimeError('the foreign {name}')\n")
    (folder / "mine.py").write_text(OBJECTIVES)
    made = Place(folder)
    yield made
    for process in made.started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """Wait for a condition, with a deadline; returns what it says."""

    def wait(condition: Callable[[], Any], *, within_seconds: float) -> Any:
        deadline = time.monotonic() + within_seconds
        while not (said := condition()):
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.1)
        return said

    return wait


@pytest.fixture
def workers_of() -> Callable[[int], list[psutil.Process]]:
    """The processes that hold a worker's log open as their stdout, below that supervisor."""

    def find(supervisor: int) -> list[psutil.Process]:
        found = []
        for process in psutil.Process(supervisor).children(recursive=True):
            try:
                log = Path(f"/proc/{process.pid}/fd/1").readlink()
            except OSError:
                continue
            if log.suffix == ".log" and log.name != "imports.log":  # that one is the fork server's
                found.append(process)
        return found

    return find


# --- a PostgreSQL server of the tests' own ----------------------------------------------------------------

USER, PASSWORD = "eva", "s3cret"  # the server's only user; the password must appear nowhere
_SETTINGS = (
    "listen_addresses=",  # no TCP, so no port to collide on
    "fsync=off",
    "full_page_writes=off",
    "shared_buffers=16MB",
    "max_connections=60",
    "autovacuum=off",
)


@dataclass
class Server:
    """A real server, on a socket in a temporary folder."""

    folder: Path
    binaries: Path
    account: dict[str, object]
    process: subprocess.Popen | None = None
    _names: itertools.count = field(default_factory=itertools.count)

    def url(self, database, *, user=USER, password=PASSWORD):
        """Of a database, whether it is there or not."""
        return f"postgresql://{user}:{password}@/{database}?host={quote(str(self.folder), safe='')}"

    def start(self):
        settings = [
            word for setting in (*_SETTINGS, f"unix_socket_directories={self.folder}") for word in ("-c", setting)
        ]
        with (self.folder / "log").open("ab") as log:
            command = [self.binaries / "postgres", "-D", self.folder / "data", *settings]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, **self.account)
        deadline = time.monotonic() + 30
        while True:
            try:
                return self.run("SELECT 1")
            except Exception:  # noqa: BLE001  psycopg may not be imported without need
                assert self.process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < deadline, (self.folder / "log").read_text()
                time.sleep(0.05)

    def stop(self):
        """At once, as in a crash: nobody's connection is closed politely."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)

    def run(self, statement, database="postgres", **user):
        """Run one statement outside of any transaction; returns its rows."""
        import psycopg

        with psycopg.connect(self.url(database, **user), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    @contextlib.contextmanager
    def database(self, template="template0"):
        """The URL of a new database, a copy of that one; dropped at the end, because each takes 7 MB."""
        name = f"db{next(self._names)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        yield self.url(name)
        self.run(f"DROP DATABASE {name} WITH (FORCE)")


def _lacks(reason):
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgresql_server():
    """PostgreSQL as Debian installs it, run by a user without privileges."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    initdb = found[-1] if found else shutil.which("initdb")
    if initdb is None:
        _lacks("PostgreSQL is not installed (apt-get install postgresql)")
    try:
        import psycopg  # noqa: F401
    except ImportError:
        _lacks("psycopg is not installed (the extra postgres)")
    account = {}
    if os.geteuid() == 0:  # as whom PostgreSQL refuses to run
        names = {entry.pw_name for entry in pwd.getpwall()}
        entry = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
        account = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    with tempfile.TemporaryDirectory(prefix="pg ") as name:
        folder = Path(name)
        password = folder / "password"
        password.write_text(PASSWORD)
        folder.chmod(0o755)
        if account:
            for path in (folder, password):
                os.chown(path, account["user"], account["group"])
        command = [initdb, "-D", folder / "data", "-U", USER, f"--pwfile={password}", "--auth=scram-sha-256"]
        made = subprocess.run(
            [*command, "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"],
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
            **account,
        )
        assert made.returncode == 0, made.stderr
        server = Server(folder, Path(initdb).resolve().parent, {"cwd": "/", **account})
        try:
            server.start()
            yield server
        finally:
            with contextlib.suppress(ProcessLookupError):
                server.stop()
