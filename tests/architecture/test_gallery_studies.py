"""Every file of the gallery is a sound study under its own name."""

import pytest
from helpers.paths import ROOT

from studies.study_file.reading import gallery, read_study

FILES = sorted((ROOT / "studies" / "gallery").glob("*.toml"))


def test_every_file_is_offered():
    assert FILES
    assert gallery() == {file.stem: file.read_text("utf-8") for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_gallery_study_is_sound(file, tmp_path, monkeypatch):
    (tmp_path / "sms_spam.tsv").touch()
    monkeypatch.setenv("STUDYHALL_DATA", str(tmp_path))
    assert read_study(file.stem).name == file.stem
