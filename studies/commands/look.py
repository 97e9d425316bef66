"""list, status, show, best: what only reads."""

from __future__ import annotations

import shlex
import time
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
from studies.commands.output import clock, console, counted, number, parameters, print_json, table
from studies.commands.trial_view import duration_text, epochs_text, show_trial, trial_facts, value_text

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from studies.record.stored import StoredStudy


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
    from studies.record.progress import read_progress

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
        more = completed(f"(`studyhall best {shlex.quote(name)}`)", storage_flag(stored.location))
        rows.append(("best", f"{counted(progress.front, 'trial')} on the Pareto front {more}"))
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
    from studies.record.progress import read_progress

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
        return show_trial(stored, trial, json=json)
    trials = stored.study.get_trials(deepcopy=False)
    if json:
        spec = None if stored.spec is None else stored.spec.model_dump(mode="json", exclude_none=True)
        print_json({"name": name, "storage": str(stored.location), "files": str(stored.files), "spec": spec,
                    "trials": [trial_facts(row) for row in trials]})  # fmt: skip
        return 0
    if stored.spec is not None:
        console().print(_described(stored))
    rows = [
        [str(row.number), row.state.name, value_text(row), epochs_text(row), duration_text(row), _given(row)]
        for row in trials
    ]
    console().print(table(["trial", "state", "value", "epochs", "time", "parameters"], rows))
    return 0


def _given(trial: FrozenTrial) -> str:
    """Its parameters, or those of a start point that waits."""
    return parameters(trial.params or trial.system_attrs.get("fixed_params", {}))


def _described(stored: StoredStudy) -> Any:
    spec = stored.required_spec()
    return table(
        ["study", stored.name],
        [
            ("objective", spec.objective),
            ("goal", spec.goal),
            ("sampler", str(spec.sampler)),
            ("pruner", spec.pruning),
            *([("data", spec.data.described)] if spec.data is not None else []),
            *([("training", spec.train.described)] if spec.train is not None else []),
            ("seed", str(spec.seed)),
            ("storage", str(stored.location)),
            ("files", str(stored.files)),
            ("", ""),
        ],
    )


def best(name: Name, storage: Storage = DEFAULT_STORAGE, json: Json = False) -> int:
    """The best trial, or the Pareto front of a study with several objectives, the best by the first one first."""
    from optuna.study import StudyDirection

    from studies.errors import StudyError
    from studies.record.progress import best_trial

    stored = find(name, storage)
    study, names = stored.study, stored.value_names
    if len(study.directions) > 1:
        sign = -1 if study.directions[0] is StudyDirection.MAXIMIZE else 1
        found = sorted(study.best_trials, key=lambda row: (sign * row.values[0], row.number))
    else:
        one = best_trial(study.get_trials(deepcopy=False), study.directions[0])
        found = [] if one is None else [one]
    if not found:
        raise StudyError(f"study {name!r} has no complete trial yet; `studyhall status {name}` shows how it stands")
    if json:
        facts = [{**trial_facts(row), "metrics": dict(zip(names, row.values, strict=True))} for row in found]
        print_json(facts if len(study.directions) > 1 else facts[0])
        return 0
    if len(names) > 1:
        front = [[str(row.number), *map(number, row.values), parameters(row.params)] for row in found]
        console().print(table(["trial", *names, "with"], front))
        return 0
    row = found[0]
    rows = [(key, number(v) if isinstance(v, float) else str(v)) for key, v in row.params.items()]
    console().print(table(["trial", str(row.number)], [(names[0], value_text(row)), *rows]))
    return 0
