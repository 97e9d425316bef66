import pytest
from pydantic import ValidationError

from objectives.settings import DataSettings, TrainSettings


def faults(model, **values):
    with pytest.raises(ValidationError) as caught:
        model(**values)
    return [(".".join(map(str, error["loc"])), error["msg"]) for error in caught.value.errors()]


def test_each_data_set_has_its_own_division():
    assert DataSettings().shares == (0.6, 0.2, 0.2)
    assert DataSettings(dataset="mnist").shares == (0.8, 0.2)
    assert DataSettings(dataset="mnist", split=[0.9, 0.1]).shares == (0.9, 0.1)


@pytest.mark.parametrize(
    ("values", "key", "sentence"),
    [
        ({"dataset": "mnits"}, "dataset", 'allowed: digits, mnist; did you mean "mnist"?'),
        ({"dataset": "mnist", "split": [0.6, 0.2, 0.2]}, "split", "mnist has an official test part"),
        ({"split": [0.8, 0.2]}, "split", "digits has no official test part"),
        ({"split": [0.6, 0.2, 0.3]}, "split", "sum to 1 (these sum to 1.1"),
        ({"split": [1.2, 0.2, -0.4]}, "split", "positive"),
        ({"split": [1.0, 0.0, 0.0]}, "split", "positive"),
        ({"split": [0.5, True, 0.5]}, "split.1", "number"),
        ({"split": [0.6, float("nan"), 0.2]}, "split.1", "finite"),
        ({"split": []}, "split", "three shares"),
        ({"split": 0.8}, "split", "tuple"),
        ({"evaluation": "k-fold"}, "evaluation", "hold-out"),
        ({"shuffle": True}, "shuffle", "not permitted"),
    ],
)
def test_wrong_data_settings_are_refused(values, key, sentence):
    [(found_key, found)] = faults(DataSettings, **values)
    assert found_key == key
    assert sentence in found


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"epochs": 0}, "epochs"),
        ({"epochs": True}, "epochs"),
        ({"epochs": "3"}, "epochs"),
        ({"epochs": 2.0}, "epochs"),
        ({"early_stopping": {"patience": 0}}, "early_stopping.patience"),
        ({"early_stopping": {"patience": 1, "min_delta": -0.1}}, "early_stopping.min_delta"),
        ({"early_stopping": {"min_delta": 0.1}}, "early_stopping.patience"),
        ({"early_stopping": True}, "early_stopping"),
        ({"value": "mean"}, "value"),
        ({"backend": "theano"}, "backend"),
        ({"epoch": 3}, "epoch"),
    ],
)
def test_wrong_train_settings_are_refused(values, key):
    assert [found for found, _ in faults(TrainSettings, **values)] == [key]


def test_settings_survive_being_stored_as_json():
    data = DataSettings(dataset="mnist", split=(0.9, 0.1))
    train = TrainSettings(epochs=3, early_stopping={"patience": 2, "min_delta": 0}, value="last")
    assert DataSettings.model_validate(data.model_dump(mode="json")) == data
    assert TrainSettings.model_validate(train.model_dump(mode="json")) == train
