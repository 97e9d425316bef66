"""stop: ask a study's workers to stop."""

from __future__ import annotations

import shlex

from studies import api
from studies.commands.next_command import completed, storage_flag
from studies.commands.options import DEFAULT_STORAGE, Json, Name, Storage
from studies.commands.output import console, counted, print_json

EXAMPLES = ("studyhall stop digits_mlp", "studyhall stop digits_mlp --storage big.db")


def command(name: Name, storage: Storage = DEFAULT_STORAGE, json: Json = False) -> int:
    """Ask all workers of a study to stop at the end of their epoch and requeue their trials."""
    asked = api.stop(name, storage=storage)
    if json:
        print_json({"name": name, "asked_sessions": asked.sessions, "asked_workers": asked.workers})
    elif asked.sessions:
        text = (
            f"{name}: asked {counted(asked.workers, 'worker')} to stop at the end of their epoch; "
            f"`studyhall status {shlex.quote(name)}` shows when they have, "
            f"`studyhall resume {shlex.quote(name)}` goes on"
        )
        console().print(completed(text, storage_flag(asked.location)), markup=False)
    else:
        console().print(f"{name}: nobody runs it, so there is nothing to stop", markup=False)
    return 0
