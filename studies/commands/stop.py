"""stop: ask a study's workers to stop."""

from __future__ import annotations

from objectives.wording import printable
from studies import api
from studies.commands.next_command import completed
from studies.commands.options import DEFAULT_STORAGE, Json, Name, Storage
from studies.commands.output import console, counted, print_json
from studies.wording import offered

EXAMPLES = ("studyhall stop digits_mlp", "studyhall stop digits_mlp --storage big.db")


def command(name: Name, storage: Storage = DEFAULT_STORAGE, json: Json = False) -> int:
    """Ask all workers of a study to stop at the end of their epoch and requeue their trials."""
    asked = api.stop(name, storage=storage)
    if json:
        print_json({"name": name, "asked_sessions": asked.sessions, "asked_workers": asked.workers})
    elif asked.sessions:
        text = (
            f"{printable(name)}: asked {counted(asked.workers, 'worker')} to stop at the end of their epoch; "
            f"{offered('status', name)} shows when they have, {offered('resume', name)} goes on"
        )
        console().print(completed(text, api.storage_flag(asked.location)), markup=False)
    else:
        console().print(f"{printable(name)}: nobody runs it, so there is nothing to stop", markup=False)
    return 0
