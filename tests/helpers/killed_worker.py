"""A worker on each of some studies that are there, in a process of one thread, killed by SIGKILL when told to."""

import logging
import os
import signal
import sys
from pathlib import Path

import optuna

from objectives.training import checkpointing
from storage import StorageLocation, open_storage
from storage.claims import requeue, running_attempts
from studies.execution.messages import WorkerOrder
from studies.execution.worker import work
from studies.record import stored


def main(path, study, kills_at_call):
    """Be killed as the worker asks for the n-th time whether to stop; for -1, work to the end."""
    checkpointing.SECONDS_AT_RISK = 0.0
    location, calls = StorageLocation.parse(path), 0
    storage = open_storage(location)
    for trial, attempt in running_attempts(storage.get_all_trials(stored.load(location, storage, study).study_id)):
        requeue(storage, trial._trial_id, attempt.process, "death")

    def interruption():
        nonlocal calls
        calls += 1
        if calls == kills_at_call:
            os.kill(os.getpid(), signal.SIGKILL)

    order = WorkerOrder(
        slot=0,
        worker="w0",
        device="CPU",
        location=location,
        study=study,
        failed_before=0,
        environment={},
        log=Path(os.devnull),
    )
    report = work(order, interruption)
    assert report.ending == "budget reached", report


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.basicConfig(level="INFO", format="%(message)s")
    for name in sys.argv[3:]:
        main(sys.argv[1], name, int(sys.argv[2]))
