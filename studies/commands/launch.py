"""launch: run a study."""

from __future__ import annotations

from typing import Annotated

import typer

from studies import api
from studies.commands.options import (
    DEFAULT_STORAGE,
    AcceptChanges,
    Arguments,
    Devices,
    Engine,
    Json,
    PerDevice,
    Set,
    Storage,
    Study,
    Trials,
    Unowned,
    Workers,
    check_engine,
    device_numbers,
    settings,
)
from studies.execution.engines.table import DEFAULT_ENGINE

EXAMPLES = (
    "studyhall launch digits_mlp --workers 2",
    "studyhall launch my_search.toml --set train.epochs=3 --trials 10",
    "studyhall launch train.py:objective --trials 100 --workers 4",
    "studyhall launch train.py:objective --direction minimize,maximize --timeout 2h",
    "studyhall launch train.py:objective --trials 100 -- --epochs 3",
)


def command(
    study: Study,
    arguments: Arguments = None,
    storage: Storage = DEFAULT_STORAGE,
    name: Annotated[str | None, typer.Option(help="Another name for the study.")] = None,
    workers: Workers = None,
    devices: Devices = None,
    workers_per_device: PerDevice = None,
    trials: Trials = None,
    timeout: Annotated[str | None, typer.Option(help="Running time of the whole study, such as 2h or 90s.")] = None,
    engine: Engine = DEFAULT_ENGINE,
    set_: Set = None,
    direction: Annotated[str | None, typer.Option(help="minimize or maximize; several with commas.")] = None,
    sampler: Annotated[str | None, typer.Option(help="tpe, random, grid, cmaes, gp, nsgaii, qmc, ...")] = None,
    pruner: Annotated[str | None, typer.Option(help="median, hyperband, halving, percentile, none, ...")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The seed of everything random.")] = None,
    accept_changes: AcceptChanges = False,
    unowned: Unowned = None,
    json: Json = False,
) -> int:
    """Run a study with parallel workers. A study that exists continues."""
    from studies.commands.launch_report import print_report, shown

    check_engine(engine)
    with shown(json=json) as view:
        report = api.launch(
            study,
            storage=storage,
            name=name,
            workers=workers,
            devices=device_numbers(devices),
            workers_per_device=workers_per_device,
            trials=trials,
            timeout=timeout,
            directions=direction.split(",") if direction else None,
            sampler=sampler,
            pruner=pruner,
            seed=seed,
            settings=settings(set_),
            arguments=arguments,
            engine=engine,
            accept_changes=accept_changes,
            unowned=unowned,
            view=view,
        )
    return print_report(report, json=json)
