"""The folder of a study's files: any study name makes a valid one of its own."""

import os
import shutil
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import StorageLocation

HOME = StorageLocation.parse("/data/x.db")
NAMES = [
    "digits_mlp",
    "a/b",
    "/etc/passwd",
    "..",
    ".",
    "../..",
    "...",
    ".hidden",
    "%2E%2E",
    "%2E.",
    "a%2Fb",
    "",
    " ",
    "~",
    "-rf",
    "a b [1] (2), x=3 @4",
    "new\nline",
    "nul\0byte",
    "back\\slash",
    "ü",
    "数" * 30,
    "数" * 300,
    "x" * 180,
    "x" * 181,
    "x" * 512,
    "x" * 511 + "y",
    "%" * 100,
    "*?<>|:\"'",
]


@pytest.mark.parametrize("name", NAMES)
def test_any_study_name_makes_one_folder_inside_the_storages(name, tmp_path):
    location = StorageLocation(tmp_path / "x.db")
    folder = location.study_files(name)
    # Made as the worker makes it, it is one folder, directly inside, with nothing else touched
    folder.mkdir(parents=True)
    assert [path.name for path in location.files.iterdir()] == [folder.name]
    assert folder.resolve().parent == location.files.resolve()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.files"]
    # And deleting the study's folder deletes nothing else
    (location.files / "neighbour").mkdir()
    shutil.rmtree(folder)
    assert (location.files / "neighbour").exists()


def test_no_two_of_these_names_share_a_folder():
    assert len({HOME.study_files(name) for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("name", ["digits_mlp", "a b [1] (2), x=3 @4", "v1.2"])
def test_an_ordinary_name_is_the_folders_name(name):
    assert HOME.study_files(name).name == name


def test_a_name_that_fits_can_be_read_back_from_its_folder():
    for name in NAMES:
        folder = HOME.study_files(name).name
        assert "%~" in folder or unquote(folder) == name


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), unique=True, max_size=6))
def test_whatever_the_names_are_each_has_a_valid_folder_of_its_own(names):
    folders = [HOME.study_files(name) for name in names]
    assert len(set(folders)) == len(names)
    for folder in folders:
        assert folder.parent == HOME.files
        assert folder.name not in ("", ".", "..")
        assert "/" not in folder.name
        assert "\0" not in folder.name
        assert len(os.fsencode(folder.name)) <= 255
