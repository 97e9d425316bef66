"""A database that is locked, full, read-only, gone or broken, and a clock that is set back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest
from optuna.trial import TrialState

TRIALS = 12
LAUNCH = ("launch", "train.py:train", "--workers", "2", "--trials", str(TRIALS))


@pytest.mark.parametrize("seconds", [pytest.param(60, marks=pytest.mark.long), 3])
def test_another_program_locks_the_file(drill, until, seconds):
    drill.row.fault = f"locked by another program for {seconds} s"
    launched = drill.place.start(*LAUNCH)
    until(3)
    with closing(sqlite3.connect(drill.place.database, timeout=30, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        drill.injected()
        released = time.monotonic() + seconds
        while time.monotonic() < released and launched.poll() is None:
            time.sleep(0.2)
        other.execute("ROLLBACK")
    output, _ = launched.communicate()
    assert launched.returncode == 0, output
    drill.conclude("train", TRIALS)
    assert drill.row.again == 0


def complete(database: Path) -> int:
    """How many trials are, without a connection that stays open as Optuna's would."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT COUNT(*) FROM trials WHERE state = 'COMPLETE'").fetchone()[0]


def whole(database: Path) -> bool:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.long
def test_the_file_is_deleted_and_put_back(drill, until):
    """the database is deleted under its workers, then put back"""
    launched = drill.place.start(*LAUNCH)
    until(3)
    aside = drill.place.folder / "aside"
    aside.mkdir()
    for path in drill.place.folder.glob("studyhall.db*"):
        path.rename(aside / path.name)
    drill.injected()
    output, _ = launched.communicate()
    assert launched.returncode == 1, output
    assert "Traceback" not in output
    assert "studyhall.db" in output
    for path in drill.place.folder.glob("studyhall.db*"):
        path.unlink()
    for path in aside.iterdir():
        path.rename(drill.place.folder / path.name)
    assert whole(drill.place.database)
    done = drill.place.run("resume", "train")
    assert done.returncode == 0, done.stderr
    # What ended its objective after the file was gone could not be told, and is done again.
    assert drill.place.states("train").count(TrialState.COMPLETE) == TRIALS
    assert set(drill.journal("end")) == {str(number) for number in range(TRIALS)}
    drill.row.finished = TRIALS


@pytest.mark.long
@pytest.mark.parametrize("harm", ["truncated", "garbage"])
def test_the_file_is_broken_and_restored(drill, until, harm):
    drill.row.fault = f"the database is {harm} under its workers, then restored"
    launched = drill.place.start(*LAUNCH)
    until(3)
    copy = drill.place.folder / "copy.db"
    with closing(sqlite3.connect(drill.place.database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    with drill.place.database.open("r+b") as file:
        if harm == "truncated":
            file.truncate(1000)
        else:
            file.write(os.urandom(200_000))
    drill.injected()
    output, _ = launched.communicate()
    assert launched.returncode == 1, output
    assert "Traceback" not in output
    refused = drill.place.run("resume", "train")
    assert refused.returncode in (1, 2)
    assert "Traceback" not in refused.stderr
    for path in drill.place.folder.glob("studyhall.db*"):
        path.unlink()
    copy.rename(drill.place.database)
    done = drill.place.run("resume", "train")
    assert done.returncode == 0, done.stderr
    assert whole(drill.place.database)
    assert drill.place.states("train").count(TrialState.COMPLETE) == TRIALS
    drill.row.finished = TRIALS


@pytest.fixture
def failing_disk(drill, tmp_path):
    """A disk of its own under the study's folder, which its file system can be told to give up as after an error."""
    image, folder = tmp_path / "image", tmp_path / "failing disk"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(64 * 2**20)
    for command in (["mkfs.ext4", "-q", image], ["mount", "-o", "loop", image, folder]):
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            pytest.skip(f"needs the right to mount a disk image: {made.stderr.strip()}")
    shutil.copy(drill.place.folder / "train.py", folder)
    os.sync()
    drill.place.folder = folder
    yield image, folder
    subprocess.run(["umount", "-l", folder], check=False)


@pytest.mark.long
def test_the_disk_becomes_read_only_and_is_repaired(drill, until, failing_disk, eventually):
    """the disk becomes read-only, as after an error, then is repaired"""
    image, folder = failing_disk
    launched = drill.place.start(*LAUNCH)
    until(6)
    told = complete(drill.place.database)
    subprocess.run(["mount", "-o", "remount,abort", folder], check=True)
    drill.injected()
    output, _ = launched.communicate()
    assert launched.returncode == 1, output
    assert "Traceback" not in output
    refused = drill.place.run("resume", "train")
    assert refused.returncode in (1, 2)
    assert "Traceback" not in refused.stderr
    eventually(lambda: subprocess.run(["umount", folder], check=False).returncode == 0)
    subprocess.run(["e2fsck", "-fy", image], check=False, capture_output=True)
    subprocess.run(["mount", "-o", "loop", image, folder], check=True)
    # What the system had not written out yet is gone, as after a power cut, but no finished trial is.
    drill.row.lost = max(0, told - complete(drill.place.database))
    assert drill.row.lost <= 1  # two workers: one may have been about to wait for the disk
    done = drill.place.run("resume", "train")
    assert done.returncode == 0, done.stderr + done.stdout
    assert whole(drill.place.database)
    assert drill.place.states("train").count(TrialState.COMPLETE) == TRIALS
    drill.row.finished = TRIALS


@pytest.fixture
def small_disk(drill, tmp_path):
    """A file system of its own, mounted on the study's folder."""
    folder = tmp_path / "small disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"needs the right to mount a file system: {mounted.stderr.strip()}")
    shutil.copy(drill.place.folder / "train.py", folder)
    drill.place.folder = folder
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.long
def test_the_disk_is_full_and_freed(drill, until, small_disk):
    """the disk is full, then freed"""
    launched = drill.place.start("launch", "train.py:train", "--workers", "2", "--trials", "30")
    until(3)
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            drill.injected()
    output, _ = launched.communicate()
    assert launched.returncode == 1, output
    assert "Traceback" not in output
    ballast.unlink()
    done = drill.place.run("resume", "train")
    assert done.returncode == 0, done.stderr + done.stdout
    assert whole(drill.place.database)
    assert drill.place.states("train").count(TrialState.COMPLETE) == 30
    drill.row.finished = 30
