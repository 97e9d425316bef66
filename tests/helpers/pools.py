"""An objective that hands its work to processes, keeps an object of its own, and reads a command line."""

import argparse
import multiprocessing
import pickle
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=1)
parser.add_argument("--seed", type=int, default=42)
args = parser.parse_args()


class Kept:
    def __init__(self, x):
        self.x = x


def fold(place, x):
    return (x - place) ** 2


def objective(trial):
    x = trial.suggest_float("x", -1.0, 1.0)
    sums = [sum(Parallel(n_jobs=2)(delayed(fold)(place, x) for place in range(3)))]
    get_reusable_executor().shutdown(wait=True)  # which would wait for more
    for method in ("spawn", "forkserver", "fork"):
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
            sums.append(sum(pool.map(fold, range(3), [x] * 3)))
    assert len(set(sums)) == 1
    Path("kept.pkl").write_bytes(pickle.dumps(Kept(x)))
    trial.set_user_attr("argv", sys.argv)
    trial.set_user_attr("epochs", args.epochs)
    trial.set_user_attr("seed", args.seed)
    return sums[0]


if __name__ == "__main__":
    raise SystemExit("this block is the user's and stays untouched")
