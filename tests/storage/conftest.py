"""Fixtures for the tests of storage: real processes, deadlines, and a database to use them on."""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import optuna
import pytest
from helpers.paths import HELPERS, ROOT
from helpers.waiting import PATIENCE
from optuna.study import StudyDirection
from optuna.trial import TrialState, create_trial
from sqlalchemy.engine import make_url

import storage.sqlite
from storage import StorageLocation, open_storage

DRILLS = HELPERS / "storage_drills.py"


@pytest.fixture(scope="session", autouse=True)
def quiet_optuna():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


class Processes:
    """Other processes that run the functions of drills.py."""

    def __init__(self):
        self._server = subprocess.Popen(
            [sys.executable, str(DRILLS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        )

    def start(self, *calls):
        """Fork one process per call, all at once; returns their ids. A call is (function's name, *arguments)."""
        return self._ask({"start": [(name, arguments) for name, *arguments in calls]})

    def wait(self, pids):
        """Their results: dicts with value, or raised and message, and exitcode."""
        return self._ask({"wait": pids, "seconds": PATIENCE})

    def run(self, *calls):
        """Start and wait; returns the values, and fails if one of the processes failed."""
        results = self.wait(self.start(*calls))
        assert [r for r in results if "value" not in r] == []
        return [r["value"] for r in results]

    def _ask(self, request):
        print(json.dumps(request, default=str), file=self._server.stdin, flush=True)
        answer = self._server.stdout.readline()
        assert answer, "the server of drills.py has died; its traceback is above"
        return json.loads(answer)

    def close(self):
        self._server.stdin.close()
        self._server.wait()
        self._server.stdout.close()


@pytest.fixture(scope="session")
def processes():
    others = Processes()
    yield others
    others.close()


@pytest.fixture
def impatient(monkeypatch):
    """Nobody waits long for a lock."""
    monkeypatch.setattr(storage.sqlite, "BUSY_SECONDS", 0.2)


@pytest.fixture(scope="session")
def fresh_database(tmp_path_factory):
    """The bytes of a database with one empty study "s": making one takes longer than copying it."""
    path = tmp_path_factory.mktemp("fresh") / "s.db"
    opened = open_storage(StorageLocation(path), create=True)
    opened.create_new_study([StudyDirection.MINIMIZE], "s")
    opened.engine.dispose()  # the last connection brings the log into the file
    assert sorted(p.name for p in path.parent.iterdir()) == ["s.db"]
    return path.read_bytes()


@pytest.fixture
def path(tmp_path, fresh_database):
    """A database of ours with one empty study "s", id 1."""
    path = tmp_path / "s.db"
    path.write_bytes(fresh_database)
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server):
    """A database on the server with the same empty study."""
    with postgresql_server.database() as url:
        opened = open_storage(StorageLocation.parse(url), create=True)
        opened.create_new_study([StudyDirection.MINIMIZE], "s")
        opened.engine.dispose()
        yield make_url(url).database


@pytest.fixture
def postgresql_url(postgresql_server, postgresql_template):
    """A database of ours on the server with one empty study "s", id 1."""
    with postgresql_server.database(postgresql_template) as url:
        yield url


def pytest_generate_tests(metafunc):
    """What needs a database, and says neither that it is a file nor how long SQLite waits, runs on each kind."""
    names = metafunc.fixturenames
    if "where" in names and not {"path", "impatient"} & set(names):
        metafunc.parametrize("where", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def where(request):
    """A database of ours with one empty study "s", id 1: its path or URL."""
    kind = getattr(request, "param", "sqlite")
    return request.getfixturevalue({"sqlite": "path", "postgresql": "postgresql_url"}[kind])


@pytest.fixture
def opened(where):
    """That database, opened here."""
    opened = open_storage(StorageLocation.parse(str(where)))
    yield opened
    opened.engine.dispose()


@pytest.fixture
def open_folder():
    """A folder that other users reach too (pytest's own are private)."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def enqueue():
    """Put WAITING trials into study 1."""

    def put(opened, count):
        with opened.transaction():
            return [opened.create_new_trial(1, create_trial(state=TrialState.WAITING)) for _ in range(count)]

    return put


@pytest.fixture
def states():
    """How many trials of study 1 are in each state."""

    def count(opened):
        return Counter(trial.state.name for trial in opened.get_all_trials(1))

    return count
