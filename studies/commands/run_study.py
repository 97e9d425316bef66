"""launch, resume, worker, stop: what makes a study run and end."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studies.commands.options import (
    DEFAULT_STORAGE,
    Json,
    Name,
    Storage,
    completed,
    examples,
    find,
    locate,
    storage_flag,
)
from studies.commands.output import clock, console, counted, number, parameters, print_json
from studies.execution.engines.table import DEFAULT_ENGINE, ENGINES

if TYPE_CHECKING:
    from studies.execution.outcome import LaunchOutcome
    from studies.record.stored import StoredStudy
    from studies.spec.settings import WorkerSettings

Workers = Annotated[int | None, typer.Option("--workers", "-w", min=1, help="Parallel worker processes.")]
Devices = Annotated[str | None, typer.Option(help="GPUs to use: 0,1 or none (default: all there are).")]
PerDevice = Annotated[int | None, typer.Option("--workers-per-device", min=1, help="Workers that may share one GPU.")]
Trials = Annotated[int | None, typer.Option(min=1, help="Finished trials the whole study is to have.")]
AcceptChanges = Annotated[bool, typer.Option("--accept-changes", help="Go on although the objective has changed.")]
Engine = Annotated[str, typer.Option(help=f"Where workers run: {', '.join(ENGINES)}.")]


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command(
        epilog=examples(
            "studyhall launch digits_mlp --workers 2",
            "studyhall launch my_search.toml --set train.epochs=3 --trials 10",
            "studyhall launch train.py:objective --trials 100 --workers 4",
            "studyhall launch train.py:objective --direction minimize,maximize --timeout 2h",
        )
    )(launch)
    app.command(
        epilog=examples(
            "studyhall resume digits_mlp",
            "studyhall resume digits_mlp --trials 200",
            "studyhall resume big --timeout 1h",
        )
    )(resume)
    app.command(
        epilog=examples("studyhall worker digits_mlp", "studyhall worker digits_mlp --workers 4 --devices none")
    )(worker)
    app.command(epilog=examples("studyhall stop digits_mlp", "studyhall stop digits_mlp --storage big.db"))(stop)


def launch(
    study: Annotated[
        str, typer.Argument(metavar="STUDY", help="A gallery study, a file.toml, or an objective file.py:function.")
    ],
    storage: Storage = DEFAULT_STORAGE,
    name: Annotated[str | None, typer.Option(help="Another name for the study.")] = None,
    workers: Workers = None,
    devices: Devices = None,
    workers_per_device: PerDevice = None,
    trials: Trials = None,
    timeout: Annotated[str | None, typer.Option(help="Running time of the whole study, such as 2h or 90s.")] = None,
    engine: Engine = DEFAULT_ENGINE,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Any setting: key=value, dotted. Repeatable.")] = None,
    direction: Annotated[str | None, typer.Option(help="minimize or maximize; several with commas.")] = None,
    sampler: Annotated[str | None, typer.Option(help="tpe, random, grid, cmaes, gp, nsgaii, qmc, ...")] = None,
    pruner: Annotated[str | None, typer.Option(help="median, hyperband, halving, percentile, none, ...")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Decides everything random.")] = None,
    accept_changes: AcceptChanges = False,
    json: Json = False,
) -> int:
    """Run a study with parallel workers: start it, or go on with it where it was left."""
    from dataclasses import replace

    from storage import open_storage
    from studies.execution.launch import check_data, find_slots
    from studies.record.budget import check_size, raise_budget
    from studies.record.creation import create_or_join
    from studies.record.fingerprint import check_source
    from studies.study_file.reading import read_study

    _check_engine(engine)
    settings: dict[str, Any] = {
        "name": name,
        "budget.trials": trials,
        "budget.timeout": timeout,
        "directions": direction.split(",") if direction else None,
        "sampler": sampler,
        "pruner": pruner,
        "seed": seed,
        **_worker_settings(workers, devices, workers_per_device),
    }
    given = {key: value for key, value in settings.items() if value is not None} | parse_settings(set_ or [])
    spec = read_study(study, given)
    check_size(spec, spec.budget.trials)
    check_data(spec)
    find_slots(spec, spec.workers, engine=engine)
    location = locate(storage)
    stored, made = create_or_join(location, open_storage(location, create=True), spec, accept_changes=accept_changes)
    check_source(stored, accept=accept_changes)
    if not made:
        # A number given now is meant; one that merely stands in the file never lowers what was raised before.
        with stored.storage.transaction():
            budget, wish = stored.budget, spec.budget.to_budget()
            explicit = "budget.trials" in given
            replace(
                wish,
                points=budget.points,
                trials=budget.trials if explicit else _higher(budget.trials, wish.trials),
                seconds=_higher(budget.seconds, wish.seconds),
            ).store(stored.storage, stored.study_id)
            if explicit:
                raise_budget(stored, trials=wish.trials)
    return _run(stored, spec.workers, engine=engine, json=json)


def resume(
    name: Name,
    storage: Storage = DEFAULT_STORAGE,
    workers: Workers = None,
    devices: Devices = None,
    workers_per_device: PerDevice = None,
    trials: Trials = None,
    timeout: Annotated[str | None, typer.Option(help="Time to add to the study's, such as 1h.")] = None,
    engine: Engine = DEFAULT_ENGINE,
    accept_changes: AcceptChanges = False,
    json: Json = False,
) -> int:
    """Go on with a study that was interrupted, or give it a larger budget."""
    from studies.record.budget import raise_budget
    from studies.record.fingerprint import check_source

    _check_engine(engine)
    stored = find(name, storage)
    check_source(stored, accept=accept_changes)
    if trials is not None or timeout is not None:
        raise_budget(stored, trials=trials, more_seconds=_seconds(timeout))
    return _run(stored, _with(stored, _worker_settings(workers, devices, workers_per_device)), engine=engine, json=json)


def worker(
    name: Name,
    storage: Storage = DEFAULT_STORAGE,
    workers: Workers = 1,
    devices: Devices = None,
    workers_per_device: PerDevice = None,
    json: Json = False,
) -> int:
    """Join a study that runs in another terminal, with workers of this one."""
    from studies.record.fingerprint import check_source

    stored = find(name, storage)
    check_source(stored, accept=False)
    return _run(stored, _with(stored, _worker_settings(workers, devices, workers_per_device)), json=json)


def stop(name: Name, storage: Storage = DEFAULT_STORAGE, json: Json = False) -> int:
    """Ask all workers of a study, in any terminal, to stop at the end of their epoch and hand their trials back."""
    from studies.record.sessions import live_sessions, request_stop

    stored = find(name, storage)
    sessions = live_sessions(stored.attributes)
    if sessions:
        request_stop(stored.storage, stored.study_id)
    workers = sum(row["workers"] for row in sessions.values())
    if json:
        print_json({"name": name, "asked_sessions": len(sessions), "asked_workers": workers})
    elif sessions:
        told = (
            f"{name}: asked {counted(workers, 'worker')} to stop at the end of their epoch; "
            f"`studyhall status {shlex.quote(name)}` shows when they have, "
            f"`studyhall resume {shlex.quote(name)}` goes on"
        )
        console().print(completed(told, storage_flag(stored.location)), markup=False)
    else:
        console().print(f"{name}: nobody runs it, so there is nothing to stop", markup=False)
    return 0


def _run(stored: StoredStudy, workers: WorkerSettings, *, engine: str = DEFAULT_ENGINE, json: bool) -> int:
    from studies.commands.live import LiveView
    from studies.execution.launch import launch as run_workers
    from studies.execution.outcome import StopReason, exit_code
    from studies.record.progress import read_progress

    spec = stored.required_spec()
    before = read_progress(stored)
    with LiveView(console(stderr=json), spec.steps) as view:
        outcome = run_workers(stored, workers, view, engine=engine)
    code = exit_code(stored, outcome)
    progress = read_progress(stored)
    if json:
        print_json({"outcome": outcome.ended.name.lower(), "detail": outcome.detail, "exit_code": code,
                    **progress.to_json()})  # fmt: skip
        return code
    was_finished = outcome.ended is StopReason.BUDGET_REACHED and before.finished == progress.finished
    _print_end(stored, outcome, code, already=was_finished)
    return code


def _print_end(stored: StoredStudy, outcome: LaunchOutcome, code: int, *, already: bool) -> None:
    from studies.execution.outcome import StopReason
    from studies.record.progress import read_progress

    progress = read_progress(stored)
    of = f" of {progress.budget.trials}" if progress.budget.trials is not None else ""
    head = "is finished already" if already else outcome.ended.value
    lines = [
        f"{stored.name}: {head}: {progress.finished}{of} trials finished "
        f"({progress.complete} complete, {progress.pruned} pruned), {progress.failed} failed, "
        f"{progress.running} running, {progress.waiting} waiting, in {clock(progress.seconds)}"
    ]
    flag = storage_flag(stored.location)
    if outcome.detail:
        lines.append(f"why    {completed(outcome.detail, flag)}")
    if progress.best is not None:
        value = f"{progress.value_names[0]} {number(progress.best.value)}"
        lines.append(f"best   {value}, trial {progress.best.number}: {parameters(progress.best.params)}")
    elif progress.front:
        lines.append(f"best   {counted(progress.front, 'trial')} on the Pareto front")
    lines += [f"study  {stored.location}", f"files  {stored.files}"]
    shown = f" {progress.best.number}" if progress.best is not None else ""
    found = progress.best is not None or progress.front
    name = shlex.quote(stored.name)
    first = f"resume {name}" if code else f"best {name}" if found else f"status {name}"
    following = [f"studyhall {command}{flag}" for command in (first, f"show {name}{shown}", "dashboard")]
    if outcome.ended is StopReason.UNUSABLE:
        following = ["put that right and launch again, or where the study's file needs no change", *following]
    lines += [f"{'next' if place == 0 else '    '}   {line}" for place, line in enumerate(following)]
    console().print("\n".join(lines), markup=False)


def _worker_settings(workers: int | None, devices: str | None, per_device: int | None) -> dict[str, Any]:
    dealt: Any = devices
    if devices is not None and devices not in ("none", "all"):
        try:
            dealt = [int(part) for part in devices.split(",")]
        except ValueError:
            raise typer.BadParameter(f"found {devices!r}; a list of GPU numbers such as 0,1, or none") from None
    return {"workers.count": workers, "workers.devices": dealt, "workers.per_device": per_device}


def _with(stored: StoredStudy, settings: dict[str, Any]) -> WorkerSettings:
    from studies.spec.settings import WorkerSettings

    given = {key.removeprefix("workers."): value for key, value in settings.items() if value is not None}
    return WorkerSettings.model_validate({**stored.required_spec().workers.model_dump(), **given})


def parse_settings(texts: list[str]) -> dict[str, Any]:
    """The ``key=value`` texts of --set; a usage error when one is none."""
    from studies.study_file.reading import setting

    try:
        return dict(setting(text) for text in texts)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--set") from None


def _seconds(timeout: str | None) -> float | None:
    from studies.spec.settings import duration

    if timeout is None:
        return None
    try:
        return float(duration(timeout))
    except ValueError as error:
        raise typer.BadParameter(f"found {timeout!r}; {error}", param_hint="--timeout") from None


def _check_engine(engine: str) -> None:
    if engine not in ENGINES:
        raise typer.BadParameter(f"found {engine!r}; allowed: {', '.join(ENGINES)}", param_hint="--engine")


def _higher(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else max(one, other)
