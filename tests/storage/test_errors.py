"""What can go wrong with an open database, each provoked for real, and the sentence that is made of it."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing

import optuna
import pytest
import sqlalchemy

from storage import StorageError, StorageLocation, open_storage
from storage.errors import explain

NOBODY = 65534


def sentence(action, *arguments, place="sqlite:////d/s.db"):
    """What is said of the error that the call ends in."""
    with pytest.raises((optuna.exceptions.StorageInternalError, sqlalchemy.exc.SQLAlchemyError)) as caught:
        action(*arguments)
    return explain(caught.value, place)


@pytest.fixture
def resting(path, opened):
    """The database, opened, but with no connection to it at this moment."""
    opened.engine.dispose()
    return opened


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own with room for little more than a fresh database."""
    disk = tmp_path / "small disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.usefixtures("impatient")
def test_a_lock_that_is_never_released(opened, path):
    def in_a_transaction():
        with opened.transaction():
            pytest.fail("nobody may get in here")

    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        expected = (
            "sqlite:////d/s.db stayed locked by another program for too long; "
            "end that program (`fuser` with the file's path names it) and run the command again"
        )
        assert sentence(opened.set_study_user_attr, 1, "a", 1) == expected
        assert sentence(in_a_transaction) == expected


def test_a_file_that_was_overwritten_with_something_else(resting, path):
    path.write_bytes(b"no database any more\n" * 1000)
    assert sentence(resting.get_all_studies) == (
        "sqlite:////d/s.db is not an SQLite database; choose another --storage"
    )


def test_a_damaged_file_in_use_and_at_the_next_open(resting, path):
    # Given random bytes in place of every page but the first
    content = path.read_bytes()
    path.write_bytes(content[:4096] + os.urandom(len(content) - 4096))
    # Then both who has it open and who opens it are told the same
    assert sentence(resting.get_all_studies) == "sqlite:////d/s.db is damaged; restore it from a backup"
    with pytest.raises(StorageError, match=r"s\.db is damaged; restore it from a backup"):
        open_storage(StorageLocation(path))


def test_a_file_that_somebody_emptied(opened, path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE studies")
    assert sentence(opened.get_all_studies) == (
        "sqlite:////d/s.db holds no Optuna tables (any more); was it replaced or emptied by another program?"
    )


def test_a_file_that_cannot_be_opened_any_more(resting, path, tmp_path):
    # Given a folder in place of the file's log
    (tmp_path / "s.db-wal").mkdir()
    assert sentence(resting.get_all_studies) == (
        "sqlite:////d/s.db cannot be opened; was it moved or deleted, or is its folder gone?"
    )


def move(path):
    path.rename(path.with_name("elsewhere.db"))


def replace(path):
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)


def remove_folder(path):
    shutil.rmtree(path.parent)


@pytest.mark.parametrize("disappear", [move, replace, remove_folder])
def test_nobody_goes_on_writing_into_a_file_that_has_lost_its_name(opened, path, disappear):
    # Given a database that is in use
    opened.set_study_user_attr(1, "before", 1)
    # When its file disappears
    disappear(path)
    # Then nothing is written or read silently where nobody will ever find it
    expected = r"s\.db was moved, deleted or replaced while it was in use; .* put the file \(or a backup\) back"
    with pytest.raises(StorageError, match=expected):
        opened.set_study_user_attr(1, "after", 1)
    with pytest.raises(StorageError, match=expected):
        opened.get_all_studies()
    with pytest.raises(StorageError, match=expected), opened.transaction():
        pytest.fail("nobody may get in here")


def test_a_file_that_comes_back_is_used_again(opened, path):
    opened.set_study_user_attr(1, "before", 1)
    path.rename(path.with_name("elsewhere.db"))
    with pytest.raises(StorageError):
        opened.get_all_studies()
    path.with_name("elsewhere.db").rename(path)
    assert opened.get_study_user_attrs(1) == {"before": 1}


def test_a_full_disk_and_what_was_written_before_it(small_disk, path):
    # Given a database on a disk that is nearly full
    shutil.copy(path, small_disk / "s.db")
    opened = open_storage(StorageLocation(small_disk / "s.db"))

    def fill():
        for number in range(1000):
            opened.set_study_user_attr(1, f"key {number}", "x" * 2000)

    # When it is written until nothing more fits
    assert sentence(fill) == ("the disk that holds sqlite:////d/s.db is full; free some room")
    # Then all that was written is there, the file is whole, and with more room it goes on
    written = len(opened.get_study_user_attrs(1))
    assert written > 10
    subprocess.run(["mount", "-o", "remount,size=8m", small_disk], check=True)
    opened.set_study_user_attr(1, "again", 1)
    assert len(opened.get_study_user_attrs(1)) == written + 1
    with closing(sqlite3.connect(small_disk / "s.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    opened.engine.dispose()


def test_a_transaction_that_meets_the_full_disk_leaves_nothing_behind(small_disk, path):
    shutil.copy(path, small_disk / "s.db")
    opened = open_storage(StorageLocation(small_disk / "s.db"))

    def fill():
        with opened.transaction():
            for number in range(1000):
                opened.set_study_user_attr(1, f"key {number}", "x" * 2000)

    assert "is full" in sentence(fill)
    assert opened.get_study_user_attrs(1) == {}
    opened.set_study_user_attr(1, "one", 1)
    assert opened.get_study_user_attrs(1) == {"one": 1}
    opened.engine.dispose()


def test_a_disk_that_is_full_as_the_file_is_made(small_disk):
    # Given no room for the first table
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1000 * 1024))
    location = StorageLocation(small_disk / "new.db")
    with pytest.raises(
        StorageError, match=r"new\.db could not be read or written \(disk full or damaged\?\); see `df`"
    ):
        open_storage(location, create=True)
    # When there is room, what was left is completed
    ballast.unlink()
    opened = open_storage(location, create=True)
    assert opened.get_all_studies() == []
    opened.engine.dispose()


def test_a_file_that_may_not_grow(processes, path):
    ((said, written),) = processes.run(("write_up_to", path, 400_000))
    assert said == f"{path} could not be read or written (disk full or damaged?); see `df` and `dmesg`"
    assert written > 10


def test_a_file_that_was_made_read_only_while_in_use(processes, open_folder, path):
    theirs = open_folder / "s.db"
    shutil.copy(path, theirs)
    if os.geteuid() == 0:
        os.chown(open_folder, NOBODY, NOBODY)
        os.chown(theirs, NOBODY, NOBODY)
    assert processes.run(("write_as_nobody", theirs)) == [
        f"{theirs} cannot be written (read-only file, folder or disk); make it writable"
    ]


@pytest.mark.usefixtures("path")
def test_an_error_of_sqlite_that_has_no_sentence_is_told_in_its_own_words(opened):
    def ask_nonsense():
        with opened.engine.connect() as connection:
            connection.exec_driver_sql("SELECT * FROM studies WHERE")

    assert sentence(ask_nonsense) == "sqlite:////d/s.db: incomplete input"


def test_what_is_no_error_of_the_database_is_not_explained():
    error = ValueError("y")
    error.__cause__ = KeyError("x")
    assert explain(error, "sqlite:////d/s.db") is None
