"""The study while it runs: a live table in a terminal, else a plain line every few seconds."""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from objectives.wording import printable
from studies.commands.lossy import lossy_output
from studies.commands.output import clock, number, parameters
from studies.record.progress import Pace, Progress

_STARTING_SECONDS = 30.0


@dataclass
class LiveView:
    """Shows each ``Progress`` it is called with. A context manager: the terminal is given back at its end.

    Within, what is printed may be lost, for nobody who reads it is waited for.
    """

    console: Console
    plain_seconds: float = 3.0
    _pace: Pace = field(default_factory=Pace)
    _live: Live | None = None
    _shown: tuple[float, str] = (0.0, "")
    _output: ExitStack = field(default_factory=ExitStack)
    _begun: float = field(default_factory=time.monotonic)
    _starts: bool = True  # until a worker has run a trial
    _finished_before: int | None = None

    def __enter__(self) -> LiveView:
        self._output.enter_context(lossy_output())
        logging.getLogger("studyhall").addHandler(_Lines(self.console))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()
        logging.getLogger("studyhall").handlers.clear()
        self._output.close()

    def __call__(self, progress: Progress) -> None:
        """Show where the study stands."""
        if self._live is None and self.console.is_terminal:
            self.console.soft_wrap = False  # a table that wraps keeps its shape
            self._live = Live(Text("starting"), console=self.console, refresh_per_second=4)
            self._live.start()
        self._pace.look(progress)
        if self._finished_before is None:
            self._finished_before = progress.finished
        self._starts = self._starts and not progress.workers and progress.finished == self._finished_before
        self._show(progress)

    def _show(self, progress: Progress) -> None:
        if self._live is not None:
            elapsed = time.monotonic() - self._begun
            self._live.update(render(progress, self._pace, elapsed, starts=self._starts), refresh=True)
            return
        line = plain_line(progress, self._pace)
        when, last = self._shown
        done = progress.finished == progress.budget.trials
        if (done or time.monotonic() - when >= self.plain_seconds) and line != last:
            self._shown = (time.monotonic(), line)
            self.console.print(f"{time.strftime('%H:%M:%S')}  {line}", markup=False, soft_wrap=True)


class _Lines(logging.Handler):
    """What the supervisor has to say, above the live table."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        self._console.print(f"{time.strftime('%H:%M:%S')}  {record.getMessage()}", markup=False, soft_wrap=True)


def plain_line(progress: Progress, pace: Pace) -> str:
    """The whole study in one line."""
    parts = [
        f"{progress.finished}{_of(progress)} finished ({progress.pruned} pruned)",
        f"{progress.failed} failed",
        f"{progress.running} running",
        f"{progress.waiting} waiting",
        f"best {_best(progress)}",
    ]
    if progress.epochs:
        parts.append(f"{pace.epochs_per_second:.1f} epochs/s")
    left = pace.seconds_left(progress)
    return ", ".join([*parts, *([] if left is None else [f"{clock(left)} left"])])


def render(progress: Progress, pace: Pace, elapsed: float, *, starts: bool) -> RenderableType:
    """The live table: the study above, a line for each trial that runs below. ``starts``: none has run yet."""
    head = Table.grid(padding=(0, 2))
    head.add_row(
        Text(printable(progress.name), style="bold"), _bar(progress), Text(f"{progress.finished}{_of(progress)}")
    )
    counts = Text()
    for count, word, style in (
        (progress.complete, "complete", "green"),
        (progress.pruned, "pruned", "yellow"),
        (progress.failed, "failed", "red"),
        (progress.running, "running", "cyan"),
        (progress.waiting, "waiting", "dim"),
    ):
        counts.append(f"{count} {word}", style=style if count else "dim")
        counts.append("   ")
    left = pace.seconds_left(progress) if starts or progress.workers else None
    times = f"{clock(elapsed)} so far" + ("" if left is None else f"   {clock(left)} left")
    if progress.epochs:
        times = f"{pace.epochs_per_second:.1f} epochs/s   {times}"
    lines: list[RenderableType] = [head, counts, Text(times, style="dim"), _best_line(progress)]
    if progress.workers:
        lines.append(_workers(progress))
    elif starts and elapsed < _STARTING_SECONDS:
        lines.append(Text("workers start; what they need is imported once for all of them", style="dim"))
    return Group(*lines)


def _workers(progress: Progress) -> Table:
    rows = Table("worker", "trial", "epoch", "last", box=None, padding=(0, 2, 0, 0), header_style="dim")
    for running in sorted(progress.workers, key=lambda row: row.worker):
        of = f"/{progress.steps}" if progress.steps is not None else ""
        epoch = f"{running.epochs}{of}" if running.epochs or progress.steps is not None else "-"
        rows.add_row(running.worker, str(running.number), epoch, number(running.last_value))
    return rows


def _bar(progress: Progress) -> RenderableType:
    if progress.budget.trials is not None:
        return ProgressBar(total=progress.budget.trials, completed=progress.finished, width=40)
    if progress.budget.seconds is not None:
        return ProgressBar(total=progress.budget.seconds, completed=progress.seconds, width=40)
    return Text("")


def _of(progress: Progress) -> str:
    return f"/{progress.budget.trials}" if progress.budget.trials is not None else ""


def _best(progress: Progress) -> str:
    if progress.none_feasible:
        return "no feasible trial yet"
    if len(progress.directions) > 1:
        return f"front of {progress.front}"
    if progress.best is None:
        return "-"
    return f"{progress.value_names[0]} {number(progress.best.value)} (trial {progress.best.number})"


def _best_line(progress: Progress) -> Text:
    line = Text("best ", style="dim")
    line.append(_best(progress), style="bold")
    if progress.best is not None:
        line.append(f"  {parameters(progress.best.params)}", style="dim")
    return line
