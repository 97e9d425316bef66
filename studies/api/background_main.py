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
from studies.wording import settle_logs


def main(channel: Connection) -> None:
    """Run the order that comes through the channel; say when it runs, and how it ended."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    settle_logs()
    order: BackgroundOrder = channel.recv()
    has_begun = False

    def view(progress: Progress) -> None:
        nonlocal has_begun
        if not has_begun:
            _send(channel, None)
        has_begun = True

    try:
        _send(channel, run(find(order.name, order.location), order.workers, view, engine=order.engine))
    except STUDYHALL_ERRORS as error:
        _send(channel, error)


def _send(channel: Connection, said: LaunchReport | Exception | None) -> None:
    with contextlib.suppress(OSError):  # whoever has started it may be gone
        channel.send(said)


if __name__ == "__main__":
    main(Connection(int(sys.argv[1])))
