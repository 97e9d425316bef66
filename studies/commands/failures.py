"""What a failed command says, and what it exits with."""

from __future__ import annotations

from collections.abc import Sequence

from objectives.errors import OutOfMemory
from storage.errors import StorageError, StorageLost, explain
from storage.location import working_folder
from storage.maintenance.copying import CopyError
from studies.commands.next_command import completed, named_flag, named_storage
from studies.commands.output import error_line
from studies.errors import STUDYHALL_ERRORS, RerunError, StudyGone

FAILED, USAGE, INTERNAL = 1, 2, 70


def report(error: Exception, arguments: Sequence[str]) -> int:
    """Print the sentence for an error of the command line with those arguments; returns the exit code."""
    code, sentence = _explained(error, str(named_storage(arguments) or "the storage"))
    error_line(completed(sentence, named_flag(arguments)))
    return code


def _gone_folder() -> StorageError | None:
    """Why the working folder cannot be asked for (``os.getcwd`` names no file); None where it can."""
    try:
        working_folder()
    except StorageError as gone:
        return gone
    return None


def _explained(error: Exception, place: str) -> tuple[int, str]:
    if isinstance(error, FileNotFoundError) and error.filename is None:
        error = _gone_folder() or error
    if isinstance(error, STUDYHALL_ERRORS):
        has_failed = isinstance(error, StorageLost | CopyError | RerunError | StudyGone | OutOfMemory)
        return FAILED if has_failed else USAGE, str(error)
    if isinstance(error, OSError):
        return FAILED, f"{error.filename or 'the output'} cannot be read or written: {error.strerror}"
    if isinstance(error, MemoryError):
        return FAILED, f"there is too little memory{f' ({error})' if str(error) else ''}; free some, and try again"
    explained = explain(error, place)
    if explained is not None:
        return FAILED, explained
    return (
        INTERNAL,
        f"{type(error).__name__}: {error} (a fault of studyhall; the same command with --debug shows where)",
    )
