"""A worker of this process, of one thread, finishes studies; then trials are run again. Prints a JSON line for each."""

import contextlib
import io
import json
import os
import sys
from pathlib import Path

from storage import StorageLocation, open_storage
from storage.processes import ProcessIdentity
from studies import stored
from studies.commands.app import run
from studies.orders import WorkerOrder
from studies.worker import work

if __name__ == "__main__":
    path, studies, reruns = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
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
    for name, number in reruns:
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            code = run(["rerun", name, str(number), "--storage", path, "--json"])
        print(json.dumps({"code": code, **json.loads(text.getvalue())}), flush=True)  # noqa: T201
