"""Options that several commands share."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from storage import StorageLocation
    from studies.record.stored import StoredStudy

Storage = Annotated[
    str,
    typer.Option(
        "--storage",
        envvar="STUDYHALL_STORAGE",
        help="The database: sqlite:///file.db, a path, or postgresql://user:password@host/database.",
        show_default="sqlite:///studyhall.db",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print facts as JSON, for scripts.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The name of the study (`studyhall list` shows them).")]
DEFAULT_STORAGE = ""


def locate(storage: str) -> StorageLocation:
    """The place that --storage names, or the default in the working folder."""
    from storage import StorageLocation
    from storage.location import DEFAULT

    return StorageLocation.parse(storage or DEFAULT)


def find(name: str, storage: str) -> StoredStudy:
    """An existing study."""
    from storage import open_storage
    from studies.record.stored import load

    location = locate(storage)
    return load(location, open_storage(location), name)


def examples(*lines: str) -> str:
    """The end of a command's help."""
    return "[bold]Examples[/]\n\n" + "\n\n".join(f"  $ {line}" for line in lines)


_COMMAND = re.compile(r"`(studyhall (?:best|delete|launch|list|resume|rerun|show|status|stop|worker)\b[^`]*)`")


def completed(sentence: str, flag: str) -> str:
    """The sentence, the commands in its backquotes with the flag that names the storage."""
    return _COMMAND.sub(lambda found: f"`{found[1]}{flag}`", sentence)


def named_storage(arguments: Sequence[str]) -> str:
    """The flag for the storage that a command line names, without a password; empty where it names none."""
    from storage import StorageError

    _, _, named = "\0".join(arguments).replace("--storage=", "--storage\0").partition("--storage\0")
    try:
        return storage_flag(locate(named.partition("\0")[0]))
    except StorageError:  # which is what the sentence is about
        return ""


def storage_flag(location: StorageLocation) -> str:
    """How the next command names this storage: nothing when it would find it by itself."""
    if location == locate(os.environ.get("STUDYHALL_STORAGE", "")):
        return ""
    return f" --storage {shlex.quote(str(location))}"
