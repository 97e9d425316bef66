"""A checkpoint is whole or not there, whatever happens while it is saved."""

import json
import logging
import os
import resource
import subprocess
import sys

import pytest
from helpers.paths import HELPERS, ROOT

from storage.checkpoints import Checkpoint, checkpoint_of, orphans

STATE = b"weights " * 100


@pytest.fixture
def checkpoint(tmp_path):
    return checkpoint_of(tmp_path / "checkpoints", 3)


def test_what_was_saved_last_is_loaded(checkpoint):
    assert checkpoint.load() is None
    assert checkpoint.save(STATE)
    assert checkpoint.save(b"")
    assert checkpoint.load() == b""
    assert checkpoint.save(STATE)
    assert Checkpoint(checkpoint.path).load() == STATE
    assert list(checkpoint.path.parent.iterdir()) == [checkpoint.path]


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: whole[:10],
        lambda whole: whole[:40],
        lambda whole: whole[:-1],
        lambda whole: whole + b"\0",
        lambda whole: whole[:60] + b"!" + whole[61:],
        lambda whole: b"?" + whole[1:],
        lambda whole: bytes(len(whole)),
        lambda whole: os.urandom(len(whole)),
    ],
)
def test_a_damaged_file_is_not_believed(checkpoint, caplog, damage):
    checkpoint.save(STATE)
    checkpoint.path.write_bytes(damage(checkpoint.path.read_bytes()))
    with caplog.at_level(logging.WARNING, "studyhall.checkpoints"):
        assert checkpoint.load() is None
    assert f"{checkpoint.path} is damaged" in caplog.text


def test_what_cannot_be_read_is_not_there(checkpoint, caplog):
    checkpoint.path.mkdir(parents=True)
    assert checkpoint.load() is None
    assert "cannot be read" in caplog.text


def test_discard_takes_what_dead_saves_have_left_too(checkpoint):
    checkpoint.save(STATE)
    other = checkpoint_of(checkpoint.path.parent, 33)
    other.save(STATE)
    checkpoint.path.with_name(f"{checkpoint.path.name}.17-0abc.tmp").write_bytes(b"half")
    checkpoint.discard()
    checkpoint.discard()
    assert list(checkpoint.path.parent.iterdir()) == [other.path]
    assert other.load() == STATE


def test_orphans_are_the_files_of_trials_that_need_none(tmp_path):
    assert orphans(tmp_path / "nothing", [1]) == []
    for number in (1, 2, 12):
        checkpoint_of(tmp_path, number).save(STATE)
    half = tmp_path / "trial-12.checkpoint.17-0abc.tmp"
    for path in (
        half,
        tmp_path / "trial-1.checkpoint.17-0abc.tmp",
        tmp_path / "trial-x.checkpoint",
        tmp_path / "notes",
    ):
        path.touch()
    assert orphans(tmp_path, {1, 2}) == [tmp_path / "trial-12.checkpoint", half]


def test_a_full_disk_leaves_the_old_state_and_one_line(checkpoint, caplog):
    checkpoint.save(STATE)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with caplog.at_level(logging.WARNING, "studyhall.checkpoints"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
        try:
            assert [checkpoint.save(bytes(5000)) for _ in range(3)] == [False, False, False]
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "the checkpoint cannot be saved, the trial goes on without"
    ]
    assert checkpoint.load() == STATE
    assert list(checkpoint.path.parent.iterdir()) == [checkpoint.path]
    assert checkpoint.save(b"new")
    assert checkpoint.load() == b"new"


def test_a_folder_that_cannot_be_made_costs_the_checkpoint_only(tmp_path, caplog):
    (tmp_path / "file").touch()
    checkpoint = checkpoint_of(tmp_path / "file", 1)
    assert not checkpoint.save(STATE)
    assert checkpoint.load() is None
    checkpoint.discard()
    assert "cannot be saved" in caplog.text


def test_sigkill_while_it_is_saved_leaves_a_whole_state(tmp_path):
    killed = subprocess.run(
        [sys.executable, str(HELPERS / "killed_saver.py"), str(tmp_path), "40"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == 0, killed.stderr
    found, files = json.loads(killed.stdout)
    assert found == sorted(found)
    assert found[-1] > 0
    assert files > 1  # what those left that died in the middle of a save
    checkpoint_of(tmp_path, 0).discard()
    assert list(tmp_path.iterdir()) == []
