"""A script as people write it: it launches as it is read, with no `if __name__ == "__main__"`."""

import sys
from pathlib import Path

from storage import StorageLocation, open_storage
from studies.execution.launch import launch
from studies.record.creation import create_or_join
from studies.spec.settings import WorkerSettings
from studies.spec.study import StudySpec

folder = Path(sys.argv[1])
with (folder / "runs.txt").open("a") as runs:
    runs.write("run\n")
location = StorageLocation(folder / "s.db")
spec = StudySpec(name="s", objective="quadratic", seed=1, budget={"trials": 2})
stored = create_or_join(location, open_storage(location, create=True), spec).stored
outcome = launch(stored, WorkerSettings(count=1), view=lambda progress: None)
sys.exit(outcome.ended.name)
