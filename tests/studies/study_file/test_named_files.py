"""A file that a parameter names is found from the study file's folder, and missed before anything is trained."""

import pytest

from studies.errors import StudyFileError
from studies.study_file.reading import read_study

STUDY = """
objective = "{objective}"
budget = {{ trials = 1 }}
[data]
dataset = "{dataset}"
[space]
{line}
"""


def write(folder, objective, line):
    (folder / "texts.tsv").write_text("ham\tsee you at home\nspam\twin a prize now\n" * 10)
    dataset = "texts.tsv" if objective == "sequence" else "digits"
    path = folder / "study.toml"
    path.write_text(STUDY.format(objective=objective, dataset=dataset, line=line))
    return str(path)


def test_a_file_is_found_again_from_any_folder(tmp_path, monkeypatch):
    (tmp_path / "own.keras").write_text("")
    study = write(tmp_path, "transfer", 'backbone = { choices = ["vgg16", "own.keras"] }')
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert read_study(study).space["backbone"].choices == ("vgg16", str(tmp_path / "own.keras"))


def test_a_file_named_on_the_command_line_lies_in_the_working_folder(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "words.txt").write_text("free gratis")
    study = write(tmp_path, "sequence", "synonym_replacement = { low = 0.0, high = 0.3 }")
    monkeypatch.chdir(tmp_path / "here")
    spec = read_study(study, {"space.synonyms": "words.txt"})
    assert spec.space["synonyms"] == str(tmp_path / "here" / "words.txt")


@pytest.mark.parametrize(
    ("objective", "line", "sentence"),
    [
        ("transfer", 'backbone = "gone.keras"', 'gone.keras"; no such file'),
        ("transfer", 'backbone = "vgg_16"', 'did you mean "vgg16"?'),
        ("transfer", 'weights = { choices = ["imagenet", "./w.h5"] }', 'w.h5"; no such file'),
        ("sequence", "synonym_replacement = 0.5", 'only synonyms other than "none" uses it'),
        ("sequence", 'synonyms = "words.txt"', 'words.txt"; no such file'),
    ],
)
def test_what_is_not_there_is_told_by_check(tmp_path, objective, line, sentence):
    with pytest.raises(StudyFileError) as raised:
        read_study(write(tmp_path, objective, line))
    assert len(raised.value.faults) == 1
    assert sentence in str(raised.value)
