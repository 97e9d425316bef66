"""Every sampler, Hyperopt, SciPy and Keras's optimisers on Beale's function: speed, precision, robustness, cost.

    python tests/benchmarks/beale.py --pictures docs

prints the tables of docs/samplers.md and draws its pictures. The searches are kept in a folder (--kept) and are not
made again; the slowest is gp, with 6 s a seed. "ms a trial" is processor time, so that other work on the
machine hardly changes it.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Before anything loads them: on matrices this small, more threads only cost time.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from beale_pictures import draw
from descents import (
    KERAS_OPTIMIZERS,
    LIMIT,
    SCIPY_METHODS,
    Descent,
    best_learning_rate,
    keras_descents,
    scipy_descent,
)
from searches import Search, run

from objectives.functions import beale
from objectives.space.values import Scalar
from studies.errors import StudyFileError

# f < 0.1 is 0.22 % of the square: 100 random points meet it in 19 runs of 100. f < 1 is 1.4 %, and 76 runs of 100.
NEAR, THERE = 1.0, 0.1
START = (4.0, 4.0)
STEPS = (100, 1_000, 10_000)

_STEPPED = {"space.x.step": 1.0, "space.y.step": 1.0}


@dataclass(frozen=True)
class Entry:
    """One row of the samplers' table: what is laid over the gallery's study `beale`."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


ENTRIES = {
    "random": Entry({"sampler": "random"}),
    "qmc": Entry({"sampler": "qmc"}, "the same sequence for every seed"),
    "qmc, scrambled": Entry({"sampler.name": "qmc", "sampler.scramble": True}),
    "tpe": Entry({"sampler": "tpe"}, "multivariate, Optuna's default"),
    "tpe, independent": Entry({"sampler.name": "tpe", "sampler.multivariate": False}),
    "gp": Entry({"sampler": "gp"}),
    "cmaes": Entry({"sampler": "cmaes"}),
    "nsgaii": Entry({"sampler": "nsgaii"}, "100 trials are two generations"),
    "nsgaiii": Entry({"sampler": "nsgaiii"}, "as nsgaii, with one objective"),
    "grid": Entry({"sampler": "grid", **_STEPPED}, "10 x 10 points, all of them"),
    "bruteforce": Entry({"sampler": "bruteforce", **_STEPPED}, "the same points"),
    "partial-fixed": Entry({"sampler.name": "partial-fixed", "sampler.fixed": {"y": 0.5}}, "tpe that is told y = 0.5"),
}
HYPEROPT = "Hyperopt's TPE"


def value_at(point: Mapping[str, Scalar]) -> float:
    """Beale's function at a point of the study."""
    return beale(float(point["x"]), float(point["y"]))


def searches(name: str, seeds: int, trials: int, kept: Path) -> list[Search]:
    """The searches of one row, from the folder as far as they are there, else made and kept."""
    path = kept / f"{name.replace(' ', '_')}_{trials}.json"
    rows = json.loads(path.read_text("utf-8")) if path.is_file() else []
    for seed in range(len(rows), seeds):
        if name == HYPEROPT:
            search = hyperopt_search(trials, seed)
        else:
            search = run("beale", ENTRIES[name].settings, value_at, trials=trials, seed=seed)
        rows.append(search.as_json())
        path.write_text(json.dumps(rows), "utf-8")
    return [Search(**row) for row in rows[:seeds]]


def hyperopt_search(trials: int, seed: int) -> Search:
    """The same search by Hyperopt's TPE with its own defaults; raises ImportError where it is not installed."""
    from hyperopt import Trials, fmin, hp, tpe

    search = Search()
    inside = 0.0

    def note(point: dict[str, float]) -> float:
        nonlocal inside
        started = time.process_time()
        search.points.append({name: float(value) for name, value in point.items()})
        search.values.append(value_at(point))
        inside += time.process_time() - started
        return search.values[-1]

    space = {name: hp.uniform(name, -LIMIT, LIMIT) for name in ("x", "y")}
    started = time.process_time()
    fmin(
        note,
        space,
        algo=tpe.suggest,
        max_evals=trials,
        trials=Trials(),
        rstate=np.random.default_rng(seed),
        show_progressbar=False,
    )
    search.seconds = time.process_time() - started - inside
    return search


def all_searches(names: Sequence[str], seeds: int, trials: int, kept: Path) -> dict[str, list[Search]]:
    """The searches of every row that can be made here; says why the others cannot."""
    made = {}
    for name in names:
        try:
            made[name] = searches(name, seeds, trials, kept)
        except StudyFileError as fault:
            print(f"{name} is left out: {fault.faults[0][1]}")
        except ImportError:
            print(f"{name} is left out: `pip install hyperopt` in the environment that runs this script brings it")
    return made


