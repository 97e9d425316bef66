"""A path of the user's own may lead to anything; nothing there holds the program up."""

import os
import socket
from pathlib import Path

import pytest

from objectives.data.files import at_home, read_bytes, real_path


def test_a_file_is_read_whole_up_to_a_limit(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"x" * 2**20)
    assert read_bytes(file, largest=2**20) == file.read_bytes() == read_bytes(file)
    with pytest.raises(OSError, match="more than 1 MiB"):
        read_bytes(file, largest=2**20 - 1)


def test_what_is_no_file_is_told_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "socket"))
        for path in (tmp_path / "pipe", tmp_path / "socket", tmp_path, Path("/dev/zero"), tmp_path / ("n" * 300)):
            with pytest.raises(OSError, match=r"folder|no file|[Nn]o such|too long") as caught:
                read_bytes(path)
            assert caught.value.strerror, path


def test_a_path_that_cannot_be_followed_stays(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert real_path("a/x.csv", tmp_path).endswith("/x.csv")
    assert at_home("~nobody-of-that-name/x.csv") == Path("~nobody-of-that-name/x.csv")
    assert real_path("../x.csv", tmp_path) == str(tmp_path.parent / "x.csv")
