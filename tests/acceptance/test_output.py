"""Whoever reads the command, or has stopped to, changes nothing about the study."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import subprocess
import termios

import pytest

WORDS = ("launch", "mine.py:objective", "--trials", "6", "--workers", "1")


@pytest.fixture
def full_pipe():
    """The writing end of a pipe that nobody reads, and into which nothing fits."""
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(write, False)
    while os.get_blocking(write) is False:
        try:
            os.write(write, b"z" * 512)
        except BlockingIOError:
            os.set_blocking(write, True)
    yield write
    os.close(read)
    os.close(write)


@pytest.fixture
def stopped_terminal():
    """A terminal in which Ctrl-S was pressed."""
    master, terminal = pty.openpty()
    termios.tcflow(terminal, termios.TCOOFF)
    yield terminal
    os.close(master)
    os.close(terminal)


@pytest.mark.parametrize(("reader", "number"), [("full_pipe", signal.SIGTERM), ("stopped_terminal", signal.SIGINT)])
def test_a_study_comes_to_its_end_although_nobody_reads(request, place, eventually, reader, number):
    output = request.getfixturevalue(reader)
    launched = subprocess.Popen(
        [place.command, *WORDS],
        cwd=place.folder,
        env=place.environment(),
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    place.started.append(launched)
    eventually(lambda: finished(place) == 6)
    # What it says at the end is waited for, until a signal.
    assert launched.poll() is None
    launched.send_signal(number)
    assert launched.wait() in ((130,) if number is signal.SIGINT else (143, -signal.SIGTERM))


def finished(place):
    return sum(state.is_finished() for state in place.states("objective"))


def shell(place, line):
    """Run a line of a shell in the place."""
    return subprocess.run(
        ["bash", "-c", line, str(place.command), *WORDS],
        cwd=place.folder,
        env=place.environment(),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ('"$0" "$@" | head -1; exit ${PIPESTATUS[0]}', 0, ""),
        ('"$0" "$@" >/dev/full', 1, "studyhall: the output cannot be read or written: No space left on device\n"),
        ('"$0" "$@" --json >&- 2>&- <&-', 0, ""),
    ],
)
def test_a_study_comes_to_its_end_wherever_its_output_goes(place, line, code, said):
    done = shell(place, line)
    assert done.returncode == code, done.stderr
    assert done.stderr == said
    assert finished(place) == 6
