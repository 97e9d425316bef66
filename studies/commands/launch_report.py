"""What `launch`, `resume` and `worker` show: the study while it runs, and how it ended."""

from __future__ import annotations

from contextlib import nullcontext

from objectives.wording import printable
from studies import api
from studies.api import LaunchReport
from studies.commands.live import LiveView
from studies.commands.lossy import lossy_output
from studies.commands.next_command import completed
from studies.commands.output import clock, console, counted, number, parameters, print_json
from studies.execution.outcome import SIGNALLED, StopReason
from studies.wording import command_line, offered


def shown(*, json: bool) -> LiveView:
    """The view of a study that runs; beside JSON it goes to stderr."""
    return LiveView(console(stderr=json))


def print_report(report: LaunchReport, *, json: bool) -> int:
    """Print how a launch ended; returns its exit code. Who was told to end waits for no reader."""
    with lossy_output() if report.outcome.ended in SIGNALLED else nullcontext():
        if json:
            print_json(report.to_json())
        else:
            # A command that is refused says nothing on stdout.
            is_refused = report.outcome.ended is StopReason.CHANGED
            console(stderr=is_refused).print("\n".join(_lines(report)), markup=False)
    return report.exit_code


def _lines(report: LaunchReport) -> list[str]:
    progress, outcome = report.progress, report.outcome
    of = f" of {progress.budget.trials}" if progress.budget.trials is not None else ""
    head = "is finished already" if report.nothing_to_do else outcome.ended.value
    lines = [
        f"{printable(progress.name)}: {head}: {progress.finished}{of} trials finished "
        f"({progress.complete} complete, {progress.pruned} pruned), {progress.failed} failed, "
        f"{progress.running} running, {progress.waiting} waiting, in {clock(progress.seconds)}"
    ]
    flag = api.storage_flag(report.location)
    if outcome.detail:
        lines.append(f"why    {completed(outcome.detail, flag)}")
    if progress.none_feasible:
        lines.append("best   no feasible trial yet: every complete trial breaks a constraint")
    elif progress.best is not None:
        value = f"{progress.value_names[0]} {number(progress.best.value)}"
        lines.append(f"best   {value}, trial {progress.best.number}: {parameters(progress.best.params)}")
    elif progress.front:
        lines.append(f"best   {counted(progress.front, 'trial')} on the Pareto front")
    if progress.unowned:
        requeue = offered("resume", progress.name, flags=f"--unowned requeue{flag}")
        lines.append(f"left   {counted(progress.unowned, 'RUNNING trial')} held by nobody; {requeue} runs them")
    lines += [f"study  {report.location}", f"files  {printable(str(report.files))}"]
    following = _next_commands(report, flag)
    if outcome.ended is StopReason.CANNOT_START:
        following = ["put that right, then", *following]
    if outcome.ended is StopReason.UNUSABLE:
        following = ["put that right and launch again; where the study file stays as it is, also:", *following]
    return lines + [f"{'next' if place == 0 else '    '}   {line}" for place, line in enumerate(following)]


def _next_commands(report: LaunchReport, flag: str) -> list[str]:
    progress = report.progress
    found = progress.best is not None or progress.front
    first = "resume" if report.exit_code else "best" if found else "status"
    accepting = " --accept-changes" if report.outcome.ended is StopReason.CHANGED else ""
    shown = [str(progress.best.number)] if progress.best is not None else []
    return [
        command_line(first, progress.name, flags=accepting + flag),
        command_line("show", progress.name, *shown, flags=flag),
        command_line("dashboard", flags=flag),
    ]
