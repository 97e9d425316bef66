"""Which process that is, and whether it still lives, without being fooled by a reused id or a moved clock."""

from __future__ import annotations

import os
import socket
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ProcessIdentity:
    """One process among all machines that use a storage.

    ``born`` is the kernel's start time in clock ticks since boot (proc(5), field 22 of /proc/PID/stat): unlike
    a wall-clock time it cannot move. ``space`` is the process-id namespace: two containers of one host count
    their processes apart.
    """

    host: str
    machine: str
    boot: str
    space: str
    pid: int
    born: int

    @classmethod
    def of(cls, pid: int) -> ProcessIdentity:
        """The process with that id on this machine.

        Raises:
            ProcessLookupError: there is none, or it has ended.
        """
        host, machine, boot, space = _here()
        return cls(host=host, machine=machine, boot=boot, space=space, pid=pid, born=_born(pid))

    @classmethod
    def current(cls) -> ProcessIdentity:
        """The process that asks."""
        return cls.of(os.getpid())

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ProcessIdentity:
        """The inverse of ``to_json``."""
        return cls(**data)

    def to_json(self) -> dict[str, Any]:
        """Plain data for an attribute of a study or trial."""
        return asdict(self)

    def is_alive(self) -> bool | None:
        """Whether it runs; None when it belongs to another machine or container, where nobody here can see."""
        host, machine, boot, space = _here()
        if (self.host, self.machine) != (host, machine):
            return None
        if self.boot != boot:
            return False
        if self.space != space:
            return None
        try:
            return _born(self.pid) == self.born
        except ProcessLookupError:
            return False

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


@cache
def _here() -> tuple[str, str, str, str]:
    return (
        socket.gethostname(),
        _text("/etc/machine-id"),
        _text("/proc/sys/kernel/random/boot_id"),
        str(Path("/proc/self/ns/pid").readlink()),
    )


def _text(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _born(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError as error:
        raise ProcessLookupError(pid) from error
    # The second field is the name in brackets and may hold anything, brackets and spaces included.
    fields = stat.rpartition(")")[2].split()
    if fields[0] in "ZX":
        raise ProcessLookupError(pid)
    return int(fields[19])
