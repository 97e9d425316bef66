"""Output that is not read is dropped, and whoever writes it goes on."""

import fcntl
import os
import pty
import sys
import termios

import pytest

from studies.commands.lossy import _MOST_TEXTS, LossyStream, lossy_output


@pytest.fixture
def pipe():
    """Both ends of a pipe of one page."""
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    yield read, write
    os.close(read)
    os.close(write)


def fill(write):
    """Write until a reader would have to be waited for; returns how much that was."""
    os.set_blocking(write, False)
    written = 0
    try:
        while True:
            written += os.write(write, b"z" * 512)
    except BlockingIOError:
        os.set_blocking(write, True)
        return written


def stream_of(descriptor):
    return os.fdopen(descriptor, "w", closefd=False)


def test_what_is_read_comes_whole_and_in_order(pipe):
    read, write = pipe
    stream = LossyStream(stream_of(write))
    for number in range(100):
        stream.write(f"line {number}\n")
    stream.drain(60.0)
    assert os.read(read, 8192).decode().splitlines() == [f"line {number}" for number in range(100)]


def test_a_full_pipe_holds_nobody_up_and_the_oldest_is_dropped(pipe):
    read, write = pipe
    filled = fill(write)
    stream = LossyStream(stream_of(write))
    for number in range(2 * _MOST_TEXTS):
        stream.write(f"{number}\n")
    # When the reader reads again
    assert len(os.read(read, filled)) == filled
    lines = []
    while not lines or lines[-1] != str(2 * _MOST_TEXTS - 1):
        lines += os.read(read, 8192).decode().split()
    assert _MOST_TEXTS <= len(lines) < 2 * _MOST_TEXTS
    assert lines[-_MOST_TEXTS:] == [str(number) for number in range(_MOST_TEXTS, 2 * _MOST_TEXTS)]


def test_what_nobody_has_read_at_the_end_is_not_waited_for(pipe):
    _, write = pipe
    fill(write)
    stream = LossyStream(stream_of(write))
    stream.write("lost\n")
    stream.drain(0.0)


def test_a_reader_that_is_gone_and_a_full_disk_are_no_errors(pipe, eventually):
    read, write = os.pipe()
    os.close(read)
    for descriptor in (write, os.open("/dev/full", os.O_WRONLY)):
        stream = LossyStream(stream_of(descriptor))
        stream.write("lost\n")
        stream.drain(60.0)
        os.close(descriptor)


def test_a_terminal_after_ctrl_s_holds_nobody_up(eventually):
    master, terminal = pty.openpty()
    termios.tcflow(terminal, termios.TCOOFF)
    stream = LossyStream(stream_of(terminal))
    assert stream.isatty()
    for _ in range(100):
        stream.write("x" * 1000)
    eventually(lambda: len(stream._texts) < 100)  # the first is being written
    stream.drain(0.0)
    termios.tcflow(terminal, termios.TCOON)
    assert os.read(master, 10) == b"x" * 10


def test_the_streams_come_back(monkeypatch, pipe):
    read, write = pipe
    output = stream_of(write)
    monkeypatch.setattr(sys, "stdout", output)
    with lossy_output():
        print("within")  # noqa: T201
    assert sys.stdout is output
    assert os.read(read, 100) == b"within\n"


def test_streams_without_a_descriptor_stay(capsys):
    before = sys.stdout
    with lossy_output():
        assert sys.stdout is before
