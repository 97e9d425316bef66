"""Fixtures that several rooms' tests need. Nobody's settings reach a test: it sets what it needs itself."""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from helpers import waiting
from helpers.installed import install
from helpers.paths import HELPERS
from helpers.place import Place
from helpers.postgresql import Server, running_server
from hypothesis import HealthCheck, settings

for name in [*os.environ]:
    ours = name.startswith("STUDYHALL_") and not name.startswith("STUDYHALL_TEST_")
    if ours or name in ("KERAS_BACKEND", "COLUMNS", "FORCE_COLOR", "NO_COLOR"):
        del os.environ[name]

# A shell's background job ignores SIGINT, and so would all that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Every run draws the same examples, and none is judged by the time it took.
settings.register_profile(
    "studyhall",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
    print_blob=True,
)
settings.load_profile("studyhall")

pytest.register_assert_rewrite("contracts")


_frozen_for = Path()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Keras collects garbage when it forgets its models; what earlier files left need not be looked at each time."""
    global _frozen_for
    if "keras" in sys.modules and item.path != _frozen_for:
        _frozen_for = item.path
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="session")
def installed_command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`studyhall` of a normal install of this checkout, which all processes of a run of tests share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "installed"
    folder.mkdir(exist_ok=True)
    done = folder / "done"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            done.write_text(str(install(folder)))
    return Path(done.read_text())


@pytest.fixture
def place(tmp_path: Path, installed_command: Path) -> Iterator[Place]:
    """A folder with a space and a quote in its name, and packages in it that are called like ours."""
    folder = tmp_path / "a user's folder"
    (folder / "objectives").mkdir(parents=True)
    (folder / "objectives" / "__init__.py").write_text("raise RuntimeError('the foreign objectives')\n")
    for name in ("storage.py", "studies.py"):
        (folder / name).write_text(f"raise RuntimeError('the foreign {name}')\n")
    shutil.copy(HELPERS / "user_functions.py", folder / "mine.py")
    made = Place(folder, installed_command)
    yield made
    for process in made.started:
        if process.poll() is None:
            made.kill_everything(process)
        process.wait()
        if process.stdout:
            process.stdout.close()


@pytest.fixture
def unchanged_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What loading a user's file does to this interpreter is undone."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture(scope="session")
def eventually() -> Callable[..., object]:
    """Wait for a condition; returns what it says."""
    return waiting.eventually


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


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """PostgreSQL as Debian installs it, run by a user without privileges."""
    with running_server() as server:
        yield server
