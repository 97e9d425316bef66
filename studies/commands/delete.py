"""delete: a study and all that belongs to it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from objectives.wording import printable, quoted
from studies import api
from studies.commands.options import DEFAULT_STORAGE, Json, Name, Storage
from studies.commands.output import console, counted, print_json

if TYPE_CHECKING:
    from studies.api import StudyReport

EXAMPLES = ("studyhall delete digits_mlp", "studyhall delete digits_mlp --yes")


def command(
    name: Name,
    storage: Storage = DEFAULT_STORAGE,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    json: Json = False,
) -> int:
    """Delete a study, its trials and its files. This cannot be undone."""
    api.delete(name, storage=storage, confirm=None if yes else _ask)
    if json:
        print_json({"deleted": name})
    else:
        console().print(f"{printable(name)}: deleted", markup=False)
    return 0


def _ask(study: StudyReport) -> None:
    trials = counted(len(study.trials), "trial")
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"{quoted(study.name)} has {trials}; say --yes to delete it without being asked")
    typer.confirm(f"Delete study {quoted(study.name)} with its {trials} and {printable(str(study.files))}?", abort=True)
