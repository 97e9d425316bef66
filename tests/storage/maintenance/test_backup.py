"""A backup is one file, of one moment, whole, while workers go on."""

import os
import signal
import sqlite3
from contextlib import closing

import pytest
from optuna.trial import TrialState

from storage import StorageError, StorageLocation, open_storage
from storage.errors import StorageMissing
from storage.maintenance.backup import back_up
from storage.maintenance.integrity import verify


def test_backups_beside_running_workers_are_whole_and_disturb_nobody(processes, path, opened, tmp_path, eventually):
    # Given four processes at work
    pids = processes.start(*[("optimize", path, 8)] * 4)
    eventually(lambda: len(opened.get_all_trials(1)) > 4)
    # When backups are made one after the other
    counts = []
    for number in range(3):
        target = tmp_path / f"{number}.db"
        counts.append(back_up(StorageLocation(path), target)["s"])
        # Then each is one file, that opens, of one moment
        assert sorted(tmp_path.glob(f"{number}.db*")) == [target]
        copy = open_storage(StorageLocation(target))
        trials = copy.get_all_trials(1)
        copy.engine.dispose()
        assert len(trials) == counts[-1]
        assert [trial.number for trial in trials] == list(range(len(trials)))
        finished = [trial for trial in trials if trial.state is TrialState.COMPLETE]
        assert all(len(trial.intermediate_values) == 3 for trial in finished)
        assert [trial.value for trial in finished] == [trial.params["x"] * trial.params["x"] for trial in finished]
        assert [finding for finding in verify(StorageLocation(target)) if finding.is_open] == []
    # And no worker has noticed
    assert [result for result in processes.wait(pids) if result["exitcode"]] == []
    assert counts == sorted(counts)
    assert counts[0] < len(opened.get_all_trials(1)) == 32


def test_a_backup_goes_on_where_it_was_taken(path, opened, tmp_path):
    opened.create_new_trial(1)
    assert back_up(StorageLocation(path), tmp_path / "b.db") == {"s": 1}
    copy = open_storage(StorageLocation(tmp_path / "b.db"))
    copy.create_new_trial(1)
    assert [trial.number for trial in copy.get_all_trials(1)] == [0, 1]
    assert len(opened.get_all_trials(1)) == 1
    copy.engine.dispose()


def test_nothing_is_overwritten_but_an_older_backup_and_only_with_force(path, opened, tmp_path):
    location, target = StorageLocation(path), tmp_path / "b.db"
    back_up(location, target)
    opened.create_new_trial(1)
    before = target.read_bytes()
    with pytest.raises(StorageError, match=r"b\.db is there already; --force overwrites it, or name another file"):
        back_up(location, target)
    assert target.read_bytes() == before
    assert back_up(location, target, force=True) == {"s": 1}
    assert target.read_bytes() != before


def test_what_came_to_the_place_meanwhile_is_not_overwritten(path, tmp_path, monkeypatch):
    target, link = tmp_path / "b.db", os.link

    def late(source, destination):
        target.write_text("somebody else's")
        link(source, destination)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(StorageError, match="has appeared meanwhile, and is left alone"):
        back_up(StorageLocation(path), target)
    assert target.read_text() == "somebody else's"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["b.db", "s.db"]


def test_a_disk_without_hard_links_takes_a_backup_too(path, tmp_path, monkeypatch):
    def unknown(source, destination):
        raise PermissionError(1, "Operation not permitted")  # as on FAT

    monkeypatch.setattr(os, "link", unknown)
    back_up(StorageLocation(path), tmp_path / "b.db")
    assert verify(StorageLocation(tmp_path / "b.db")) == []


def refusal(path, target, **options):
    with pytest.raises(StorageError) as caught:
        back_up(StorageLocation(path), target, **options)
    return str(caught.value)


def test_places_that_are_no_good_are_refused(path, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.db").symlink_to(path)
    (tmp_path / "notes.txt").write_text("mine, and more than a hundred characters long. " * 5)
    assert f"{tmp_path / 'folder'} is a directory; name a file in it" in refusal(path, tmp_path / "folder")
    assert f"the folder {tmp_path / 'no'} does not exist" in refusal(path, tmp_path / "no" / "b.db")
    for itself in (path, tmp_path / "link.db"):
        assert "is the storage itself; name another file" in refusal(path, itself, force=True)
    assert "notes.txt is no SQLite database" in refusal(path, tmp_path / "notes.txt", force=True)
    assert (tmp_path / "notes.txt").read_text().startswith("mine")
    with pytest.raises(StorageMissing, match=r"there is no database at .* to back up"):
        back_up(StorageLocation(tmp_path / "none.db"), tmp_path / "b.db")
    assert "pg_dump" in refusal_of_a_server(tmp_path)


def refusal_of_a_server(tmp_path):
    with pytest.raises(StorageError) as caught:
        back_up(StorageLocation.parse("postgresql://eva@db/d"), tmp_path / "b.db")
    return str(caught.value)


def test_a_database_in_use_is_not_overwritten_because_of_its_log(path, opened, tmp_path, fresh_database):
    # Given another database that somebody has open
    target = tmp_path / "b.db"
    target.write_bytes(fresh_database)
    other = open_storage(StorageLocation(target))
    other.create_new_trial(1)
    assert "is in use by another program, and is left alone" in refusal(path, target, force=True)
    assert len(other.get_all_trials(1)) == 1
    # When it is closed, it may be
    other.engine.dispose()
    assert back_up(StorageLocation(path), target, force=True) == {"s": 0}
    assert opened.get_all_trials(1) == []


def test_a_damaged_database_makes_no_backup(path, tmp_path):
    damage(path)
    assert "no backup was made: sqlite:///" in refusal(path, tmp_path / "b.db")
    assert "is damaged; restore it from a backup" in refusal(path, tmp_path / "b.db")
    assert [file.name for file in tmp_path.iterdir()] == ["s.db"]


def damage(path):
    """Turn an index into something else, as a bad disk may."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'ix_studies_study_name'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(bytes(size // 2))


@pytest.mark.parametrize("name", ["monday.db", "[a-z]*?.db", "数" * 80])
def test_a_backup_that_is_killed_leaves_only_what_verify_sweeps(processes, path, tmp_path, name):
    (result,) = processes.wait(processes.start(("back_up_and_die", path, tmp_path / name)))
    assert result["exitcode"] == -signal.SIGKILL
    assert not (tmp_path / name).exists()
    # The next one is not in its way, and verify knows it where it lies beside the storage of that name
    back_up(StorageLocation(path), tmp_path / name)
    (found,) = verify(StorageLocation(tmp_path / name))
    assert "was left by an interrupted `storage backup`" in found.text
    verify(StorageLocation(tmp_path / name), repair=True)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(["s.db", name])
