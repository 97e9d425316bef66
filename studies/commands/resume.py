"""resume: go on with a study."""

from __future__ import annotations

from typing import Annotated

import typer

from studies import api
from studies.commands.options import (
    DEFAULT_STORAGE,
    AcceptChanges,
    Devices,
    Engine,
    Json,
    Name,
    PerDevice,
    Storage,
    Trials,
    Unowned,
    Workers,
    check_engine,
    device_numbers,
)
from studies.execution.engines.table import DEFAULT_ENGINE

EXAMPLES = (
    "studyhall resume digits_mlp",
    "studyhall resume digits_mlp --trials 200",
    "studyhall resume big --timeout 1h",
)


def command(
    name: Name,
    storage: Storage = DEFAULT_STORAGE,
    workers: Workers = None,
    devices: Devices = None,
    workers_per_device: PerDevice = None,
    trials: Trials = None,
    timeout: Annotated[str | None, typer.Option(help="Running time to add, such as 1h.")] = None,
    engine: Engine = DEFAULT_ENGINE,
    accept_changes: AcceptChanges = False,
    unowned: Unowned = None,
    json: Json = False,
) -> int:
    """Continue a stored study, or raise its budget."""
    from studies.commands.launch_report import print_report, shown

    check_engine(engine)
    with shown(json=json) as view:
        report = api.resume(
            name,
            storage=storage,
            workers=workers,
            devices=device_numbers(devices),
            workers_per_device=workers_per_device,
            trials=trials,
            timeout=timeout,
            engine=engine,
            accept_changes=accept_changes,
            unowned=unowned,
            view=view,
        )
    return print_report(report, json=json)
