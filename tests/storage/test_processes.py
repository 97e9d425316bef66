"""Which process that is, and whether it lives: never fooled by a reused id, a zombie or another machine."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from storage.processes import ProcessIdentity


@pytest.fixture
def child(eventually):
    """A process that lives until the test ends it."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.wait()
    process.stdin.close()


def test_this_process_is_alive():
    me = ProcessIdentity.current()
    assert me.is_alive() is True
    assert me.pid == os.getpid()


def test_a_child_is_alive_then_dead_as_a_zombie_and_when_reaped(child, eventually):
    identity = ProcessIdentity.of(child.pid)
    assert identity.is_alive() is True
    # When it is killed, and nobody has waited for it yet
    child.kill()
    eventually(lambda: identity.is_alive() is False)
    os.kill(child.pid, 0)  # the kernel still knows it: it is a zombie
    # And when somebody has
    child.wait()
    assert identity.is_alive() is False


def test_a_process_that_has_ended_has_no_identity(child):
    child.kill()
    child.wait()
    with pytest.raises(ProcessLookupError):
        ProcessIdentity.of(child.pid)


def test_a_zombie_has_no_identity_either(child):
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, and left a zombie
    with pytest.raises(ProcessLookupError):
        ProcessIdentity.of(child.pid)


@pytest.mark.parametrize(
    ("change", "alive"),
    [
        ({"boot": "another"}, False),
        ({"born": 1}, False),  # the same number, given to another process since
        ({"pid": 2**22 + 1}, False),  # more than a kernel ever gives
        ({"host": "another"}, None),
        ({"machine": "another"}, None),
        ({"space": "pid:[1]"}, None),
        # What is of another machine says nothing about this one's boot
        ({"host": "another", "boot": "another"}, None),
        # A container that ran before the machine was started is gone, whatever its numbers
        ({"space": "pid:[1]", "boot": "another"}, False),
    ],
)
def test_who_can_be_judged_from_here(change, alive):
    assert replace(ProcessIdentity.current(), **change).is_alive() is alive


@pytest.mark.parametrize("name", ["a) b", "((", ") R 1 2 3", "x y z"])
def test_a_process_may_be_called_anything(tmp_path, name):
    # Given a process whose name looks like the fields that follow it in /proc
    sleep = tmp_path / name
    sleep.symlink_to("/bin/sleep")
    process = subprocess.Popen([sleep, "60"])
    try:
        identity = ProcessIdentity.of(process.pid)
        # Then its time of birth is still found: after this process's, in ticks since boot
        assert ProcessIdentity.current().born <= identity.born
        assert identity.is_alive() is True
    finally:
        process.kill()
        process.wait()


def test_an_identity_survives_json_and_names_host_and_process():
    me = ProcessIdentity.current()
    assert ProcessIdentity.from_json(json.loads(json.dumps(me.to_json()))) == me
    assert str(me) == f"{me.host}:{me.pid}"


def test_two_processes_have_two_identities(child):
    assert ProcessIdentity.of(child.pid) != ProcessIdentity.current()
    assert ProcessIdentity.of(child.pid) == ProcessIdentity.of(child.pid)
