"""What other processes do to a database in the tests of storage: make it, die over it, lose their rights to it."""

import os
import resource
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import optuna
from optuna.study import StudyDirection

import storage.maintenance.backup
import storage.maintenance.copying
import storage.opening
from storage import StorageLocation, open_storage
from storage.errors import explain

NOBODY = 65534


def location(path):
    return StorageLocation.parse(path)


def create_or_join(path):
    """Make the file, and the study in it unless somebody else has; returns whether it was made, and its id."""
    opened = open_storage(location(path), create=True)
    with opened.transaction():
        try:
            return False, opened.get_study_id_from_name("s")
        except KeyError:
            study_id = opened.create_new_study([StudyDirection.MINIMIZE], "s")
            opened.set_study_system_attr(study_id, "made by", os.getpid())
            return True, study_id


def create_or_join_all(paths):
    """The same for many files, one after the other."""
    return [create_or_join(path)[0] for path in paths]


def watch_statements(callback):
    """Call back with each statement that this process runs as it opens databases, before it is run; first "CONNECT"."""
    connect = storage.opening.connect

    def watched(*args, **kwargs):
        callback("CONNECT")
        connection = connect(*args, **kwargs)
        connection.set_trace_callback(callback)
        return connection

    storage.opening.connect = watched


def create_and_die(path, statements):
    """Make the file, but be killed by SIGKILL after the given number of statements that write."""
    run = 0

    def count(sql):
        nonlocal run
        if sql.startswith(("CONNECT", "SELECT")) or "table_info" in sql:
            return
        run += 1
        if run > statements:
            os.kill(os.getpid(), signal.SIGKILL)

    watch_statements(count)
    open_storage(location(path), create=True)
    return run


def create_and_look(path):
    """Make the file; at each statement of that, look from outside. Returns how many tables were seen, in order."""
    seen = []

    def look(sql):
        if Path(path).exists():
            with closing(sqlite3.connect(path)) as outside:
                seen.append(outside.execute("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'").fetchone()[0])

    watch_statements(look)
    open_storage(location(path), create=True)
    return seen


def create_or_join_slowly(path, statement, reached):
    """The same as create_or_join; the file ``reached`` appears as the statement is about to be run."""

    def tell(sql):
        if statement in sql:
            Path(reached).touch()

    watch_statements(tell)
    return create_or_join(path)


def copy_and_die(source, target, name):
    """Copy a study, but be killed by SIGKILL as all its rows are written and nothing is committed."""
    storage.maintenance.copying._compare = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    sides = [
        storage.maintenance.copying.Side(location(path), open_storage(location(path))) for path in (source, target)
    ]
    storage.maintenance.copying.copy_study(*sides, name)


def back_up_and_die(source, target):
    """Make a backup, but be killed by SIGKILL before it has its name."""
    storage.maintenance.backup._move = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
    storage.maintenance.backup.back_up(location(source), Path(target))


def become_nobody():
    """Have no privileges from here on."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def check_as_nobody(path):
    """Try to open ``path`` as a user without privileges."""
    become_nobody()
    open_storage(location(path), create=True)


def write_as_nobody(path):
    """Lose the right to write to an open database, then write; returns the error's sentence."""
    opened = open_storage(location(path))
    become_nobody()
    Path(path).chmod(0o444)
    opened.engine.dispose()
    return fill(opened, path)


def write_up_to(path, most_bytes):
    """Write until the files may not grow any more; returns the error's sentence and what is in the study then."""
    opened = open_storage(location(path))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    sentence = fill(opened, path)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    return sentence, len(opened.get_study_user_attrs(1))


def fill(opened, path):
    """Write until an error stops it; returns its sentence."""
    for number in range(2000):
        try:
            opened.set_study_user_attr(1, f"key {number}", "x" * 2000)
        except optuna.exceptions.StorageInternalError as error:
            return explain(error, str(path))
    return None
