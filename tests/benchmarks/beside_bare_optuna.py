"""studyhall beside bare Optuna + Keras on the same search: `python beside_bare_optuna.py digits|mnist [--trials N]`.

Each peer gets two processes of one thread, one SQLite file, the same space, TPE and the median pruner. Bare Optuna is
used as its documentation has it, with one callback that reports and prunes. They take turns, and every time is from the
start of the processes to the end of the last one. `--same` enqueues the trials of the bare run at studyhall, so that
the work is the same. MNIST is read from the folder that STUDYHALL_DATA names.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import optuna

STUDYHALL = shutil.which("studyhall") or str(Path(sys.executable).parent / "studyhall")
EPOCHS = 10
PROCESSES = 2
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1"}
UNITS = (64, 128, 256)

SPACE = """
[space]
learning_rate = { low = 1e-4, high = 1e-1, log = true }
batch_size    = { choices = [64, 128, 256] }
layers        = { low = 1, high = 3 }
widths        = { choices = ["free"] }
units_1       = { choices = [64, 128, 256] }
units_2       = { choices = [64, 128, 256], when = { layers = [2, 3] } }
units_3       = { choices = [64, 128, 256], when = { layers = [3] } }
dropout       = { low = 0.0, high = 0.5 }
optimizer     = { choices = ["adam", "rmsprop", "sgd"] }
momentum      = { low = 0.0, high = 0.99, when = { optimizer = ["sgd"] } }
"""
DATA = {
    "digits": 'dataset = "digits"\nsplit = [0.6, 0.2, 0.2]',
    "mnist": f'dataset = "mnist"\nsplit = [{50 / 60!r}, {1 - 50 / 60!r}]',
}


@dataclass
class Run:
    """One peer's search."""

    seconds: float
    cpu: float
    trials: int
    epochs: int
    best: float
    late: float
    """Seconds a trial after the first twenty, by the clock."""


def main() -> None:
    """Run both and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", choices=DATA)
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--same", action="store_true")
    parser.add_argument("--bare", metavar="URL", help=argparse.SUPPRESS)  # one process of the bare peer
    given = parser.parse_args()
    if given.bare:
        bare(given.data, given.bare, given.trials)
        return
    rounds: dict[str, list[Run]] = {"bare Optuna": [], "studyhall": []}
    for seed in range(given.rounds):
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/bare.db"
            rounds["bare Optuna"].append(measured(lambda: run_bare(given, url, seed), url, "bare"))  # noqa: B023
            rounds["studyhall"].append(run_studyhall(given, Path(folder), url, seed))
        for name, runs in rounds.items():
            print(f"seed {seed}  {name:12} {runs[-1]}", flush=True)
    columns = {"seconds": "seconds", "cpu": "CPU s", "epochs": "epochs", "late": "s a trial after 20", "best": "best"}
    print(f"\n| {given.data}, {given.trials} trials | {' | '.join(columns.values())} |")
    print("|---" * (len(columns) + 1) + "|")
    medians = {
        name: [statistics.median(getattr(run, key) for run in runs) for key in columns] for name, runs in rounds.items()
    }
    for name, values in medians.items():
        print(f"| {name} | " + " | ".join(f"{value:.4g}" for value in values) + " |")
    print("| ratio | " + " | ".join(f"{a / b:.2f}" for a, b in zip(*medians.values(), strict=True)) + " |")


def measured(run, url: str, name: str) -> Run:
    """Call `run`; return what it took, and what stands in the study afterwards."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    run()
    seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    trials = optuna.load_study(study_name=name, storage=url).trials
    ended = sorted(trial.datetime_complete for trial in trials if trial.datetime_complete is not None)
    late = (ended[-1] - ended[19]).total_seconds() / (len(ended) - 20) if len(ended) > 20 else float("nan")
    return Run(
        seconds=seconds,
        cpu=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        trials=len(ended),
        epochs=sum(len(trial.intermediate_values) for trial in trials),
        best=max(max(trial.intermediate_values.values()) for trial in trials if trial.intermediate_values),
        late=late,
    )


