"""worker: join a study that runs."""

from __future__ import annotations

from studies import api
from studies.commands.options import (
    DEFAULT_STORAGE,
    Devices,
    Json,
    Name,
    PerDevice,
    Storage,
    Workers,
    device_numbers,
)

EXAMPLES = ("studyhall worker digits_mlp", "studyhall worker digits_mlp --workers 4 --devices none")


def command(
    name: Name,
    storage: Storage = DEFAULT_STORAGE,
    workers: Workers = 1,
    devices: Devices = None,
    workers_per_device: PerDevice = None,
    json: Json = False,
) -> int:
    """Join a running study with workers of this terminal or machine."""
    from studies.commands.launch_report import print_report, shown

    with shown(json=json) as view:
        report = api.worker(
            name,
            storage=storage,
            workers=workers,
            devices=device_numbers(devices),
            workers_per_device=workers_per_device,
            view=view,
        )
    return print_report(report, json=json)
