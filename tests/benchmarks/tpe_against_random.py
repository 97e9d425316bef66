"""TPE against random search at 100 trials, seed by seed: who found the lower value, and could that be chance?

    python tests/benchmarks/tpe_against_random.py

On Beale's function, and on digits_mlp's validation log loss. The latter is a replay: digits_table.csv holds one real
training of every point of digits_table.toml, and a trial's value is looked up there. The table was made by

    studyhall launch tests/benchmarks/digits_table.toml --storage sqlite:///table.db
    python tests/benchmarks/tpe_against_random.py --read sqlite:///table.db
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import statistics
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import optuna
from scipy.stats import binomtest
from searches import Function, Search, run

from objectives.functions import beale
from objectives.objective import Scalar

HERE = Path(__file__).parent
STUDY, TABLE = HERE / "digits_table.toml", HERE / "digits_table.csv"
_COLUMNS = ("learning_rate", "layers", "units", "dropout", "optimizer", "momentum")
_AT = (20, 50, 100)

Point = tuple[str, ...]


def value_of(point: Mapping[str, Scalar]) -> float:
    """Beale's function at a point."""
    return beale(float(point["x"]), float(point["y"]))


def key(point: Mapping[str, Scalar]) -> Point:
    """A point as the table writes it; what it does not use is empty."""
    values = (point.get(name, "") for name in _COLUMNS)
    return tuple(value if isinstance(value, str) else f"{float(value):g}" for value in values)


def read_table() -> dict[Point, float]:
    """Point -> validation log loss of its training."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {tuple(row[name] for name in _COLUMNS): float(row["val_loss"]) for row in rows}


def write_table(url: str) -> None:
    """Make the table from the finished study `digits_table` in the storage `url`."""
    trials = optuna.load_study(study_name="digits_table", storage=url).trials
    rows = sorted((*key(trial.params), f"{trial.value:.6g}") for trial in trials if trial.value is not None)
    unfinished = len(trials) - len(rows)
    if unfinished:
        print(f"{unfinished} trials have no value and are not in the table: they diverged, or the study is not over")
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# {len(rows)} real trainings of {STUDY.name}, each 10 epochs on scikit-learn's digits, by\n")
        file.write("# studyhall launch; val_loss: the best epoch's log loss on the validation part.\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow((*_COLUMNS, "val_loss"))
        writer.writerows(rows)


def compare(
    title: str, study: str, function: Function, *, seeds: int, trials: int, all_values: Sequence[float]
) -> None:
    """Print one Markdown row a number of trials: wins, ties, and the chance of so many wins between equals.

    `all_values`, sorted, are those of a finite table, for the rank of what was found; empty where there is none.
    """
    found: dict[str, list[Search]] = {
        name: [run(study, {"sampler": name}, function, trials=trials, seed=seed) for seed in range(seeds)]
        for name in ("tpe", "random")
    }
    for at in (count for count in _AT if count <= trials):
        tpe, random = ([search.best_so_far[at - 1] for search in found[name]] for name in ("tpe", "random"))
        wins = sum(ours < theirs for ours, theirs in zip(tpe, random, strict=True))
        losses = sum(ours > theirs for ours, theirs in zip(tpe, random, strict=True))
        chance = binomtest(wins, wins + losses, 0.5, alternative="greater").pvalue if wins + losses else math.nan
        cells = [
            title,
            f"{at}",
            _summary(tpe, all_values),
            _summary(random, all_values),
            f"{wins}",
            f"{losses}",
            f"{seeds - wins - losses}",
            f"{chance:.2g}",
        ]
        print("|", " | ".join(cells), "|")


def _summary(values: Sequence[float], all_values: Sequence[float]) -> str:
    middle = statistics.median(values)
    rank = f", rank {bisect_right(all_values, middle)}" if all_values else ""
    return f"{middle:.3g}{rank}"


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--read", metavar="STORAGE", help="make digits_table.csv from a finished study, and end")
    asked = parser.parse_args()
    if asked.read:
        write_table(asked.read)
        return
    table = read_table()
    values = sorted(table.values())
    print(f"digits_mlp: {len(table)} trainings, val_loss {values[0]:.4g} .. {values[-1]:.4g},", end=" ")
    print(f"median {np.median(values):.4g}; the ten lowest: {', '.join(f'{value:.4g}' for value in values[:10])}\n")
    print("| on | trials | TPE's best (median) | random's | TPE wins | loses | ties | p, one-sided |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    options = {"seeds": asked.seeds, "trials": asked.trials}
    compare("beale", "beale", value_of, all_values=[], **options)
    compare("digits_mlp", os.fspath(STUDY), lambda point: table[key(point)], all_values=values, **options)


if __name__ == "__main__":
    main()
