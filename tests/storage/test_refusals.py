"""Every place that is no good for a study is refused in a sentence that names it and says what to do."""

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from storage import StorageError, StorageLocation, open_storage

NOBODY = 65534


def refusal(path, *, create=True):
    """The sentence with which the path is refused."""
    with pytest.raises(StorageError) as caught:
        open_storage(StorageLocation(path), create=create)
    sentence = str(caught.value)
    assert str(path.parent) in sentence
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    return sentence


# --- what is there ------------------------------------------------------------------------------------------


def test_a_directory_is_refused_with_a_file_to_name_instead(tmp_path):
    path = tmp_path / "folder?"
    path.mkdir()
    example = StorageLocation(path / "studyhall.db").url
    assert refusal(path) == f"{path} is a directory; name a file in it, for example {example}"


def test_a_missing_folder_is_named(tmp_path):
    path = tmp_path / "no" / "such" / "x.db"
    assert refusal(path) == f"the folder {path.parent} does not exist; make it, or name another --storage"


def test_the_missing_folder_of_a_dangling_link_is_named(tmp_path):
    (tmp_path / "x.db").symlink_to(tmp_path / "unplugged" / "x.db")
    assert f"the folder {tmp_path / 'unplugged'} does not exist" in refusal(tmp_path / "x.db")


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "file").touch()
    assert f"the folder {tmp_path / 'file'} does not exist" in refusal(tmp_path / "file" / "x.db")


@pytest.mark.parametrize("content", [b"learning_rate = 0.1\n", b"S", b"SQLite format 2\x00" + bytes(100)])
def test_a_file_that_is_no_sqlite_database_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    assert refusal(path) == f"{path} is not an SQLite database; choose another --storage"
    assert path.read_bytes() == content


def test_a_pipe_is_refused_without_waiting_for_its_other_end(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "is not a file but a device, pipe or socket; choose another --storage" in refusal(tmp_path / "pipe")


def test_a_socket_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the name of a socket may have only 107 characters
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert "is not a file but a device, pipe or socket" in refusal(tmp_path / "socket")


def test_a_name_that_no_file_can_have_is_refused(tmp_path):
    assert "cannot be used: File name too long" in refusal(tmp_path / ("x" * 300 + ".db"))


def foreign(path, *statements):
    with closing(sqlite3.connect(path)) as connection:
        for statement in ("PRAGMA journal_mode = WAL", *statements):
            connection.execute(statement)
        connection.commit()
    return path.read_bytes()


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        (["CREATE TABLE patients (name)"], "patients"),
        # As in many applications that use Alembic, with a revision of its own
        (["CREATE TABLE alembic_version (version_num)", "INSERT INTO alembic_version VALUES ('1a2b')"], "alembic_ver"),
        # One that happens to share a name with Optuna
        (["CREATE TABLE studies (title)", "CREATE TABLE patients (name)"], "patients"),
        (["CREATE VIEW today AS SELECT date()"], "today"),
    ],
)
@pytest.mark.parametrize("create", [True, False])
def test_the_database_of_another_program_is_refused_and_left_alone(tmp_path, statements, named, create):
    path = tmp_path / "theirs.db"
    content = foreign(path, *statements)
    sentence = refusal(path, create=create)
    assert f"{path} is the database of another program (it holds {named}" in sentence
    assert "choose another --storage" in sentence
    assert path.read_bytes() == content


def test_an_sqlite_file_without_tables_may_become_ours(tmp_path):
    path = tmp_path / "empty.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 1")
    assert path.stat().st_size > 0
    assert open_storage(StorageLocation(path), create=True).get_all_studies() == []


def test_tables_of_others_beside_optunas_do_no_harm(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE my_notes (text)")
    assert [study.study_name for study in open_storage(StorageLocation(path)).get_all_studies()] == ["s"]


# --- another version of Optuna ------------------------------------------------------------------------------


def set_revision(path, revision):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [revision])
        connection.commit()


