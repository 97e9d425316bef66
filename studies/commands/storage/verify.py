"""storage verify: damage, and what belongs to nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from studies import api
from studies.commands.next_command import completed
from studies.commands.options import DEFAULT_STORAGE, Json, Storage
from studies.commands.output import console, print_json, table
from studies.wording import offered

EXAMPLES = ("studyhall storage verify", "studyhall storage verify --repair --storage big.db")


def command(
    storage: Storage = DEFAULT_STORAGE,
    repair: Annotated[
        bool, typer.Option("--repair", help="Requeue trials of dead workers; delete orphaned rows and files.")
    ] = False,
    json: Json = False,
) -> int:
    """Look for damage, orphaned rows and files, and trials of dead workers. Exits with 1 if a fault remains."""
    report = api.verify(storage=storage, repair=repair)
    if json:
        print_json(report.to_json())
        return 1 if report.left else 0
    out = console()
    if report.findings:
        rows = [(row.kind, "repaired" if row.repaired else row.level, row.text) for row in report.findings]
        out.print(table(["what", "", "found"], rows))
        out.print()
    text = f"{report.location}: {len(report.left)} fault(s)" if report.left else f"{report.location}: sound"
    if any(finding.cure for finding in report.left):
        text += f"; {offered('storage verify', flags='--repair')} repairs what can be"
    out.print(completed(text, api.storage_flag(report.location)), markup=False)
    return 1 if report.left else 0
