"""The real command, as users run it: another process, its own folder, real signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

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

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'studyhall.db'}"

    def environment(self) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "STUDYHALL_STORAGE")}
        return clean | {"PYTHONUNBUFFERED": "1"}

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

    def start(self, *words: str, ignore_sigint: bool = False) -> subprocess.Popen[str]:
        """Start as a terminal does: a process group of its own, which Ctrl-C would reach whole."""

        def before() -> None:
            signal.signal(signal.SIGINT, signal.SIG_IGN if ignore_sigint else signal.default_int_handler)

        process = subprocess.Popen(
            [COMMAND, *words],
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
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
        if not (self.folder / "studyhall.db").exists():
            return []
        try:
            return [trial.state for trial in self.study(name).get_trials(deepcopy=False)]
        except (KeyError, optuna.exceptions.StorageInternalError):
            return []

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
def eventually() -> Callable[..., None]:
    """Wait for a condition, with a deadline."""

    def wait(condition: Callable[[], bool], *, within_seconds: float) -> None:
        deadline = time.monotonic() + within_seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.1)

    return wait
