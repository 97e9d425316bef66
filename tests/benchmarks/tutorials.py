"""Run the gallery's studies to their ends and print what they found, as the table of docs/tutorials.md.

    STUDYHALL_DATA=FOLDER python tests/benchmarks/tutorials.py [STUDY ...]

Studies lie in tutorials.db of the working folder, so what is there already is not run again.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

STUDYHALL = shutil.which("studyhall") or str(Path(sys.executable).parent / "studyhall")
STORAGE = ("--storage", "tutorials.db")
STUDIES = [
    "mnist_first_net",
    "mnist_random",
    "mnist_grid",
    "mnist_recommended",
    "mnist_regularised",
    "mnist_schedules",
    "mnist_initializers",
    "mnist_best",
    "mnist_cnn",
    "mnist_resnet",
    "mnist_augmented",
    "mnist_transfer",
    "mnist_pareto",
    "fashion_mlp",
    "cancer",
    "diabetes",
    "sms_spam",
]


def asked(*words: str) -> object:
    """What the command printed as JSON."""
    done = subprocess.run([STUDYHALL, *words, *STORAGE, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


for name in sys.argv[1:] or STUDIES:
    launched = subprocess.run([STUDYHALL, "launch", name, *STORAGE], check=False)
    if launched.returncode:
        print(f"| {name} | ended with {launched.returncode} |")
        continue
    status, best = asked("status", name), asked("best", name)
    trials = best if isinstance(best, list) else [best]
    for trial in trials:
        found = ", ".join(f"{metric} {value:.4g}" for metric, value in trial["metrics"].items())
        params = ", ".join(f"{key} {value}" for key, value in trial["params"].items())
        counts = f"{status['finished']} ({status['pruned']} pruned) | {status['running_seconds']:.0f} s"
        print(f"| {name} | {counts} | {found} | trial {trial['number']}: {params} |", flush=True)
