"""A study finds data of the user's own, whatever folder it is read from and resumed in."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from studies.errors import StudyFileError
from studies.study_file.reading import read_study

STUDY = """
objective = "mlp"
budget = { trials = 1 }
[data]
dataset = "DATASET"
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("study", "elsewhere"):
        (tmp_path / name / "images").mkdir(parents=True)
        (tmp_path / name / "mine.npz").touch()
        (tmp_path / name / "mine.parquet").touch()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("HOME", str(tmp_path / "study"))
    return tmp_path


def dataset_of(study: str, **settings: str) -> str:
    spec = read_study(study, {f"data.{key}": value for key, value in settings.items()})
    assert spec.data is not None
    return spec.data.dataset


@pytest.mark.parametrize("dataset", ["mine.npz", "./mine.npz", "../study/mine.npz", "~/mine.npz"])
def test_a_path_in_a_study_file_is_relative_to_it(home: Path, dataset: str) -> None:
    (home / "study" / "my.toml").write_text(STUDY.replace("DATASET", dataset))
    assert dataset_of("../study/my.toml") == str(home / "study" / "mine.npz")


def test_a_path_on_the_command_line_is_relative_to_the_working_folder(home: Path) -> None:
    (home / "study" / "my.toml").write_text(STUDY.replace("DATASET", "digits"))
    assert dataset_of("../study/my.toml", dataset="mine.npz") == str(home / "elsewhere" / "mine.npz")
    assert dataset_of("digits_mlp", dataset="images/") == str(home / "elsewhere" / "images")
    assert dataset_of("../study/my.toml") == "digits"


def test_a_spreadsheet_needs_the_extra_that_reads_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "elsewhere" / "mine.xlsx").touch()
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "openpyxl" else find(name))
    with pytest.raises(StudyFileError, match=r"needs openpyxl, which is not installed; install the extra tables"):
        dataset_of("digits_mlp", dataset="mine.xlsx")


def test_what_is_said_to_be_a_regression_is_judged_as_one(home: Path) -> None:
    table = home / "study" / "mine.csv"
    table.touch()
    (home / "study" / "my.toml").write_text(STUDY.replace("DATASET", "mine.csv").replace('"mlp"', '"tabular"'))
    said = read_study("../study/my.toml", {"data.task": "regression"})
    assert (said.metric, said.directions) == ("val_mae", ("minimize",))
    assert read_study("../study/my.toml").metric == "val_accuracy"


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        ("/dev/null", "is a pipe, a socket or a device"),
        ("houses.docx", r"houses\.docx: is a file; allowed"),
        ("gone.docx", "no such file or folder"),
        ("images", r"images is a folder of images, which takes image_size and no target"),
    ],
)
def test_only_a_folder_is_told_what_folders_take(home: Path, dataset: str, words: str) -> None:
    (home / "elsewhere" / "houses.docx").touch()
    with pytest.raises(StudyFileError, match=words):
        dataset_of("digits_mlp", dataset=dataset if dataset.startswith("/") else f"./{dataset}", target="y")


@pytest.mark.parametrize(
    ("targets", "metric"), [(("110", "95.5", "88"), "val_mae"), (("good", "bad", "good"), "val_accuracy")]
)
def test_texts_are_judged_by_their_target_as_tables_are(home: Path, targets: tuple[str, ...], metric: str) -> None:
    rows = "".join(f"a film of {place},{target}\n" for place, target in enumerate(targets * 4))
    (home / "study" / "films.csv").write_text(f"title,target\n{rows}")
    (home / "study" / "my.toml").write_text(STUDY.replace("DATASET", "films.csv").replace('"mlp"', '"sequence"'))
    assert read_study("../study/my.toml", {"data.text": "title", "data.target": "target"}).metric == metric
