"""What a process has started is found, measured, and ended, and nothing of anybody else's is."""

import os
import subprocess
from contextlib import suppress
from dataclasses import replace

import psutil
import pytest

from storage.processes import ProcessIdentity
from studies.execution.descendants import MARK, Ending, descendants, mark_of, memory


@pytest.fixture
def shell():
    """The leader of a session, with a child that has left it and one that has not."""
    line = "setsid sleep 3600 & sleep 3600 & echo ready; wait"
    process = subprocess.Popen(["sh", "-c", line], stdout=subprocess.PIPE, start_new_session=True)
    process.stdout.readline()
    identity = ProcessIdentity.of(process.pid)
    children = psutil.Process(process.pid).children(recursive=True)
    yield identity
    for one in [process, *children]:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    process.wait()
    process.stdout.close()


def test_children_are_found_and_none_of_a_process_that_has_the_number_now(shell):
    assert len(descendants(shell)) == 2
    assert descendants(replace(shell, born=shell.born - 1)) == []


def test_what_has_left_is_found_by_its_mark(shell):
    environment = {**os.environ, MARK: mark_of(shell)}
    marked = subprocess.Popen(["sleep", "3600"], env=environment, start_new_session=True)
    # Before its exec a process has the environment of the one that has forked it.
    assert len(descendants(shell)) == 3
    Ending(lambda: descendants(shell)).finish()
    assert marked.wait() < 0
    assert descendants(shell) == []


def test_memory_is_shared_out_only_where_it_matters(shell):
    resident = memory(shell, beyond=2**40)
    shared = memory(shell)
    assert 0 < shared < resident
    assert memory(shell, beyond=shared) == shared
    assert memory(replace(shell, born=1)) == 0
