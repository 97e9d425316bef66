"""status: how a study stands."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from studies import api
from studies.commands.next_command import completed
from studies.commands.options import DEFAULT_STORAGE, Json, Name, Storage
from studies.commands.output import clock, console, counted, number, parameters, print_json, table
from studies.errors import StudyGone, StudyNotFound
from studies.wording import offered

if TYPE_CHECKING:
    from studies.record.progress import Progress

EXAMPLES = ("studyhall status digits_mlp", "studyhall status digits_mlp --watch")


def command(
    name: Name,
    storage: Storage = DEFAULT_STORAGE,
    watch: Annotated[bool, typer.Option("--watch", help="Keep showing it until Ctrl-C or the end.")] = False,
    json: Json = False,
) -> int:
    """Show the state of a study over all workers and machines."""
    place = api.locate(storage)
    progress = api.status(name, storage=place)
    if json:
        print_json(progress.to_json())
    elif watch:
        _watch(lambda: api.status(name, storage=place))
    else:
        out = console()
        out.print(table(["study", name], _rows(progress)))
        for sentence in _offers(progress):
            out.print(f"\n{completed(sentence, api.storage_flag(place))}", markup=False)
    return 0


def _rows(progress: Progress) -> Iterator[tuple[str, str]]:
    of = f" of {progress.budget.trials}" if progress.budget.trials is not None else ""
    limit = f" of {clock(progress.budget.seconds)}" if progress.budget.seconds is not None else ""
    yield "finished", f"{progress.finished}{of} ({progress.complete} complete, {progress.pruned} pruned)"
    yield "failed", str(progress.failed)
    yield "running", str(progress.running)
    yield "waiting", str(progress.waiting)
    yield "time", f"{clock(progress.seconds)}{limit}"
    yield "sessions", str(len(progress.sessions))
    if progress.infeasible:
        yield "infeasible", f"{progress.infeasible} of {counted(progress.complete, 'complete trial')}"
    if progress.none_feasible:
        yield "best", "no feasible trial yet"
    elif progress.best is not None:
        yield "best", f"{progress.value_names[0]} {number(progress.best.value)}, trial {progress.best.number}"
        yield "", parameters(progress.best.params)
    elif progress.front:
        yield "best", f"{counted(progress.front, 'trial')} on the Pareto front"
    for running in progress.workers:
        dead = ", DEAD: the next resume requeues it" if running.alive is False else ""
        yield (
            f"trial {running.number}",
            f"worker {running.worker} on {running.host}, process {running.pid}, "
            f"{running.epochs} reports, last {number(running.last_value)}{dead}",
        )
    if progress.unowned:
        yield "unowned", f"{counted(progress.unowned, 'RUNNING trial')} held by nobody"


def _offers(progress: Progress) -> Iterator[str]:
    """What can be done now: sentences below the table, whose cells would break a command in pieces."""
    if progress.front and not progress.none_feasible:
        yield f"{offered('best', progress.name)} shows the Pareto front"
    if progress.unowned:
        resume = offered("resume", progress.name, flags="--unowned requeue")
        yield f"{resume} runs the trials again that nobody holds"


def _watch(look: Callable[[], Progress]) -> None:
    """Show it again and again.

    Raises:
        StudyGone: it is not there any more.
    """
    from studies.commands.live import LiveView

    try:
        with LiveView(console()) as view:
            while True:
                try:
                    progress = look()
                except StudyNotFound as error:
                    raise StudyGone(f"{error.message} any more", error.hint) from None
                view(progress)
                if not progress.sessions and progress.running == progress.unowned:
                    return
                time.sleep(1.0)
    except KeyboardInterrupt:
        return
