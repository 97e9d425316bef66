"""storage backup: the database as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from objectives.wording import printable
from studies import api
from studies.commands.options import DEFAULT_STORAGE, Json, Storage
from studies.commands.output import console, print_json, table

EXAMPLES = (
    "studyhall storage backup /media/usb/monday.db",
    "studyhall storage backup latest.db --force --storage big.db",
)


def command(
    target: Annotated[Path, typer.Argument(metavar="DST", help="The file to create.")],
    storage: Storage = DEFAULT_STORAGE,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing backup.")] = False,
    json: Json = False,
) -> int:
    """Copy the SQLite database into one file while workers run."""
    done = api.backup(target, storage=storage, force=force)
    if json:
        print_json({"storage": str(done.location), "backup": str(target.absolute()), "trials": done.trials})
        return 0
    out = console()
    out.print(table(["study", "trials"], [(name, str(count)) for name, count in done.trials.items()]))
    out.print(
        f"\n{printable(str(target))}: whole and checked; the folder {done.location.files} is not part of it",
        markup=False,
    )
    return 0
