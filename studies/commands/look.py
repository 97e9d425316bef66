"""list, status, show, best: what only reads."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studies.commands.options import DEFAULT_STORAGE, Json, Name, Storage, examples, find, locate
from studies.commands.output import clock, console, number, parameters, print_json, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optuna.trial import FrozenTrial
    from rich.console import Console

    from storage.attempts import Attempt
    from studies.reading import Finding
    from studies.stored import StoredStudy


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("list", epilog=examples("studyhall list", "studyhall list --storage big.db --json"))(list_studies)
    app.command(epilog=examples("studyhall status digits_mlp", "studyhall status digits_mlp --watch"))(status)
    app.command(
        epilog=examples("studyhall show digits_mlp", "studyhall show digits_mlp 13", "studyhall show digits_mlp --json")
    )(show)
    app.command(epilog=examples("studyhall best digits_mlp", "studyhall best digits_mlp --json"))(best)


def list_studies(storage: Storage = DEFAULT_STORAGE, json: Json = False) -> int:
    """All studies in the storage."""
    from optuna.trial import TrialState

    from storage import open_storage
    from storage.claims import FINISHED, Budget
    from storage.errors import StorageMissing

    location = locate(storage)
    try:
        opened = open_storage(location)
    except StorageMissing as missing:
        if json:
            print_json([])
        else:
            console().print(str(missing), markup=False)
        return 0
    rows: list[dict[str, Any]] = []
    for frozen in opened.get_all_studies():
        counts = opened.count_states(frozen._study_id)
        rows.append(
            {
                "name": frozen.study_name,
                "directions": [direction.name.lower() for direction in frozen.directions],
                "finished": sum(counts[state] for state in FINISHED),
                "trials": Budget.of(opened, frozen._study_id).trials,
                "running": counts[TrialState.RUNNING],
                "waiting": counts[TrialState.WAITING],
                "failed": counts[TrialState.FAIL],
            }
        )
    if json:
        print_json(rows)
    elif not rows:
        console().print(f"{location} holds no study yet; `studyhall launch quadratic` makes one", markup=False)
    else:
        console().print(table(
            ["study", "direction", "finished", "running", "waiting", "failed"],
            [[row["name"], ", ".join(row["directions"]),
              f"{row['finished']}/{row['trials']}" if row["trials"] else str(row["finished"]),
              str(row["running"]), str(row["waiting"]), str(row["failed"])] for row in rows],
        ))  # fmt: skip
    return 0


def status(
    name: Name,
    storage: Storage = DEFAULT_STORAGE,
    watch: Annotated[bool, typer.Option("--watch", help="Go on showing it until Ctrl-C or until it is over.")] = False,
    json: Json = False,
) -> int:
    """How a study stands, over all workers and machines. Changes nothing."""
    from studies.progress import read_progress

    stored = find(name, storage)
    if watch and not json:
        return _watch(stored)
    progress = read_progress(stored)
    if json:
        print_json(progress.to_json())
        return 0
    of = f" of {progress.budget.trials}" if progress.budget.trials is not None else ""
    rows = [
        ("finished", f"{progress.finished}{of} ({progress.complete} complete, {progress.pruned} pruned)"),
        ("failed", str(progress.failed)),
        ("running", str(progress.running)),
        ("waiting", str(progress.waiting)),
        ("time", _time(progress.seconds, progress.budget.seconds)),
        ("sessions", str(len(progress.sessions))),
    ]
    if progress.best is not None:
        value = f"{progress.value_names[0]} {number(progress.best.value)}"
        rows.append(("best", f"{value}, trial {progress.best.number}"))
        rows.append(("", parameters(progress.best.params)))
    elif progress.front:
        rows.append(("best", f"{progress.front} trials on the Pareto front (`studyhall best {name}`)"))
    for running in progress.workers:
        dead = ", DEAD: the next resume hands it back" if running.alive is False else ""
        rows.append((f"trial {running.number}", f"worker {running.worker} on {running.host}, process {running.pid}, "
                     f"{running.epochs} reports, last {number(running.last_value)}{dead}"))  # fmt: skip
    if progress.unknown_running:
        rows.append(("note", f"{progress.unknown_running} RUNNING trial(s) belong to no worker of studyhall"))
    console().print(table(["study", name], rows))
    return 0


def _time(seconds: float, limit: float | None) -> str:
    return clock(seconds) if limit is None else f"{clock(seconds)} of {clock(limit)}"


def _watch(stored: StoredStudy) -> int:
    from studies.commands.live import LiveView
    from studies.progress import read_progress

    try:
        with LiveView(console(), stored.spec.steps if stored.spec is not None else None) as view:
            while True:
                progress = read_progress(stored)
                view(progress)
                if not progress.sessions and not progress.running:
                    return 0
                time.sleep(1.0)
    except KeyboardInterrupt:
        return 0


def show(
    name: Name,
    trial: Annotated[int | None, typer.Argument(metavar="[TRIAL]", help="The number of a trial.", min=0)] = None,
    storage: Storage = DEFAULT_STORAGE,
    json: Json = False,
) -> int:
    """A study and its trials, or one trial whole."""
    stored = find(name, storage)
    if trial is not None:
        return _show_trial(stored, trial, json=json)
    trials = stored.study.get_trials(deepcopy=False)
    if json:
        spec = None if stored.spec is None else stored.spec.model_dump(mode="json", exclude_none=True)
        print_json({"name": name, "storage": str(stored.location), "files": str(stored.files), "spec": spec,
                    "trials": [_facts(row) for row in trials]})  # fmt: skip
        return 0
    if stored.spec is not None:
        console().print(_described(stored))
    rows = [[str(row.number), row.state.name, _value(row), _epochs(row), _seconds(row), parameters(row.params)]
            for row in trials]  # fmt: skip
    console().print(table(["trial", "state", "value", "epochs", "time", "parameters"], rows))
    return 0


def _described(stored: StoredStudy) -> Any:
    spec = stored.required_spec()
    return table(
        ["study", stored.name],
        [
            ("objective", spec.objective),
            ("goal", spec.goal),
            ("sampler", f"{spec.sampler.name} {spec.sampler.options or ''}"),
            ("pruner", f"{spec.pruner.name} {spec.pruner.options or ''}"),
            ("seed", str(spec.seed)),
            ("storage", str(stored.location)),
            ("files", str(stored.files)),
            ("", ""),
        ],
    )


def _show_trial(stored: StoredStudy, wanted: int, *, json: bool) -> int:
    from storage.attempts import attempts_of
    from studies.reading import Curves, read
    from studies.stored import StudyFault

    trials = stored.study.get_trials(deepcopy=False)
    found = next((row for row in trials if row.number == wanted), None)
    if found is None:
        there = f"0 to {trials[-1].number}" if trials else "none yet"
        raise StudyFault(f"study {stored.name!r} has no trial {wanted}; there are: {there}")
    attempts = attempts_of(found.system_attrs)
    if json:
        reading = [vars(finding) | {"sentence": finding.sentence} for finding in read(Curves.of(found.user_attrs))]
        print_json({**_facts(found), "reading": reading,
                    "attempts": [vars(row) | {"process": row.process.to_json()} for row in attempts]})  # fmt: skip
        return 0
    rows = [("state", found.state.name), ("value", _value(found)), ("time", _seconds(found))]
    rows += [(key, number(value) if isinstance(value, float) else str(value)) for key, value in found.params.items()]
    shown = {key: value for key, value in found.user_attrs.items() if not isinstance(value, dict) and key != "folds"}
    rows += [(key, str(value)) for key, value in shown.items()]
    if found.intermediate_values:
        values = [found.intermediate_values[step] for step in sorted(found.intermediate_values)]
        rows.append(("reports", f"{_sparkline(values)}  {number(values[0])} .. {number(values[-1])}"))
    out = console()
    out.print(table(["trial", str(found.number)], rows))
    _print_runs(out, found.user_attrs.get("folds", []))
    findings = _print_curves(out, found)
    for finding in findings:
        out.print(f"\n{finding.sentence}", markup=False)
    if attempts:
        console().print()
        columns = ["attempt", "worker", "process", "start (UTC)", "end (UTC)", "outcome"]
        console().print(table(columns, [_attempt(*numbered) for numbered in enumerate(attempts, start=1)]))
        for index, row in enumerate(attempts):
            if row.detail:
                console().print(f"\nattempt {index + 1}: {row.detail.rstrip()}", markup=False)
    return 0


def _print_runs(out: Console, runs: Sequence[Mapping[str, Any]]) -> None:
    """One line for each division and repeat of a trial that has several."""
    if not runs:
        return
    rows = []
    for run in runs:
        values = run["value"] if isinstance(run["value"], list) else [run["value"]]
        said = ", ".join("-" if value is None else number(value) for value in values)
        cells = [str(run[key]) if run.get(key) is not None else "-" for key in ("epochs", "best_epoch", "ended")]
        rows.append([str(run["repeat"]), str(run["division"]), said, *cells])
    out.print()
    out.print(table(["repeat", "division", "value", "epochs", "best epoch", "ended"], rows))


def _print_curves(out: Console, trial: FrozenTrial) -> list[Finding]:
    """Draw what training kept of its epochs, and return what it says."""
    from studies.commands.chart import chart, side_by_side
    from studies.reading import Curves, read

    curves = Curves.of(trial.user_attrs)
    charts = [
        chart(name, {"training": ours, "validation": theirs})
        for name, ours, theirs in (
            ("loss", curves.loss, curves.val_loss),
            ("accuracy", curves.accuracy, curves.val_accuracy),
        )
        if len(ours) > 1
    ]
    if charts:
        out.print()
        out.print(side_by_side(charts, out.width))
    return read(curves)


def _attempt(number_: int, attempt: Attempt) -> list[str]:
    start, end = (when[:19].replace("T", " ") for when in (attempt.start, attempt.end or ""))
    return [str(number_), attempt.worker, str(attempt.process), start, end[11:], attempt.outcome or "runs"]


def best(name: Name, storage: Storage = DEFAULT_STORAGE, json: Json = False) -> int:
    """The best trial, or the Pareto front of a study with several objectives, the best by the first one first."""
    from optuna.study import StudyDirection

    from studies.progress import best_trial
    from studies.stored import StudyFault

    stored = find(name, storage)
    study, names = stored.study, stored.value_names
    if len(study.directions) > 1:
        sign = -1 if study.directions[0] is StudyDirection.MAXIMIZE else 1
        found = sorted(study.best_trials, key=lambda row: (sign * row.values[0], row.number))
    else:
        one = best_trial(study.get_trials(deepcopy=False), study.directions[0])
        found = [] if one is None else [one]
    if not found:
        raise StudyFault(f"study {name!r} has no complete trial yet; `studyhall status {name}` shows how it stands")
    if json:
        facts = [{**_facts(row), "metrics": dict(zip(names, row.values, strict=True))} for row in found]
        print_json(facts if len(study.directions) > 1 else facts[0])
        return 0
    if len(names) > 1:
        front = [[str(row.number), *map(number, row.values), parameters(row.params)] for row in found]
        console().print(table(["trial", *names, "with"], front))
        return 0
    row = found[0]
    rows = [(key, number(v) if isinstance(v, float) else str(v)) for key, v in row.params.items()]
    console().print(table(["trial", str(row.number)], [(names[0], _value(row)), *rows]))
    return 0


def _facts(trial: FrozenTrial) -> dict[str, Any]:
    return {
        "number": trial.number,
        "state": trial.state.name,
        "values": trial.values,
        "params": trial.params,
        "reports": {str(step): value for step, value in sorted(trial.intermediate_values.items())},
        "attributes": trial.user_attrs,
        "start": trial.datetime_start,
        "end": trial.datetime_complete,
    }


def _value(trial: FrozenTrial) -> str:
    return ", ".join(number(value) for value in trial.values) if trial.values else "-"


def _seconds(trial: FrozenTrial) -> str:
    return "-" if trial.duration is None else f"{trial.duration.total_seconds():.1f} s"


def _epochs(trial: FrozenTrial) -> str:
    # Studies with several objectives take no reports.
    return str(len(trial.intermediate_values) or trial.user_attrs.get("epochs", "-"))


def _sparkline(values: list[float]) -> str:
    finite = [value for value in values if value == value and abs(value) != float("inf")]
    if not finite:
        return ""
    low, high = min(finite), max(finite)
    blocks = "▁▂▃▄▅▆▇█"
    scale = (len(blocks) - 1) / (high - low) if high > low else 0.0
    return "".join(blocks[round((value - low) * scale)] if value in finite else "?" for value in values)
