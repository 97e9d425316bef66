"""A file system on which several processes cannot share an SQLite file is refused, and no other."""

import subprocess
from types import SimpleNamespace

import psutil
import pytest

from storage import StorageError, StorageLocation, open_storage
from storage.opening import UNSAFE_FILE_SYSTEMS, check_place, file_system

SAFE = ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "zfs", "f2fs", "bcachefs", "virtiofs", "fuse.gvfsd-fuse", "fuseblk"]


def row(mountpoint, fstype):
    return SimpleNamespace(mountpoint=str(mountpoint), fstype=fstype)


def refusal(path):
    """The sentence with which the path is refused."""
    with pytest.raises(StorageError) as caught:
        open_storage(StorageLocation(path), create=True)
    return str(caught.value)


@pytest.fixture
def mounts(monkeypatch):
    """The mounts of this machine are those that the test says."""

    def are(*rows):
        def disk_partitions(all=False):  # noqa: A002  psutil's name
            return list(rows) if all else []  # psutil leaves out what is no disk: all of these

        monkeypatch.setattr(psutil, "disk_partitions", disk_partitions)

    return are


@pytest.mark.parametrize("fstype", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"])
def test_a_file_system_without_shared_memory_is_refused(mounts, tmp_path, fstype):
    mounts(row("/", "ext4"), row(tmp_path, fstype))
    sentence = refusal(tmp_path / "x.db")
    assert UNSAFE_FILE_SYSTEMS[fstype] in sentence
    assert "choose a --storage on a local disk" in sentence
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fstype", SAFE)
def test_every_other_file_system_is_accepted(mounts, tmp_path, fstype):
    mounts(row("/", "nfs"), row(tmp_path, fstype))
    check_place(tmp_path / "x.db")


def test_there_are_no_other_unsafe_file_systems_than_the_issue_names():
    assert set(UNSAFE_FILE_SYSTEMS) == {"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("/", "ext4")], "ext4"),
        ([("/", "ext4"), ("/data", "nfs")], "nfs"),
        ([("/data", "nfs"), ("/", "ext4")], "nfs"),
        ([("/data", "nfs"), ("/data/study", "xfs")], "xfs"),
        ([("/data/study", "xfs"), ("/data", "nfs"), ("/", "ext4")], "xfs"),
        ([("/", "ext4"), ("/data/stud", "nfs")], "ext4"),  # a name that only begins like ours
        ([("/", "ext4"), ("/data/study/inner", "nfs")], "ext4"),
        ([("/data", "ext4"), ("/data", "nfs")], "nfs"),  # the later mount covers the earlier
        ([("/data", "autofs"), ("/data", "nfs4")], "nfs4"),
        ([("/data", "nfs"), ("/data", "ext4")], "ext4"),
        ([], ""),
    ],
)
def test_the_innermost_and_latest_mount_decides(rows, expected, tmp_path):
    partitions = [row(f"{tmp_path}{mountpoint.rstrip('/')}" or "/", fstype) for mountpoint, fstype in rows]
    assert file_system(tmp_path / "data" / "study" / "x.db", partitions) == expected


def test_a_link_is_judged_by_where_it_leads(mounts, tmp_path):
    (tmp_path / "remote").mkdir()
    (tmp_path / "x.db").symlink_to(tmp_path / "remote" / "x.db")
    mounts(row("/", "ext4"), row(tmp_path / "remote", "nfs"))
    assert "NFS" in refusal(tmp_path / "x.db")


def test_the_real_mounts_of_this_machine_are_read(tmp_path):
    kind = subprocess.run(["stat", "-f", "-c", "%T", tmp_path], capture_output=True, text=True, check=True).stdout
    found = file_system(tmp_path / "x.db", psutil.disk_partitions(all=True))
    assert found
    assert found[:3] in kind or kind.startswith("UNKNOWN")
