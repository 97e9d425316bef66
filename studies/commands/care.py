"""check, doctor, delete: before a study and after it."""

from __future__ import annotations

import shlex
import shutil
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from studies.commands.options import DEFAULT_STORAGE, Json, Name, Storage, examples, find, locate
from studies.commands.output import console, counted, number, parameters, print_json, table

if TYPE_CHECKING:
    from rich.console import Console

    from studies.preflight.dry_run import DryRun
    from studies.spec.study import StudySpec


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command(
        epilog=examples("studyhall check my_search.toml", "studyhall check digits_mlp --run --set train.epochs=3")
    )(check)
    app.command(epilog=examples("studyhall doctor", "studyhall doctor --storage /data/big.db --json"))(doctor)
    app.command(epilog=examples("studyhall delete digits_mlp", "studyhall delete digits_mlp --yes"))(delete)


def check(
    study: Annotated[
        str, typer.Argument(metavar="STUDY", help="A gallery study, a file.toml, or an objective file.py:function.")
    ],
    set_: Annotated[list[str] | None, typer.Option("--set", help="Any setting: key=value, dotted. Repeatable.")] = None,
    run: Annotated[
        bool, typer.Option("--run", help="Run one trial as well, of one epoch, and say what it took; nothing is kept.")
    ] = False,
    json: Json = False,
) -> int:
    """Read a study file and say everything that is wrong with it, or what it will do. Starts nothing but by --run."""
    from objectives.space.search_space import SearchSpace
    from studies.commands.run_study import parse_settings
    from studies.errors import StudyFileError
    from studies.preflight.data_check import examine, unseen
    from studies.preflight.dry_run import dry_run
    from studies.record.budget import check_size
    from studies.study_file.reading import read_study

    spec = read_study(study, parse_settings(set_ or []))
    check_size(spec, spec.budget.trials)
    data = examine(spec)
    if data is not None and data.faults:
        raise StudyFileError(study, [("", fault) for fault in data.faults])
    space = SearchSpace(spec.space)
    size = space.size() if spec.space else None
    if json:
        facts = {"spec": spec.model_dump(mode="json", exclude_none=True), "size": size}
        facts |= {"data": data.to_json()} if data is not None else {}
        print_json({**facts, "run": dry_run(spec).to_json()} if run else facts)
        return 0
    out = console()
    limits = [
        counted(spec.budget.trials, "trial") if spec.budget.trials else "",
        f"{spec.budget.timeout:g} s" if spec.budget.timeout else "",
    ]
    out.print(table(["study", spec.name], [
        ("objective", spec.objective),
        ("goal", spec.goal),
        ("sampler", str(spec.sampler)),
        ("pruner", spec.pruning),
        ("budget", " or ".join(filter(None, limits))),
        ("workers", str(spec.workers.count)),
        *([("data", f"{spec.data.described}: {data or f'not looked at: {unseen(spec.data)}'}")]
          if spec.data else []),
        *([("training", spec.train.described)] if spec.train else []),
        *([("start", f"{len(spec.start)} point{'s' if len(spec.start) > 1 else ''} first")] if spec.start else []),
        *([("warm start", spec.warm_start)] if spec.warm_start else []),
    ]))  # fmt: skip
    out.print()
    if spec.space:
        rows = [(row.name, row.kind, row.range, row.condition) for row in space.rows()]
        out.print(table(["parameter", "kind", "range", "only when"], rows))
        points = "endlessly many points" if size is None else f"{size:,} point{'s' if size != 1 else ''}"
        out.print(f"\n{len(space.searched)} searched, {points}")
    else:
        out.print("the objective suggests its own parameters")
    if run:
        _print_run(out, spec, dry_run(spec))
    words = shlex.join(["studyhall", "launch", study, *(word for text in set_ or [] for word in ("--set", text))])
    out.print(f"{study}: sound; `{words}` runs it", markup=False)
    return 0


def _print_run(out: Console, spec: StudySpec, done: DryRun) -> None:
    values = ", ".join(number(value) for value in done.trial.values or ())
    epochs = "one epoch" if spec.train is not None else "whole"
    out.print(
        f"\none trial, {epochs}: {', '.join(spec.value_names)} {values or '-'} in {done.seconds:.2f} s "
        f"({done.total_seconds:.1f} s with the start of a worker), with {parameters(done.trial.params)}",
        markup=False,
    )


def doctor(storage: Storage = DEFAULT_STORAGE, json: Json = False) -> int:
    """What studyhall finds on this machine: versions, devices, storage, data, optional parts."""
    from studies.preflight.doctor import examine

    findings = examine(locate(storage))
    if json:
        print_json([vars(finding) for finding in findings])
    else:
        signs = {"ok": "ok", "note": "note", "fault": "FAULT"}
        rows = [(finding.subject, signs[finding.level], finding.text) for finding in findings]
        console().print(table(["what", "", "found"], rows))
    return 1 if any(finding.level == "fault" for finding in findings) else 0


def delete(
    name: Name,
    storage: Storage = DEFAULT_STORAGE,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
) -> int:
    """Delete a study, its trials and its files. There is no way back."""
    from studies.errors import StudyError
    from studies.record.progress import read_progress

    stored = find(name, storage)
    progress = read_progress(stored)
    if progress.sessions:
        raise StudyError(f"study {name!r} is running; `studyhall stop {name}` first")
    if not yes:
        trials = sum(1 for _ in stored.study.get_trials(deepcopy=False))
        if not sys.stdin.isatty():
            raise typer.BadParameter(
                f"{name!r} has {counted(trials, 'trial')}; say --yes to delete it without being asked"
            )
        typer.confirm(f"Delete study {name!r} with its {counted(trials, 'trial')} and {stored.files}?", abort=True)
    stored.storage.delete_study(stored.study_id)
    shutil.rmtree(stored.files, ignore_errors=True)
    if json:
        print_json({"deleted": name})
    else:
        console().print(f"{name}: deleted", markup=False)
    return 0
