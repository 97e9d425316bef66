"""Paths are told from names, and looked at."""

from pathlib import Path

import pytest

from objectives.data.paths import absolute, is_path, path_fault


@pytest.mark.parametrize(
    "dataset", ["a.csv", "./images", "~/a", "/data/a.npz", "A.PARQUET", "a\\b", "a.csv.gz", "A.JSONL"]
)
def test_a_path_is_known_by_its_look(dataset):
    assert is_path(dataset)


@pytest.mark.parametrize("dataset", ["mnist", "images", "a.docx", ""])
def test_a_name_is_no_path(dataset):
    assert not is_path(dataset)
    assert absolute(dataset, Path("/data")) == dataset


def test_what_lies_at_a_path_is_told_without_reading(tmp_path):
    (tmp_path / "cats.csv").touch()
    (tmp_path / "cats.docx").touch()
    assert path_fault(str(tmp_path / "cats.csv")) is None
    assert path_fault(str(tmp_path)) is None
    assert 'did you mean "cats.csv"' in path_fault(str(tmp_path / "cat.csv"))
    assert "is a file; allowed" in path_fault(str(tmp_path / "cats.docx"))
    assert "no such file" in path_fault(str(tmp_path / "nowhere" / "a.csv"))
