"""A worker on each of some studies that are there, in a process of one thread, killed by SIGKILL when told to."""

import logging
import os
import signal
import sys
from pathlib import Path

import optuna

from objectives import resuming
from storage import StorageLocation, open_storage
from storage.claims import hand_back, running_attempts
from studies import stored
from studies.orders import WorkerOrder
from studies.worker import work


def main(path, study, kills_at_call):
    """Be killed as the worker asks for the n-th time whether to stop; for -1, work to the end."""
    resuming.SECONDS_AT_RISK = 0.0
    location, calls = StorageLocation.parse(path), 0
    storage = open_storage(location)
    for trial, attempt in running_attempts(storage.get_all_trials(stored.load(location, storage, study).study_id)):
        hand_back(storage, trial._trial_id, attempt.process, "death")

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
