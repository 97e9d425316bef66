"""One trial as people see it: its facts, its runs, its curves, its attempts."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from studies.commands.output import console, number, print_json, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from optuna.trial import FrozenTrial
    from rich.console import Console

    from storage.attempts import Attempt
    from studies.analysis.learning_curves import Finding
    from studies.record.stored import StoredStudy


def show_trial(stored: StoredStudy, wanted: int, *, json: bool) -> int:
    """Print the trial of that number; see `show`."""
    from storage.attempts import attempts_of
    from studies.analysis.learning_curves import Curves, read
    from studies.errors import StudyError

    trials = stored.study.get_trials(deepcopy=False)
    found = next((row for row in trials if row.number == wanted), None)
    if found is None:
        there = f"0 to {trials[-1].number}" if trials else "none yet"
        raise StudyError(f"study {stored.name!r} has no trial {wanted}; there are: {there}")
    attempts = attempts_of(found.system_attrs)
    if json:
        reading = [vars(finding) | {"sentence": finding.sentence} for finding in read(Curves.of(found.user_attrs))]
        print_json({**trial_facts(found), "reading": reading,
                    "attempts": [vars(row) | {"process": row.process.to_json()} for row in attempts]})  # fmt: skip
        return 0
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
    from studies.analysis.learning_curves import Curves, read
    from studies.commands.chart import chart, side_by_side

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
    from studies.sampling.duplicates import ATTRIBUTE

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
