"""TPE against random search at 100 trials, seed by seed: who found the lower value, and could that be chance?

    python tests/benchmarks/tpe_against_random.py            # seconds: Beale's function, and digits_mlp replayed
    python tests/benchmarks/tpe_against_random.py --train    # minutes: what the replay found best, trained for real
    python tests/benchmarks/tpe_against_random.py --real real.files --backend torch     # 1.5 hours of a core: no replay

digits_mlp is judged by its validation log loss, and replayed from real trainings that were made once, by

    studyhall launch tests/benchmarks/digits_table.toml --storage sqlite:///trainings.db
    studyhall launch digits_mlp --name digits_random --storage sqlite:///trainings.db --sampler random --pruner none \
        --set metric=val_loss --set direction=minimize --set train.backend=torch --seed 11 --trials 438
    python tests/benchmarks/tpe_against_random.py --read sqlite:///trainings.db
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import digits
import numpy as np
import optuna
from scipy.stats import binomtest
from searches import Function, Search, run

from objectives.functions import beale
from objectives.objective import Scalar

_AT = (20, 50, 100)
_REPEATS = 3  # real trainings of each search's best

Searches = dict[str, list[Search]]


def value_of(point: Mapping[str, Scalar]) -> float:
    """Beale's function at a point."""
    return beale(float(point["x"]), float(point["y"]))


def noisy(surrogate: digits.Surrogate, seed: int) -> Function:
    """The surrogate with the noise of one search, the same stream for either sampler."""
    noise = np.random.default_rng(seed)
    return lambda point: surrogate.value(point) * math.exp(noise.normal(0, surrogate.error))


def both(
    study: str, settings: Mapping[str, object], function: Callable[[int], Function], args: argparse.Namespace
) -> Searches:
    """The searches of TPE and of random, one for each seed; `function` makes what a seed's search evaluates."""
    return {
        name: [
            run(study, {**settings, "sampler": name}, function(seed), trials=args.trials, seed=seed)
            for seed in range(args.seeds)
        ]
        for name in ("tpe", "random")
    }


def report(title: str, found: Searches) -> None:
    """Print one Markdown row for each number of trials."""
    most = len(found["tpe"][0].values)
    for at in (count for count in _AT if count <= most):
        tpe, random = ([search.best_so_far[at - 1] for search in found[name]] for name in ("tpe", "random"))
        row(title, f"{at}", tpe, random)


def row(title: str, trials: str, tpe: Sequence[float], random: Sequence[float]) -> None:
    """Print one Markdown row: medians, wins, losses, ties, and the chance of so many wins between equals."""
    wins = sum(ours < theirs for ours, theirs in zip(tpe, random, strict=True))
    losses = sum(ours > theirs for ours, theirs in zip(tpe, random, strict=True))
    chance = binomtest(wins, wins + losses, 0.5, alternative="greater").pvalue if wins + losses else math.nan
    cells = [
        title,
        trials,
        f"{statistics.median(tpe):.3g}",
        f"{statistics.median(random):.3g}",
        f"{wins}",
        f"{losses}",
        f"{len(tpe) - wins - losses}",
        f"{chance:.2g}",
    ]
    print("|", " | ".join(cells), "|", flush=True)


def really(asked: argparse.Namespace) -> Searches:
    """The searches with real trainings; each is kept in the folder, so that it can be broken off and go on."""
    found: Searches = {"tpe": [], "random": []}
    asked.real.mkdir(parents=True, exist_ok=True)
    settings = {**digits.VAL_LOSS, "train.backend": asked.backend}
    for seed in range(asked.seeds):
        for name, searches in found.items():
            path = asked.real / f"{name}_{seed}_{asked.trials}.json"
            if not path.is_file():
                search = run(
                    "digits_mlp",
                    {**settings, "sampler": name},
                    numbered(digits.trainer(seed, asked.backend)),
                    trials=asked.trials,
                    seed=seed,
                )
                path.write_text(json.dumps(search.as_json()), "utf-8")
            searches.append(Search(**json.loads(path.read_text("utf-8"))))
    return found


def numbered(train: Callable[[Mapping[str, Scalar], int], float]) -> Function:
    """The trials of one search get the numbers from 0, as in a study."""
    numbers = itertools.count()
    return lambda point: train(point, next(numbers))


def distinct(searches: Sequence[Search]) -> float:
    """How many different points a search evaluates, on the average."""
    return statistics.mean(len({digits.key(point) for point in search.points}) for search in searches)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--train", action="store_true", help="train what the replays found best for real")
    parser.add_argument("--real", type=Path, metavar="FOLDER", help="search digits_mlp with real trainings, kept there")
    parser.add_argument("--backend", default="tensorflow", help="of --real: tensorflow, torch or jax")
    parser.add_argument("--read", metavar="STORAGE", help="make the files of trainings from finished studies, and end")
    asked = parser.parse_args()
    if asked.read:
        digits.write(digits.TABLE, optuna.load_study(study_name="digits_table", storage=asked.read).trials)
        digits.write(digits.RANDOM, optuna.load_study(study_name="digits_random", storage=asked.read).trials)
        return
    print("| on | trials | TPE's best (median) | random's | TPE wins | loses | ties | p, one-sided |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    if asked.real:
        report("digits_mlp", really(asked))
        return
    table, random = digits.read(digits.TABLE), digits.read(digits.RANDOM)
    surrogate = digits.Surrogate.of({**table, **random})
    report("beale", both("beale", {}, lambda seed: value_of, asked))
    looked_up = both(os.fspath(digits.TABLE_STUDY), {}, lambda seed: lambda point: table[digits.key(point)], asked)
    report("digits_mlp, table", looked_up)
    exact = both("digits_mlp", digits.VAL_LOSS, lambda seed: surrogate.value, asked)
    report("digits_mlp, surrogate without noise", exact)
    noised = both("digits_mlp", digits.VAL_LOSS, lambda seed: noisy(surrogate, seed), asked)
    report("digits_mlp, surrogate", noised)
    if asked.train:
        train = digits.trainer(seed=7)
        real = {
            name: [
                statistics.mean(train(search.best_point, 1000 + repeat) for repeat in range(_REPEATS))
                for search in searches
            ]
            for name, searches in noised.items()
        }
        row(f"the surrogate's best points, trained {_REPEATS} times", f"{asked.trials}", real["tpe"], real["random"])
    values = sorted(table.values())
    print(
        f"\nThe table has {len(table)} points, val_loss {values[0]:.4g} to {values[-1]:.4g}; the ten lowest are",
        end=" ",
    )
    print(", ".join(f"{value:.4f}" for value in values[:10]), end=". ")
    print(f"Different points of {asked.trials}: TPE {distinct(looked_up['tpe']):.0f},", end=" ")
    print(f"random {distinct(looked_up['random']):.0f}.")
    print(
        f"The surrogate is fitted to {len(table)} + {len(random)} trainings; on those it has not seen it explains",
        end=" ",
    )
    print(
        f"{100 * surrogate.explained:.0f} % of the variance of log(val_loss), with an error of {surrogate.error:.2f}."
    )


if __name__ == "__main__":
    main()
