import pytest
from pydantic import ValidationError

from objectives.data.readers.formats import FORMATS
from objectives.data.settings import DataSettings
from objectives.training.settings import TrainSettings


def faults(model, **values):
    with pytest.raises(ValidationError) as caught:
        model(**values)
    return [(".".join(map(str, error["loc"])), error["msg"]) for error in caught.value.errors()]


def test_folds_and_repeats_are_there_where_they_apply():
    def both(**values):
        settings = DataSettings(**values)
        return settings.folds, settings.repeats

    assert both() == (None, None)
    assert both(evaluation="k-fold") == (5, None)
    assert both(evaluation="iterated-k-fold", folds=3) == (3, 2)
    assert both(evaluation="iterated-k-fold", repeats=4) == (5, 4)


@pytest.mark.parametrize(
    "values",
    [
        {"dataset": "mnist", "split": [0.9, 0.1]},
        {"dataset": "a.npz", "split": [0.9, 0.1]},
        {"dataset": "a.npz", "split": [0.6, 0.2, 0.2], "task": "regression"},
        {"dataset": "wine", "split": [0.9, 0.1], "evaluation": "k-fold", "scaling": "min-max"},
        {"dataset": "a.csv", "target": "y", "ignore": ["id", ""]},
        {"dataset": "a.csv", "target": "y", "text": "x", "scaling": "none"},
        {"dataset": "./images", "image_size": [32, 48]},
        {"dataset": "a.csv", "target": "y", "header": False, "separator": ";", "decimal": ",", "thousands": "."},
        {"dataset": "a.xlsx", "target": "y", "categories": ["a"], "numbers": ["b"], "dates": ["c"], "missing": "drop"},
        {"dataset": "a.parquet", "target": "y", "words": ["a", "b"], "group": "c"},
    ],
)
def test_good_data_settings_survive_being_stored_as_json(values):
    settings = DataSettings(**values)
    assert DataSettings.model_validate(settings.model_dump(mode="json")) == settings


TABLE = {"dataset": "a.csv", "target": "y"}
FOLDS = {"evaluation": "k-fold"}


@pytest.mark.parametrize(
    ("values", "key", "sentence"),
    [
        (
            {"dataset": "mnits"},
            "dataset",
            "allowed: digits, mnist, fashion_mnist, cifar10, breast_cancer, wine, diabetes",
        ),
        ({"dataset": "mnits"}, "dataset", 'did you mean "mnist"?'),
        ({"dataset": "images"}, "dataset", "a folder of images such as ./images"),
        ({"dataset": "a.docx"}, "dataset", f"a file ({', '.join(FORMATS)})"),
        ({"dataset": "mnist", "target": "y"}, "target", "mnist is a known data set and takes no target"),
        ({"dataset": "mnist", "image_size": [8, 8]}, "image_size", "takes no image_size"),
        ({"task": "regression"}, "task", "takes no task"),
        ({"dataset": "a.npz", "target": "y"}, "target", "a file of arrays, which takes task and no target"),
        ({"dataset": "./images", "text": "x"}, "text", "a folder of images, which takes image_size and no text"),
        ({**TABLE, "image_size": [8, 8]}, "image_size", "a table, which takes categories, dates, "),
        ({**TABLE, "text": "y"}, "text", '"y" is the target'),
        ({**TABLE, "ignore": ["x", "y"]}, "ignore", '"y" is the target'),
        ({**TABLE, "text": "x", "ignore": ["x"]}, "ignore", '"x" is the text'),
        ({**TABLE, "text": "x", "ignore": ["z"]}, "ignore", "does nothing beside text"),
        ({**TABLE, "text": "x", "words": ["z"]}, "words", "does nothing beside text"),
        ({**TABLE, "words": ["x", "y"]}, "words", '"y" is the target'),
        ({**TABLE, "dates": ["x"], "words": ["x"]}, "words", '"x" is in dates'),
        ({"dataset": "a.npz", "words": ["x"]}, "words", "takes task and no words"),
        ({**TABLE, "text": "x", "scaling": "standard"}, "scaling", "texts have no scale"),
        ({**TABLE, "target": 3}, "target", "string"),
        ({**TABLE, "target": ""}, "target", "at least 1 character"),
        ({**TABLE, "task": "classes"}, "task", "'classification'"),
        ({"dataset": "./images", "image_size": [32]}, "image_size.1", "required"),
        ({"dataset": "./images", "image_size": [32, 0]}, "image_size.1", "greater than or equal to 1"),
        ({"dataset": "mnist", "split": [0.6, 0.2, 0.2]}, "split", "mnist has a predefined test split"),
        ({"split": [0.8, 0.2]}, "split", "digits has no predefined test split"),
        ({"split": [0.6, 0.2, 0.3]}, "split", "sum to 1 (these sum to 1.1"),
        ({"split": [1.2, 0.2, -0.4]}, "split", "positive"),
        ({"split": [1.0, 0.0, 0.0]}, "split", "positive"),
        ({"split": [0.5, True, 0.5]}, "split.1", "number"),
        ({"split": [0.6, float("nan"), 0.2]}, "split.1", "finite"),
        ({"split": []}, "split", "three ratios"),
        ({"split": 0.8}, "split", "tuple"),
        ({**TABLE, "split": [0.8, 0.2]}, "split", "three ratios"),
        ({"dataset": "a.npz", "split": [1.0]}, "split", "three ratios"),
        ({"dataset": "mnist", **FOLDS, "split": [0.8, 0.2]}, "split", "mnist has a predefined test split"),
        ({**FOLDS, "split": [0.6, 0.2, 0.2]}, "split", 'with evaluation = "k-fold" two ratios (search, test)'),
        ({"evaluation": "kfold"}, "evaluation", "'k-fold'"),
        (
            {"folds": 5},
            "folds",
            'does nothing with evaluation = "hold-out"; leave it out, or say evaluation = "k-fold" or',
        ),
        ({**FOLDS, "folds": 1}, "folds", "greater than or equal to 2"),
        ({**FOLDS, "folds": 2.0}, "folds", "integer"),
        ({**FOLDS, "repeats": 2}, "repeats", 'say evaluation = "iterated-k-fold"'),
        ({"evaluation": "iterated-k-fold", "repeats": 1}, "repeats", "greater than or equal to 2"),
        ({"scaling": "minmax"}, "scaling", "'min-max'"),
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


def test_train_settings_survive_being_stored_as_json():
    train = TrainSettings(epochs=3, early_stopping={"patience": 2, "min_delta": 0}, score_epoch="last")
    assert TrainSettings.model_validate(train.model_dump(mode="json")) == train
