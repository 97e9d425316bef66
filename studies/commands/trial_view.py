"""One trial as people see it: its facts, its runs, its curves, its attempts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from optuna.trial import FrozenTrial
from rich.console import Console
from rich.table import Table

from storage.attempts import Attempt, times_of
from studies.analysis.learning_curves import Curves
from studies.api import TrialReport
from studies.commands.chart import chart, side_by_side
from studies.commands.output import console, number, parameter_text, parameters, table
from studies.record.best import is_feasible
from studies.sampling.duplicates import ATTRIBUTE

_RUN_KEYS = {"repeat", "value"}


def print_trial(report: TrialReport) -> None:
    """Print one trial whole."""
    found = report.trial
    rows = [("state", found.state.name), ("value", value_text(found)), ("time", duration_text(found))]
    if found.constraints:
        rows.append(("feasible", feasible_text(found)))
        rows += [(f"constraint {key}", number(value)) for key, value in found.constraints.items()]
    rows += [(key, parameter_text(value)) for key, value in found.params.items()]
    runs = _runs_of(found.user_attrs)
    hidden = {"folds"} if runs else set()
    for key, value in found.user_attrs.items():
        if not isinstance(value, dict) and key not in hidden:
            rows.append((key, str(value)))
    if found.intermediate_values:
        values = [found.intermediate_values[step] for step in sorted(found.intermediate_values)]
        rows.append(("reports", f"{_sparkline(values)}  {number(values[0])} .. {number(values[-1])}"))
    out = console()
    out.print(table(["trial", str(found.number)], rows))
    _print_runs(out, runs)
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
    """A line for each trial; whether it is feasible where any trial has constraints."""
    columns: dict[str, Callable[[FrozenTrial], str]] = {
        "trial": lambda row: str(row.number),
        "state": lambda row: row.state.name,
        "value": value_text,
        **({"feasible": feasible_text} if any(row.constraints for row in trials) else {}),
        "epochs": epochs_text,
        "time": duration_text,
        "parameters": _given,
    }
    return table([*columns], [[cell(row) for cell in columns.values()] for row in trials])


def _given(trial: FrozenTrial) -> str:
    """Its parameters, or those of a start point that waits."""
    return parameters(trial.params or trial.system_attrs.get("fixed_params", {}))


def _runs_of(attributes: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """What training has kept of each split and repeat; nothing where the attribute is somebody else's."""
    kept = attributes.get("folds")
    if not isinstance(kept, list):
        return []
    return kept if all(isinstance(run, dict) and run.keys() >= _RUN_KEYS for run in kept) else []


def _print_runs(out: Console, runs: Sequence[Mapping[str, Any]]) -> None:
    """One line for each split and repeat of a trial that has several."""
    if not runs:
        return
    rows = []
    for run in runs:
        values = run["value"] if isinstance(run["value"], list) else [run["value"]]
        said = ", ".join(number(value) if isinstance(value, float | int) else "-" for value in values)
        cells = [str(run[key]) if run.get(key) is not None else "-" for key in ("epochs", "best_epoch", "ended")]
        # Studies of format 2 have "division".
        split = run.get("split", run.get("division", "-"))
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
        "attempts": [row.to_json() for row in report.attempts],
    }


def trial_facts(trial: FrozenTrial) -> dict[str, Any]:
    """The stable keys of a trial in --json."""
    times = times_of(trial)
    return {
        "number": trial.number,
        "state": trial.state.name,
        "values": trial.values,
        "feasible": is_feasible(trial),
        "constraints": trial.constraints,
        "params": trial.params,
        "reports": {str(step): value for step, value in sorted(trial.intermediate_values.items())},
        "attributes": trial.user_attrs,
        "start": times.start and times.start.isoformat(timespec="seconds"),
        "end": times.end and times.end.isoformat(timespec="seconds"),
    }


def value_text(trial: FrozenTrial) -> str:
    """Its value, or values, in short."""
    return ", ".join(number(value) for value in trial.values) if trial.values else "-"


def duration_text(trial: FrozenTrial) -> str:
    """How long it took."""
    seconds = times_of(trial).seconds
    return "-" if seconds is None else f"{seconds:.1f} s"


def feasible_text(trial: FrozenTrial) -> str:
    """Whether it breaks none of its constraints; a dash where it has set none."""
    return ("yes" if is_feasible(trial) else "no") if trial.constraints else "-"


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
