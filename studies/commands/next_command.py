"""The commands that a sentence names, with the flag that names the storage."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from studies import api

if TYPE_CHECKING:
    from storage import StorageLocation

_COMMAND = re.compile(
    r"`(studyhall (?:best|dashboard|delete|launch|list|resume|rerun|show|status|stop|storage verify|worker)\b"
    r"(?: --[a-z-]+)*)((?: -- )?[^`]*)`"
)
"""One in backquotes (no word of ours holds any): its options, and the rest."""


def completed(sentence: str, flag: str) -> str:
    """The sentence, the commands in its backquotes with the flag that names the storage."""
    return _COMMAND.sub(lambda found: f"`{_with(found[1], found[2], flag)}`", sentence)


def _with(command: str, rest: str, flag: str) -> str:
    if flag in f"{command}{rest}":
        return f"{command}{rest}"
    # Behind a lone "--" all are names.
    return f"{command}{flag}{rest}" if rest.startswith(" -- ") else f"{command}{rest}{flag}"


def named_storage(arguments: Sequence[str]) -> StorageLocation | None:
    """The storage that a command line means, named there or not; None where its text names none."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    _, _, named = "\0".join(options).replace("--storage=", "--storage\0").partition("--storage\0")
    try:
        return api.locate(named.partition("\0")[0])
    except api.STUDYHALL_ERRORS:  # which is what the sentence is about
        return None


def named_flag(arguments: Sequence[str]) -> str:
    """How the next command names the storage that a command line means."""
    location = named_storage(arguments)
    return "" if location is None else api.storage_flag(location)