@pytest.mark.parametrize(("name", "mode"), [("old.db", "WAL"), ("it's old.db", "DELETE")])
def test_a_file_of_an_older_optuna_is_refused_with_a_command_that_upgrades_it(path, tmp_path, name, mode):
    # Given a file with the schema of Optuna 3.0
    old = tmp_path / name
    path.rename(old)
    with closing(sqlite3.connect(old)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
    set_revision(old, "v3.0.0.d")
    # When it is opened
    sentence = refusal(old, create=False)
    assert "was written by an older version of Optuna; upgrade it once with `optuna storage upgrade" in sentence
    # Then the command in the sentence, run as it stands there, cures it
    command = sentence.split("`")[1]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    subprocess.run(command, shell=True, check=True, env=environment, capture_output=True)
    assert [study.study_name for study in open_storage(StorageLocation(old)).get_all_studies()] == ["s"]


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_for_a_file_of_a_newer_optuna_the_program_is_to_be_upgraded_not_the_file(path, mode):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
    set_revision(path, "v9.1.0.a")
    sentence = refusal(path, create=False)
    assert "was written by a newer version of Optuna than this one; upgrade studyhall and Optuna here" in sentence
    assert "storage upgrade" not in sentence


# --- what may not be written --------------------------------------------------------------------------------


@pytest.fixture
def as_nobody(processes):
    """The sentence with which a path is refused to a user without privileges."""

    def refused(path):
        (result,) = processes.wait(processes.start(("check_as_nobody", path)))
        assert result.get("raised") == "StorageError", result
        return result["message"]

    return refused


@pytest.fixture
def theirs(open_folder, fresh_database):
    """A database that belongs to the user without privileges, in a folder of its own."""
    path = open_folder / "s.db"
    path.write_bytes(fresh_database)
    if os.geteuid() == 0:
        os.chown(open_folder, NOBODY, NOBODY)
        os.chown(path, NOBODY, NOBODY)
    yield path
    open_folder.chmod(0o755)


def test_a_read_only_file_is_refused(as_nobody, theirs):
    theirs.chmod(0o444)
    assert as_nobody(theirs) == f"{theirs} is read-only; make it writable (`chmod u+w`) or copy it elsewhere"


def test_a_file_that_may_not_be_read_is_refused(as_nobody, theirs):
    theirs.chmod(0o200)
    assert as_nobody(theirs) == f"{theirs} cannot be read by this user; see `ls -l`"


@pytest.mark.parametrize("name", ["s.db", "new.db"])
def test_a_read_only_folder_is_refused_because_of_the_log(as_nobody, theirs, name):
    theirs.parent.chmod(0o555)
    assert as_nobody(theirs.with_name(name)) == (
        f"the folder {theirs.parent} is read-only, and SQLite keeps its log there; "
        "make it writable or choose another --storage"
    )


def test_the_folder_of_the_file_counts_not_that_of_a_link_to_it(as_nobody, theirs, tmp_path_factory, open_folder):
    inner = open_folder / "inner"
    inner.mkdir()
    (inner / "s.db").write_bytes(theirs.read_bytes())
    (inner / "s.db").chmod(0o666)
    inner.chmod(0o555)
    link = open_folder / "link.db"
    link.symlink_to(inner / "s.db")
    assert f"the folder {inner} is read-only" in as_nobody(link)


def test_a_folder_that_may_not_be_entered_is_refused(as_nobody, theirs):
    theirs.parent.chmod(0o000)
    assert as_nobody(theirs) == f"{StorageLocation(theirs)} cannot be used: Permission denied; see `ls -l` and `df`"


def test_a_file_that_root_made_immutable_is_refused_even_to_root(path):
    command = shutil.which("chattr")
    if command is None or subprocess.run([command, "+i", path], capture_output=True, check=False).returncode:
        pytest.skip("needs root, and a file system with immutable files")
    try:
        assert f"{path} is read-only" in refusal(path)
    finally:
        subprocess.run([command, "-i", path], check=True)


def test_a_disk_that_is_mounted_read_only_is_refused_even_to_root(path, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", disk], capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount")
    try:
        shutil.copy(path, disk / "s.db")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        assert refusal(disk / "s.db") == f"{disk / 's.db'} lies on a read-only disk; copy it elsewhere"
        assert f"the folder {disk} is read-only" in refusal(disk / "new.db")
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_link_that_leads_back_to_itself_is_refused(tmp_path):
    path = tmp_path / "loop.db"
    path.symlink_to(path)
    with pytest.raises(StorageError, match=r"loop\.db"):
        open_storage(StorageLocation(path), create=True)


@pytest.mark.parametrize(("setting", "number"), [(None, 1), ("normal", 1), ("full", 2), ("FULL", 2)])
def test_how_long_a_commit_waits_for_the_disk_is_the_users_choice(tmp_path, monkeypatch, setting, number):
    if setting is None:
        monkeypatch.delenv("STUDYHALL_SYNCHRONOUS", raising=False)
    else:
        monkeypatch.setenv("STUDYHALL_SYNCHRONOUS", setting)
    opened = open_storage(StorageLocation(tmp_path / "s.db"), create=True)
    with opened.transaction() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == number


def test_another_choice_than_normal_or_full_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDYHALL_SYNCHRONOUS", "off")
    with pytest.raises(StorageError, match=r"\$STUDYHALL_SYNCHRONOUS is 'off'; allowed: normal, full"):
        open_storage(StorageLocation(tmp_path / "s.db"), create=True)
