"""The process of a launch in the background: an edge of the program, as the command line is."""

from __future__ import annotations

import contextlib
import sys
from multiprocessing.connection import Connection

import optuna

from studies.api.background import BackgroundOrder
from studies.api.places import find
from studies.api.running import LaunchReport, run
from studies.errors import STUDYHALL_ERRORS
from studies.record.progress import Progress


def main(channel: Connection) -> None:
    """Run the order that comes through the channel; tell when it runs, and how it ended."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    order: BackgroundOrder = channel.recv()
    was_told = False

    def view(progress: Progress) -> None:
        nonlocal was_told
        if not was_told:
            _tell(channel, None)
        was_told = True

    try:
        _tell(channel, run(find(order.name, order.location), order.workers, view, engine=order.engine))
    except STUDYHALL_ERRORS as error:
        _tell(channel, error)


def _tell(channel: Connection, said: LaunchReport | Exception | None) -> None:
    with contextlib.suppress(OSError):  # whoever has started it may be gone
        channel.send(said)


if __name__ == "__main__":
    main(Connection(int(sys.argv[1])))
