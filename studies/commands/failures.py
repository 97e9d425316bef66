"""What a failed command says, and what it exits with."""

from __future__ import annotations

from collections.abc import Sequence

from storage.errors import StorageLost, explain
from storage.maintenance.copying import CopyError
from studies.commands.next_command import completed, named_storage
from studies.commands.output import error_line
from studies.errors import STUDYHALL_ERRORS, RerunError, StudyGone

FAILED, USAGE, INTERNAL = 1, 2, 70


def report(error: Exception, arguments: Sequence[str]) -> int:
    """Print the sentence for an error of the command line with those arguments; returns the exit code."""
    code, sentence = _explained(error)
    error_line(completed(sentence, named_storage(arguments)))
    return code


def _explained(error: Exception) -> tuple[int, str]:
    if isinstance(error, STUDYHALL_ERRORS):
        has_failed = isinstance(error, StorageLost | CopyError | RerunError | StudyGone)
        return FAILED if has_failed else USAGE, str(error)
    if isinstance(error, OSError):
        return FAILED, f"{error.filename or 'the output'} cannot be read or written: {error.strerror}"
    explained = explain(error, "the storage")
    if explained is not None:
        return FAILED, explained
    return (
        INTERNAL,
        f"{type(error).__name__}: {error} (a fault of studyhall; the same command with --debug shows where)",
    )
