"""A worker of this process, of one thread, finishes studies; a record is changed; then trials are run again.

Prints a JSON line for each trial that was run again.
"""

import contextlib
import io
import json
import os
import sqlite3
import sys
from pathlib import Path

from storage import StorageLocation, open_storage
from storage.processes import ProcessIdentity
from studies.commands.app import run
from studies.execution.messages import WorkerOrder
from studies.execution.worker import work
from studies.record import stored

if __name__ == "__main__":
    path, lie = sys.argv[1:3]
    studies, reruns = json.loads(sys.argv[3])
    location = StorageLocation.parse(path)
    for name in studies:
        study = stored.load(location, open_storage(location), name)
        order = WorkerOrder(
            slot=0,
            worker="w0",
            device="CPU",
            location=study.location,
            study=study.name,
            failed_before=0,
            environment={},
            log=Path(os.devnull),
        )
        report = work(order, lambda: None)
        assert report.ending == "budget reached", (ProcessIdentity.current(), report)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(lie)
        before = list(database.iterdump())
    for name, number in reruns:
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            code = run(["rerun", name, str(number), "--storage", path, "--json"])
        print(json.dumps({"code": code, **json.loads(text.getvalue())}), flush=True)
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert list(database.iterdump()) == before
