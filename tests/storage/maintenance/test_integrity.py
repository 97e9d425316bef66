"""What is not as it should be is found, told apart and repaired, and what lives is left alone."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace

import pytest
from optuna.trial import TrialState, create_trial

from storage import StorageError, StorageLocation, open_storage
from storage.attempts import attempts_of
from storage.checkpoints import checkpoint_of
from storage.claims import claim, requeue
from storage.errors import StorageMissing
from storage.maintenance.integrity import verify
from storage.processes import ProcessIdentity
from storage.staging import staging_folder

ME = ProcessIdentity.current()


@pytest.fixture
def gone():
    """A process that has lived here."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        identity = ProcessIdentity.of(process.pid)
        process.communicate(b"\n")
    return identity


@pytest.fixture
def location(where, tmp_path, monkeypatch):
    monkeypatch.setenv("STUDYHALL_FILES", str(tmp_path / "files"))
    return StorageLocation.parse(str(where))


def kinds(found):
    return [(finding.kind, finding.level, finding.repaired) for finding in found]


def run(path, *statements):
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def states(opened):
    return {trial.number: trial.state.name for trial in opened.get_all_trials(1)}


def test_a_storage_with_living_workers_and_their_files_is_sound(location, opened, gone):
    claim(opened, 1, "w", ME)
    requeue(opened, claim(opened, 1, "w", gone), gone, "interrupted")
    opened.create_new_trial(1, create_trial(value=1.0))
    for number in (0, 1):
        checkpoint_of(location.study_files("s") / "checkpoints", number).save(b"state")
    assert verify(location) == []
    assert verify(location, repair=True) == []
    assert states(opened) == {0: "RUNNING", 1: "WAITING", 2: "COMPLETE"}
    assert len(list((location.study_files("s") / "checkpoints").iterdir())) == 2


def test_running_trials_are_told_apart_and_only_the_dead_are_handed_back(location, opened, gone):
    # Given trials of a living process, of a dead one, of another machine, and of stock Optuna
    for process in (ME, gone, replace(ME, host="elsewhere")):
        claim(opened, 1, "w", process)
    opened.create_new_trial(1)
    before = states(opened)
    # When it is looked at, nothing changes
    found = verify(location)
    assert kinds(found) == [("running", "fault", False), ("running", "note", False), ("running", "note", False)]
    dead, elsewhere, stock = (finding.text for finding in found)
    assert dead == f"trial 1 of study 's' is RUNNING, but its worker {gone} is gone"
    assert "trial 2 of study 's' is RUNNING under elsewhere:" in elsewhere
    assert "trial 3 of study 's' is RUNNING under another program than studyhall" in stock
    assert states(opened) == before == dict.fromkeys(range(4), "RUNNING")
    # And when it is repaired, the dead one's waits, with the death on record, and all others are left alone
    assert kinds(verify(location, repair=True))[0] == ("running", "fault", True)
    assert states(opened) == before | {1: "WAITING"}
    assert attempts_of(opened.get_all_trials(1)[1].system_attrs)[-1].outcome == "death"
    assert [finding for finding in verify(location) if finding.is_open] == []


def test_checkpoints_of_trials_that_cannot_go_on_are_deleted_and_others_are_not(location, opened):
    # Given checkpoints of a running, a waiting and a finished trial, of none, and one that was half written
    claim(opened, 1, "w", ME)
    opened.create_new_trial(1, create_trial(state=TrialState.WAITING))
    opened.create_new_trial(1, create_trial(value=1.0))
    folder = location.study_files("s") / "checkpoints"
    for number in (0, 1, 2, 77):
        checkpoint_of(folder, number).save(b"state")
    (folder / "trial-2.checkpoint.17-0abc.tmp").touch()
    (folder / "notes.txt").touch()
    found = verify(location)
    assert kinds(found) == [("checkpoint", "fault", False)] * 3
    assert {name for finding in found for name in names_in(folder) if f"/{name} " in finding.text} == {
        "trial-2.checkpoint",
        "trial-2.checkpoint.17-0abc.tmp",
        "trial-77.checkpoint",
    }
    assert kinds(verify(location, repair=True)) == [("checkpoint", "fault", True)] * 3
    assert names_in(folder) == ["notes.txt", "trial-0.checkpoint", "trial-1.checkpoint"]


def test_a_folder_of_no_study_is_noted_and_never_deleted(location, opened):
    assert opened.get_all_trials(1) == []
    folder = location.files / "another storage's"
    (folder / "checkpoints").mkdir(parents=True)
    checkpoint_of(folder / "checkpoints", 0).save(b"state")
    (found,) = verify(location, repair=True)
    assert (found.kind, found.level, found.repaired) == ("leftover", "note", False)
    assert (folder / "checkpoints" / "trial-0.checkpoint").exists()


