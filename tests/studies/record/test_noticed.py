"""What a worker notices of the data is there for whoever launched it."""

from helpers.datasets import write_table

from objectives.data.settings import DataSettings
from objectives.training.settings import TrainSettings
from studies.record.loading import loaded
from studies.record.noticed import data_notes, note_data


def test_a_worker_notes_what_is_odd_about_its_data(tmp_path, make_study):
    path = write_table(tmp_path / "a.csv", {"Unnamed: 0": range(40), "a": [1.5, 2.5, 3.5, 4.5] * 10, "y": [0, 1] * 20})
    data = DataSettings(dataset=str(path), target="y")
    study = make_study("odd", objective="tabular", data=data, train=TrainSettings(), metric="val_accuracy")
    assert data_notes(study) == []
    with loaded(study, "launch", lambda: None):
        pass
    assert data_notes(study) == ['column "Unnamed: 0" is the index of the file, and is left out']


def test_an_objective_without_data_has_no_notes(make_study):
    study = make_study("plain", objective="quadratic")
    with loaded(study, "launch", lambda: None):
        pass
    assert data_notes(study) == []


def test_notes_are_those_of_the_data_that_were_loaded_last(make_study):
    study = make_study("plain", objective="quadratic")
    note_data(study, ["one", "two"])
    note_data(study, [])
    assert data_notes(study) == []
