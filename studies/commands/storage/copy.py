"""storage copy: studies from one storage to another."""

from __future__ import annotations

from typing import Annotated

import typer

from studies import api
from studies.commands.options import Json
from studies.commands.output import console, print_json, table

EXAMPLES = (
    "studyhall storage copy studyhall.db archive.db --study digits_mlp",
    "STUDYHALL_FILES=/data/files studyhall storage copy studyhall.db postgresql://eva@db/studies",
)


def command(
    source: Annotated[str, typer.Argument(metavar="SRC", help="The storage to copy from.")],
    target: Annotated[str, typer.Argument(metavar="DST", help="The storage to copy to; created if missing.")],
    study: Annotated[list[str] | None, typer.Option("--study", help="Only this study. Repeatable.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Also copy a running study, as it is now.")] = False,
    json: Json = False,
) -> int:
    """Copy studies with their files between SQLite files and PostgreSQL. SRC keeps them."""
    done = api.copy(source, target, studies=study or (), force=force)
    if json:
        studies = [vars(row) for row in done.studies]
        print_json({"from": str(done.source), "to": str(done.target), "studies": studies})
        return 0
    out = console()
    rows = [(row.study, str(row.trials), str(row.files)) for row in done.studies]
    out.print(table(["study", "trials", "files"], rows))
    out.print(f"\n{done.target}: whole and compared; {done.source} keeps them", markup=False)
    return 0
