"""One trial as people see it: its facts, its runs, its curves, its attempts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from optuna.trial import FrozenTrial
from rich.console import Console
from rich.table import Table

from storage.attempts import Attempt
from studies.analysis.learning_curves import Curves
from studies.api import TrialReport
from studies.commands.chart import chart, side_by_side
from studies.commands.output import console, number, parameters, table
from studies.sampling.duplicates import ATTRIBUTE


def print_trial(report: TrialReport) -> None:
    """Print one trial whole."""
    found = report.trial
    rows = [("state", found.state.name), ("value", value_text(found)), ("time", duration_text(found))]
    rows += [(key, number(value) if isinstance(value, float) else str(value)) for key, value in found.params.items()]
    shown = {key: value for key, value in found.user_attrs.items() if not isinstance(value, dict) and key != "folds"}
    rows += [(key, str(value)) for key, value in shown.items()]
    if found.intermediate_values:
        values = [found.intermediate_values[step] for step in sorted(found.intermediate_values)]
        rows.append(("reports", f"{_sparkline(values)}  {number(values[0])} .. {number(values[-1])}"))
    out = console()
    out.print(table(["trial", str(found.number)], rows))
    _print_runs(out, found.user_attrs.get("folds", []))
    _print_curves(out, report.curves)
    for finding in report.findings:
        out.print(f"\n{finding.sentence}", markup=False)
    if report.attempts:
        out.print()
        columns = ["attempt", "worker", "process", "start (UTC)", "end (UTC)", "outcome"]
        out.print(table(columns, [_attempt(*numbered) for numbered in enumerate(report.attempts, start=1)]))
        for index, row in enumerate(report.attempts, start=1):
            if row.detail:
                out.print(f"\nattempt {index}: {row.detail.rstrip()}", markup=False)


def trial_table(trials: Sequence[FrozenTrial]) -> Table:
    """A line for each trial."""
    rows = [
        [str(row.number), row.state.name, value_text(row), epochs_text(row), duration_text(row), _given(row)]
        for row in trials
    ]
    return table(["trial", "state", "value", "epochs", "time", "parameters"], rows)


def _given(trial: FrozenTrial) -> str:
    """Its parameters, or those of a start point that waits."""
    return parameters(trial.params or trial.system_attrs.get("fixed_params", {}))


def _print_runs(out: Console, runs: Sequence[Mapping[str, Any]]) -> None:
    """One line for each split and repeat of a trial that has several."""
    if not runs:
        return
    rows = []
    for run in runs:
        values = run["value"] if isinstance(run["value"], list) else [run["value"]]
        said = ", ".join("-" if value is None else number(value) for value in values)
        cells = [str(run[key]) if run.get(key) is not None else "-" for key in ("epochs", "best_epoch", "ended")]
        # Studies of format 2 have "division".
        split = run["split"] if "split" in run else run["division"]
        rows.append([str(run["repeat"]), str(split), said, *cells])
    out.print()
    out.print(table(["repeat", "split", "value", "epochs", "best epoch", "ended"], rows))


def _print_curves(out: Console, curves: Curves) -> None:
    """Draw what training kept of its epochs."""
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


def _attempt(number_: int, attempt: Attempt) -> list[str]:
    start, end = (when[:19].replace("T", " ") for when in (attempt.start, attempt.end or ""))
    return [str(number_), attempt.worker, str(attempt.process), start, end[11:], attempt.outcome or "runs"]


def trial_json(report: TrialReport) -> dict[str, Any]:
    """The stable keys of ``show NAME TRIAL --json``."""
    return {
        **trial_facts(report.trial),
        "findings": [vars(finding) | {"sentence": finding.sentence} for finding in report.findings],
        "attempts": [vars(row) | {"process": row.process.to_json()} for row in report.attempts],
    }


def trial_facts(trial: FrozenTrial) -> dict[str, Any]:
    """The stable keys of a trial in --json."""
    return {
        "number": trial.number,
        "state": trial.state.name,
        "values": trial.values,
        "params": trial.params,
        "reports": {str(step): value for step, value in sorted(trial.intermediate_values.items())},
        "attributes": trial.user_attrs,
        "start": _utc(trial.datetime_start),
        "end": _utc(trial.datetime_complete),
    }


def _utc(moment: datetime | None) -> str | None:
    # Optuna's are local and say no zone.
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")


def value_text(trial: FrozenTrial) -> str:
    """Its value, or values, in short."""
    return ", ".join(number(value) for value in trial.values) if trial.values else "-"


def duration_text(trial: FrozenTrial) -> str:
    """How long it took."""
    return "-" if trial.duration is None else f"{trial.duration.total_seconds():.1f} s"


def epochs_text(trial: FrozenTrial) -> str:
    """How many epochs it ran, or whose result it has."""
    if (earlier := trial.user_attrs.get(ATTRIBUTE)) is not None:
        return f"as trial {earlier}"
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
