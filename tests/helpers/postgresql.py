"""A PostgreSQL server of the tests' own."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest
from helpers.waiting import PATIENCE

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
        deadline = time.monotonic() + PATIENCE
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
        self.process.wait()

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


@contextlib.contextmanager
def running_server() -> Iterator[Server]:
    """PostgreSQL as Debian installs it, run by a user without privileges; where it is missing, the test is skipped."""
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
