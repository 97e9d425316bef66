"""TPE against random search at 100 trials, seed by seed: who found the lower value, and could that be chance?

    python tests/benchmarks/tpe_against_random.py                                # seconds: Beale's function
    python tests/benchmarks/tpe_against_random.py --train FOLDER --backend torch # hours: digits_mlp, trained for real

digits_mlp is judged by its validation log loss. Its searches are kept in the folder, so that it can be broken off.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import statistics
from collections.abc import Callable, Mapping
from pathlib import Path

import optuna
from optuna.trial import FixedTrial
from scipy.stats import binomtest
from searches import Function, Search, run

from objectives.functions import beale
from objectives.space.values import Scalar
from studies.spec.resolving import resolve
from studies.study_file.reading import read_study

_AT = (20, 50, 100)
_SAMPLERS = ("tpe", "random")
_VAL_LOSS = {"metric": "val_loss", "direction": "minimize", "pruner": "none"}

Searches = dict[str, list[Search]]


def value_of(point: Mapping[str, Scalar]) -> float:
    """Beale's function at a point."""
    return beale(float(point["x"]), float(point["y"]))


def trainer(seed: int, backend: str) -> Function:
    """What trains a point for real and returns its validation log loss; the trials of a search count from 0."""
    spec = read_study("digits_mlp", {**_VAL_LOSS, "seed": seed, "train.backend": backend})
    objective, numbers = resolve(spec.objective).load(spec), itertools.count()
    return lambda point: float(objective(FixedTrial(dict(point), number=next(numbers))))


def searches(
    study: str,
    settings: Mapping[str, object],
    function: Callable[[int], Function],
    asked: argparse.Namespace,
    kept: Path | None = None,
) -> Searches:
    """One search for each sampler and seed; `function` makes what a seed's search evaluates."""
    found: Searches = {name: [] for name in _SAMPLERS}
    for seed, (name, done) in itertools.product(range(asked.seeds), found.items()):
        path = kept / f"{name}_{seed}_{asked.trials}.json" if kept is not None else None
        if path is not None and path.is_file():
            done.append(Search(**json.loads(path.read_text("utf-8"))))
            continue
        done.append(run(study, {**settings, "sampler": name}, function(seed), trials=asked.trials, seed=seed))
        if path is not None:
            path.write_text(json.dumps(done[-1].as_json()), "utf-8")
    return found


def report(title: str, found: Searches) -> None:
    """Print one Markdown row for each number of trials: medians, wins, losses, ties, and the chance of such luck."""
    for at in (count for count in _AT if count <= len(found["tpe"][0].values)):
        tpe, random = ([search.best_so_far[at - 1] for search in found[name]] for name in _SAMPLERS)
        wins = sum(ours < theirs for ours, theirs in zip(tpe, random, strict=True))
        losses = sum(ours > theirs for ours, theirs in zip(tpe, random, strict=True))
        chance = binomtest(wins, wins + losses, 0.5, alternative="greater").pvalue if wins + losses else math.nan
        medians = f"{statistics.median(tpe):.3g} | {statistics.median(random):.3g}"
        print(f"| {title} | {at} | {medians} | {wins} | {losses} | {len(tpe) - wins - losses} | {chance:.2g} |")


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--train", type=Path, metavar="FOLDER", help="digits_mlp with real trainings, kept there")
    parser.add_argument("--backend", default="tensorflow", help="of --train: tensorflow, torch or jax")
    asked = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    print("| on | trials | TPE's best (median) | random's | TPE wins | loses | ties | p, one-sided |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    report("beale", searches("beale", {}, lambda seed: value_of, asked))
    if asked.train is not None:
        asked.train.mkdir(parents=True, exist_ok=True)
        settings = {**_VAL_LOSS, "train.backend": asked.backend}
        found = searches("digits_mlp", settings, lambda seed: trainer(seed, asked.backend), asked, kept=asked.train)
        report("digits_mlp", found)


if __name__ == "__main__":
    main()