def run_bare(given: argparse.Namespace, url: str, seed: int) -> None:
    """Two processes on one study."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    optuna.create_study(study_name="bare", storage=url, direction="maximize")
    environment = {**os.environ, **ONE_THREAD, "TF_CPP_MIN_LOG_LEVEL": "3", "BARE_SEED": str(seed)}
    words = [sys.executable, __file__, given.data, "--trials", str(given.trials), "--bare", url]
    processes = [subprocess.Popen(words, env=environment) for _ in range(PROCESSES)]
    assert [process.wait() for process in processes] == [0] * PROCESSES


def run_studyhall(given: argparse.Namespace, folder: Path, bare_url: str, seed: int) -> Run:
    """One launch with two workers."""
    first = optuna.load_study(study_name="bare", storage=bare_url).trials if given.same else []
    points = "".join(f"\n[[start]]\n{as_point(trial)}" for trial in first)
    study = f"""
objective = "mlp"
metric = "val_accuracy"
seed = {seed}
pruner = {{ name = "median", n_startup_trials = 5, n_warmup_steps = 2 }}
[data]
{DATA[given.data]}
[budget]
trials = {given.trials}
[train]
epochs = {EPOCHS}
threads = 1
"""
    (folder / "search.toml").write_text(study + SPACE + points)
    words = [STUDYHALL, "launch", "search.toml", "--workers", str(PROCESSES)]

    def launch() -> None:
        subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    return measured(launch, f"sqlite:///{folder}/studyhall.db", "search")


def as_point(trial: optuna.trial.FrozenTrial) -> str:
    """The parameters of a bare trial as a start point."""
    given = {**trial.params, "widths": "free"}
    return "".join(f"{name} = {value!r}\n".replace("'", '"') for name, value in given.items())


def bare(data: str, url: str, trials: int) -> None:
    """What a user of Optuna and Keras writes, after Optuna's own examples."""
    import keras
    import numpy as np
    from optuna.study import MaxTrialsCallback
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    if data == "mnist":
        arrays = np.load(Path(os.environ["STUDYHALL_DATA"]) / "mnist.npz")
        x, y, validation = arrays["x_train"].reshape(-1, 784) / np.float32(255), arrays["y_train"], 10_000
    else:
        digits = load_digits()
        x, y, validation = (digits.data / 16).astype("float32"), digits.target, 360
        x, _, y, _ = train_test_split(x, y, test_size=359, random_state=0, stratify=y)
    x, x_validation, y, y_validation = train_test_split(x, y, test_size=validation, random_state=0, stratify=y)

    class Report(keras.callbacks.Callback):
        def __init__(self, trial: optuna.Trial) -> None:
            super().__init__()
            self.trial = trial

        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            self.trial.report((logs or {})["val_accuracy"], epoch)
            if self.trial.should_prune():
                raise optuna.TrialPruned

    def objective(trial: optuna.Trial) -> float:
        keras.backend.clear_session()
        model = keras.Sequential([keras.Input(x.shape[1:])])
        dropout = trial.suggest_float("dropout", 0.0, 0.5)
        for layer in range(1, trial.suggest_int("layers", 1, 3) + 1):
            model.add(keras.layers.Dense(trial.suggest_categorical(f"units_{layer}", UNITS), activation="relu"))
            model.add(keras.layers.Dropout(dropout))
        model.add(keras.layers.Dense(10, activation="softmax"))
        rate = trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True)
        kind = trial.suggest_categorical("optimizer", ["adam", "rmsprop", "sgd"])
        if kind == "sgd":
            optimizer = keras.optimizers.SGD(rate, momentum=trial.suggest_float("momentum", 0.0, 0.99))
        else:
            optimizer = {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop}[kind](rate)
        model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(
            x,
            y,
            batch_size=trial.suggest_categorical("batch_size", [64, 128, 256]),
            epochs=EPOCHS,
            validation_data=(x_validation, y_validation),
            verbose=0,
            callbacks=[Report(trial)],
        )
        return max(history.history["val_accuracy"])

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.load_study(
        study_name="bare",
        storage=url,
        sampler=optuna.samplers.TPESampler(seed=1000 * int(os.environ["BARE_SEED"]) + os.getpid() % 1000),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=2),
    )
    states = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
    study.optimize(objective, callbacks=[MaxTrialsCallback(trials, states=states)])


if __name__ == "__main__":
    main()