def sampler_table(made: Mapping[str, Sequence[Search]], trials: int) -> None:
    """Print one Markdown row a sampler."""
    print(f"\n| sampler | trials until f < {NEAR:g} | f < {THERE:g} | seeds with f < {THERE:g} |", end="")
    print(f" best of {trials}: median (quartiles) | distance to (3, 0.5) | ms a trial | |")
    print("|---|--:|--:|--:|---|--:|--:|---|")
    for name, rows in made.items():
        low, middle, high = statistics.quantiles([min(row.values) for row in rows], n=4, method="inclusive")
        distance = statistics.median(_distance(row.best_point) for row in rows)
        cost = statistics.median(1000 * row.seconds / len(row.values) for row in rows)
        reached = sum(row.trials_until(THERE) is not None for row in rows)
        note = ENTRIES[name].note if name in ENTRIES else "its defaults: 20 random trials first"
        cells = [
            name,
            _typical([row.trials_until(NEAR) for row in rows], trials),
            _typical([row.trials_until(THERE) for row in rows], trials),
            f"{reached} of {len(rows)}",
            f"{middle:.2g} ({low:.2g} .. {high:.2g})",
            f"{distance:.2f}",
            f"{cost:.2g}" if cost < 10 else f"{cost:.0f}",
            note,
        ]
        print("|", " | ".join(cells), "|")


def _typical(counts: Sequence[int | None], most: int) -> str:
    """The median; more than `most` where half of them never got there."""
    middle = statistics.median(math.inf if count is None else count for count in counts)
    return f"> {most}" if math.isinf(middle) else f"{middle:g}"


def _distance(point: Mapping[str, float]) -> float:
    return math.hypot(point["x"] - 3, point["y"] - 0.5)


def scipy_table(starts: Sequence[tuple[float, float]], trials: int) -> dict[str, Descent]:
    """Print one Markdown row a method; returns the runs from START."""
    print(f"\n| SciPy's minimize | from (4, 4): f < {THERE:g} after | at its end | evaluations, gradients |", end="")
    print(
        f" {len(starts)} random starts: f < {THERE:g} within {trials} evaluations | at its end | evaluations (median) |"
    )
    print("|---|---|---|---|--:|--:|--:|")
    first = {}
    for method in SCIPY_METHODS:
        descent = first[method] = scipy_descent(method, START)
        others = [scipy_descent(method, start) for start in starts]
        index = descent.first_below(THERE)
        soon = sum((at := row.first_below(THERE)) is not None and at < trials for row in others)
        cells = [
            method,
            "never" if index is None else f"{index + 1}",
            f"{descent.best:.2g}, {descent.distance:.2g} away",
            f"{len(descent.values)}, {descent.gradients}",
            f"{soon} of {len(others)}",
            f"{sum(row.best < THERE for row in others)} of {len(others)}",
            f"{statistics.median(len(row.values) for row in others):g}",
        ]
        print("|", " | ".join(cells), "|")
    return first


def keras_table(starts: Sequence[tuple[float, float]]) -> dict[str, Descent]:
    """Print one Markdown row an optimiser; returns the runs from START."""
    print("\n| Keras's optimiser | learning rate |", end="")
    print("".join(f" f after {steps:,} |" for steps in STEPS), end="")
    print(f" f < {THERE:g} first after |", end="")
    print("".join(f" {len(starts)} random starts: f < {THERE:g} within {steps:,} |" for steps in STEPS))
    print("|---|--:|" + "--:|" * (2 * len(STEPS) + 1))
    first = {}
    for name in KERAS_OPTIMIZERS:
        rate = best_learning_rate(name, START, STEPS[1])
        descent, *others = keras_descents(name, rate, [START, *starts], STEPS[-1])
        first[f"{name}, {rate:g}"] = descent
        index = descent.first_below(THERE)
        reached = [row.first_below(THERE) for row in others]
        cells = [
            name,
            f"{rate:g}",
            *(f"{descent.values[steps]:.2g}" for steps in STEPS),
            "never" if index is None else f"{index:,}",
            *(f"{sum(at is not None and at <= steps for at in reached)} of {len(others)}" for steps in STEPS),
        ]
        print("|", " | ".join(cells), "|")
    return first


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="of the samplers; without SciPy, Keras and pictures")
    parser.add_argument("--kept", type=Path, default=Path("beale.files"), help="folder of the searches made so far")
    parser.add_argument("--pictures", type=Path, help="folder for the pictures; none are drawn without it")
    asked = parser.parse_args()
    asked.kept.mkdir(parents=True, exist_ok=True)
    names = asked.only or [*ENTRIES, HYPEROPT]
    if unknown := set(names) - {*ENTRIES, HYPEROPT}:
        parser.error(f"no such sampler: {', '.join(sorted(unknown))}; there are: {', '.join([*ENTRIES, HYPEROPT])}")
    made = all_searches(names, asked.seeds, asked.trials, asked.kept)
    sampler_table(made, asked.trials)
    if asked.only:
        return
    starts = [tuple(row) for row in np.random.default_rng(7).uniform(-LIMIT, LIMIT, (asked.seeds, 2)).tolist()]
    by_scipy, by_keras = scipy_table(starts, asked.trials), keras_table(starts)
    if asked.pictures:
        draw(asked.pictures, made, by_scipy, by_keras, THERE)


if __name__ == "__main__":
    main()
