"""What cells of a notebook do: start a study, look, stop it, go on with it. Prints what they saw as JSON.

Without `if __name__ == "__main__"`, as a cell is written: a worker that ran its caller's script would run all this
again.
"""

import json
import time

from studies import api

running = api.start("quadratic", trials=1_000_000, workers=1, storage="cell.db", name="cell")
while running.progress().finished < 2:
    time.sleep(0.2)
was_running = running.is_running
asked = api.stop("cell", storage="cell.db")
stopped = running.wait()
wanted = stopped.progress.finished + 2
resumed = api.resume("cell", trials=wanted, storage="cell.db")
try:
    api.launch("quadratic", trials=0)
except api.StudyFileError as error:
    refused = error.message
print(
    json.dumps(
        {
            "was_running": was_running,
            "asked": [asked.sessions, asked.workers],
            "stopped": [stopped.outcome.ended.name, stopped.exit_code, stopped.progress.running, running.is_running],
            "resumed": [resumed.outcome.ended.name, resumed.exit_code, resumed.progress.finished - wanted],
            "trials": [trial.number for trial in api.show("cell", storage="cell.db").trials],
            "best": api.best("cell", storage="cell.db").trials[0].value,
            "refused": refused,
        }
    )
)
