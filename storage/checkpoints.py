"""Where a trial's state outlives its worker: one file a trial, replaced in one step, believed only when whole."""

from __future__ import annotations

import logging
import os
import re
import secrets
from collections.abc import Collection, Iterator
from hashlib import blake2b
from pathlib import Path

log = logging.getLogger("studyhall.checkpoints")

_MAGIC = b"studyhall checkpoint 1\n"
_DIGEST_BYTES = 32
_HEADER_BYTES = len(_MAGIC) + _DIGEST_BYTES
# The finished file, or one that a save is writing (or has left unfinished when its process died).
_NAME = re.compile(r"trial-(\d+)\.checkpoint(?:\.\d+-[0-9a-f]+\.tmp)?")


class Checkpoint:
    """The last kept state of one trial, in the file ``path``. None of its methods raises for want of disk or rights."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fails = False

    def exists(self) -> bool:
        """Whether anything was saved, be it damaged."""
        return self.path.exists()

    def load(self) -> bytes | None:
        """The state last saved; None when there is none, or it is damaged."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("the checkpoint cannot be read, the trial starts over: %s", error)
            return None
        state = memoryview(content)[_HEADER_BYTES:]
        if content[:_HEADER_BYTES] != _MAGIC + _digest(state):
            log.warning("the checkpoint %s is damaged, the trial starts over", self.path)
            return None
        return bytes(state)

    def save(self, state: bytes) -> bool:
        """Replace the state; a death in the middle leaves the old one. False when the disk took none of it."""
        # A name of its own: a worker that was given up while it stood still may be saving the same trial.
        temporary = self.path.with_name(f"{self.path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("xb") as file:
                    file.write(_MAGIC + _digest(state))
                    file.write(state)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(self.path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
        except OSError as error:
            # A full disk stays full for a while, and training saves every other second.
            if not self._fails:
                log.warning("the checkpoint cannot be saved, the trial goes on without: %s", error)
            self._fails = True
            return False
        self._fails = False
        return True

    def discard(self) -> None:
        """Delete the state, and what saves that died have left of it."""
        try:
            for path in [self.path, *self.path.parent.glob(f"{self.path.name}.*.tmp")]:
                path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("the checkpoint cannot be deleted: %s", error)


def checkpoint_of(folder: Path, number: int) -> Checkpoint:
    """The checkpoint of a study's trial; ``folder`` is the study's, and made when something is saved."""
    return Checkpoint(folder / f"trial-{number}.checkpoint")


def orphans(folder: Path, numbers_in_use: Collection[int]) -> list[Path]:
    """The checkpoint files of trials that need none (any more). Files that are no checkpoints are not listed."""
    return sorted(path for number, path in _files(folder) if number not in numbers_in_use)


def _files(folder: Path) -> Iterator[tuple[int, Path]]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if match := _NAME.fullmatch(path.name):
            yield int(match[1]), path


def _digest(state: bytes | memoryview) -> bytes:
    return blake2b(state, digest_size=_DIGEST_BYTES).digest()
