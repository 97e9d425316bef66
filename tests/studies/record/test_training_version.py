"""Which version of the training made which trials, over studies that are new, old, changed or not trained by us."""

import pytest
from optuna.trial import create_trial

from objectives.training.trainers.base import TRAINING_VERSION
from studies.record.training_version import note_training, training_of
from studies.spec.kinds.trained import TrainedObjective

KEY = "studyhall:training"
SETTINGS = {"objective": "mlp", "data": {"dataset": "digits"}, "budget": {"trials": 9}}


@pytest.fixture
def trained(make_study):
    return make_study(**SETTINGS)


def add(study, count):
    for _ in range(count):
        study.storage.create_new_trial(study.study_id, create_trial(value=1.0))


def test_a_new_study_is_made_by_the_training_of_today_and_nothing_is_said(trained):
    assert note_training(trained) is None
    add(trained, 3)
    assert note_training(trained) is None
    assert [training_of(trained, number) for number in range(4)] == [TRAINING_VERSION] * 4


def test_an_older_study_says_so_once_and_knows_which_trials_are_old(trained):
    # Given trials of before there were versions
    trained.storage.set_study_system_attr(trained.study_id, KEY, [])
    add(trained, 2)
    # When it goes on, and once more
    sentence = note_training(trained)
    assert "the 2 trials of study 's' were trained by an older studyhall" in sentence
    add(trained, 1)
    assert note_training(trained) is None
    assert [training_of(trained, number) for number in range(3)] == [0, 0, TRAINING_VERSION]


def test_each_change_of_the_training_is_kept(trained, monkeypatch):
    add(trained, 1)
    for version in (TRAINING_VERSION + 1, TRAINING_VERSION):
        monkeypatch.setattr(TrainedObjective, "training_version", version)
        sentence = note_training(trained)
        add(trained, 1)
        assert ("an older" if version > TRAINING_VERSION else "a newer") in sentence
    assert [training_of(trained, number) for number in range(3)] == [
        TRAINING_VERSION,
        TRAINING_VERSION + 1,
        TRAINING_VERSION,
    ]


def test_trials_from_before_an_accepted_change_are_no_matter(trained):
    trained.storage.set_study_system_attr(trained.study_id, KEY, [])
    add(trained, 2)
    trained.note_change()
    assert note_training(trained) is None


@pytest.mark.parametrize("objective", ["quadratic", "mine.py:objective"])
def test_what_studyhall_does_not_train_has_no_version(make_study, objective):
    study = make_study(objective=objective)
    add(study, 1)
    assert note_training(study) is None
    assert KEY not in study.attributes
