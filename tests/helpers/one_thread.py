"""Trainings in a process of one thread, in which what must be equal is equal to the last bit."""

import json
import os
import subprocess
import sys

from helpers.paths import HELPERS, ROOT

ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


def resuming_drills(orders):
    """What became of each [optimizer, steps at whose report the trial was interrupted, settings]."""
    drill = subprocess.run(
        [sys.executable, str(HELPERS / "resuming_drills.py"), json.dumps(orders)],
        env={**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert drill.returncode == 0, drill.stderr
    return [json.loads(line) for line in drill.stdout.splitlines()]
