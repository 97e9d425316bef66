"""check: whether a study is sound, and what it will do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from objectives.wording import printable, shell_word
from studies import api
from studies.commands.check_report import print_data
from studies.commands.options import Arguments, Json, Set, Study, settings
from studies.commands.output import console, counted, number, parameters, print_json, table
from studies.wording import command_line

if TYPE_CHECKING:
    from studies.api import CheckReport
    from studies.preflight.dry_run import DryRun
    from studies.spec.study import StudySpec

EXAMPLES = ("studyhall check my_search.toml", "studyhall check digits_mlp --run --set train.epochs=3")


def command(
    study: Study,
    arguments: Arguments = None,
    set_: Set = None,
    run: Annotated[bool, typer.Option("--run", help="Also run one trial of one epoch, and keep nothing.")] = False,
    json: Json = False,
) -> int:
    """Report every error of a study file, or what the study will do."""
    report = api.check(study, settings(set_), arguments=arguments, run=run)
    if json:
        print_json(report.to_json())
        return 0
    out = console()
    _print_study(out, report)
    if report.data is not None:
        print_data(out, report.data)
    _print_space(out, report)
    if report.dry_run is not None:
        _print_run(out, report.spec, report.dry_run)
    for note in report.notes:
        out.print(f"note: {note}", markup=False)
    given = " ".join(f"--set {shell_word(text)}" for text in set_ or [])
    own = " ".join(["", "--", *map(shell_word, arguments)]) if arguments else ""
    line = f"{command_line('launch', study, flags=given)}{own}"
    out.print(f"{printable(study)}: sound; `{line}` runs it", markup=False)
    return 0


def _print_study(out: Console, report: CheckReport) -> None:
    spec = report.spec
    limits = [
        counted(spec.budget.trials, "trial") if spec.budget.trials else "",
        f"{spec.budget.timeout:g} s" if spec.budget.timeout else "",
    ]
    data = report.data or f"not looked at: {report.not_looked_at}"
    out.print(table(["study", spec.name], [
        ("objective", " ".join([spec.objective, *map(shell_word, spec.arguments)])),
        ("metric", spec.metric_text),
        ("sampler", str(spec.sampler)),
        ("pruner", spec.pruning),
        ("budget", " or ".join(filter(None, limits)) or "every point that the objective suggests"),
        ("workers", str(spec.workers.count)),
        *([("data", f"{spec.data.described}: {data}")] if spec.data else []),
        *([("training", spec.train.described)] if spec.train else []),
        *([("start", f"{counted(len(spec.start), 'point')} first")] if spec.start else []),
        *([("warm start", spec.warm_start)] if spec.warm_start else []),
    ]))  # fmt: skip
    out.print()


def _print_space(out: Console, report: CheckReport) -> None:
    if not report.spec.space:
        out.print("the objective suggests its own parameters")
        return
    from objectives.space.search_space import SearchSpace

    space = SearchSpace(report.spec.space)
    rows = [(row.name, row.kind, row.range, row.condition) for row in space.rows()]
    out.print(table(["parameter", "kind", "range", "only when"], rows))
    points = "infinitely many points" if report.size is None else counted(report.size, "point")
    out.print(f"\n{len(space.searched)} searched, {points}")


def _print_run(out: Console, spec: StudySpec, done: DryRun) -> None:
    values = ", ".join(number(value) for value in done.trial.values or ())
    epochs = "one epoch" if spec.train is not None else "whole"
    out.print(
        f"\none trial, {epochs}: {', '.join(spec.value_names)} {values or '-'} in {done.seconds:.2f} s "
        f"({done.total_seconds:.1f} s with the start of a worker), with {parameters(done.trial.params)}",
        markup=False,
    )