def test_rows_that_belong_to_nothing_are_counted_and_deleted(path, opened):
    # Given a finished trial, and rows of a study and of a trial that are gone
    opened.create_new_trial(1, create_trial(value=1.0, user_attrs={"a": 1}))
    with opened.transaction():
        other = opened.create_new_study([], "gone")
        for _ in range(2):
            opened.create_new_trial(other, create_trial(value=1.0, user_attrs={"a": 1}, intermediate_values={0: 1.0}))
    run(path, f"DELETE FROM studies WHERE study_id = {other}", "DELETE FROM trials WHERE trial_id = 3")
    found = verify(StorageLocation(path))
    assert {finding.text for finding in found} >= {
        "1 row(s) of the table trials belong to nothing in studies",
        "1 row(s) of the table trial_user_attributes belong to nothing in trials",
    }
    assert {finding.kind for finding in found} == {"rows"}
    # When it is repaired, what hung on the orphans is gone as well, and the rest is whole
    assert all(finding.repaired for finding in verify(StorageLocation(path), repair=True))
    assert verify(StorageLocation(path)) == []
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        for table in ("trials", "trial_values", "trial_user_attributes"):
            assert connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (1,)
    assert opened.get_all_trials(1)[0].user_attrs == {"a": 1}


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM trial_values", "trial 0 of study 's' is COMPLETE with 0 of 1 values"),
        ("UPDATE trials SET number = 0", "study 's' has 2 trials of number 0"),
        ("UPDATE trial_user_attributes SET value_json = '{'", "study 's' cannot be read"),
    ],
)
def test_trials_that_are_not_whole_are_found_and_left_alone(path, opened, statement, words):
    opened.create_new_trial(1, create_trial(value=1.0, user_attrs={"a": 1}))
    opened.create_new_trial(1, create_trial(state=TrialState.FAIL))
    run(path, statement)
    for repair in (False, True):
        (found,) = verify(StorageLocation(path), repair=repair)
        assert found.kind == "trials"
        assert found.is_open
        assert words in found.text


def test_a_page_that_was_overwritten_is_damage_and_nothing_else_is_believed(path, opened, gone):
    claim(opened, 1, "w", gone)
    opened.engine.dispose()
    size = path.stat().st_size
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_trials_study_id'").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(os.urandom(2048))
    (found,) = verify(StorageLocation(path), repair=True)
    assert (found.kind, found.is_open) == ("file", True)
    assert "damaged: " in found.text
    assert "restore it from a backup" in found.text
    assert path.stat().st_size == size


def test_a_file_that_was_cut_short_is_damaged(path):
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    (found,) = verify(StorageLocation(path))
    assert found.kind == "file"
    assert "damaged" in found.text


def test_a_log_without_its_database_is_kept_for_who_finds_the_database(path, opened, tmp_path):
    # Given a database that was moved away while it was in use, so that its last trial is in the log alone
    opened.create_new_trial(1, create_trial(value=1.0))
    copies = {suffix: path.with_name(path.name + suffix).read_bytes() for suffix in ("-wal", "-shm")}
    moved = tmp_path / "elsewhere" / "s.db"
    moved.parent.mkdir()
    moved.write_bytes(path.read_bytes())
    opened.engine.dispose()
    path.unlink()
    for suffix, content in copies.items():
        path.with_name(path.name + suffix).write_bytes(content)
    # When it is looked at
    found = verify(StorageLocation(path))
    assert kinds(found) == [("leftover", "fault", False)] * 2
    assert "may hold its last trials: put the database back beside it" in found[0].text
    # Then repairing frees the name for a new database, and loses nothing
    assert all(finding.repaired for finding in verify(StorageLocation(path), repair=True))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["elsewhere", "s.db-wal.left"]
    (tmp_path / "s.db-wal.left").rename(moved.with_name("s.db-wal"))
    assert len(open_storage(StorageLocation(moved)).get_all_trials(1)) == 1
    with pytest.raises(StorageMissing):
        verify(StorageLocation(path))


def test_work_in_progress_is_not_mistaken_for_a_leftover(path):
    with staging_folder(path) as folder:
        assert verify(StorageLocation(path), repair=True) == []
        assert folder.is_dir()
    assert not folder.exists()


def test_what_is_no_storage_is_refused_instead_of_repaired(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(StorageError, match="is not an SQLite database"):
        verify(StorageLocation(tmp_path / "notes.txt"), repair=True)
    assert (tmp_path / "notes.txt").read_text() == "mine"
