"""The commands that a sentence names, with the flag that names the storage."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from studies import api

if TYPE_CHECKING:
    from storage import StorageLocation

_COMMAND = re.compile(r"`(studyhall (?:best|delete|launch|list|resume|rerun|show|status|stop|worker)\b[^`]*)`")


def completed(sentence: str, flag: str) -> str:
    """The sentence, the commands in its backquotes with the flag that names the storage."""
    return _COMMAND.sub(lambda found: f"`{found[1]}{flag}`", sentence)


def named_storage(arguments: Sequence[str]) -> str:
    """The flag for the storage that a command line names, without a password; empty where it names none."""
    _, _, named = "\0".join(arguments).replace("--storage=", "--storage\0").partition("--storage\0")
    try:
        return storage_flag(api.locate(named.partition("\0")[0]))
    except api.STUDYHALL_ERRORS:  # which is what the sentence is about
        return ""


def storage_flag(location: StorageLocation) -> str:
    """How the next command names this storage: nothing when it would find it by itself."""
    return "" if location == api.locate() else f" --storage {shlex.quote(str(location))}"
