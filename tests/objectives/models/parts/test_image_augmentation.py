"""The hypermodels for images, and what changes images while they train."""

from dataclasses import replace

import numpy as np
import optuna
import pytest
from helpers.networks import SMALL, rows, training
from pydantic import TypeAdapter

from objectives.data.settings import DataSettings
from objectives.errors import DataError
from objectives.models.cnn import CNN
from objectives.models.network import HyperModelObjective, make_training
from objectives.models.parts import image_augmentation
from objectives.registry import HYPERMODELS
from objectives.space.dimensions import Dimension
from objectives.space.search_space import SearchSpace
from objectives.training import backend
from objectives.training.settings import TrainSettings
from objectives.training.task import Task


@pytest.fixture(scope="module", autouse=True)
def keras():
    backend.prepare("tensorflow")
    import keras

    return keras


def kinds(model):
    return [type(layer).__name__ for layer in model.layers]


def test_a_cnn_is_blocks_of_convolutions_then_a_dense_layer(keras):
    model = training(
        "cnn", blocks=2, convolutions=2, filters=4, kernel_size=5, units=7, dropout=0.1, dropout_2=0.2
    ).model
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [(layer.filters, layer.kernel_size) for layer in convolutions] == [(4, (5, 5))] * 2 + [(8, (5, 5))] * 2
    block = ["Conv2D", "Conv2D", "MaxPooling2D", "Dropout"]
    assert kinds(model) == [*block, *block, "Flatten", "Dense", "Dense"]
    assert [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)] == [0.1, 0.2]
    assert model.layers[-2].units == 7


@pytest.mark.parametrize(
    ("pooling", "layer"),
    [("flatten", "Flatten"), ("average", "GlobalAveragePooling2D"), ("max", "GlobalMaxPooling2D")],
)
def test_a_cnn_of_more_blocks_than_halves_still_sees_a_pixel(pooling, layer):
    model = training("cnn", blocks=5, filters=1, pooling=pooling).model
    assert layer in kinds(model)
    assert model.layers[-3].output.shape[1:3] == (1, 1)


def test_a_residual_block_adds_what_went_around_it(keras):
    model = training("resnet", stages=2, blocks=2, filters=3).model
    adds = [layer for layer in model.layers if isinstance(layer, keras.layers.Add)]
    assert len(adds) == 4
    # The way around is a convolution only where height, width and channels change.
    around = [add.input[1]._keras_history.operation for add in adds]
    assert [type(layer).__name__ for layer in around] == [
        "Activation",
        "Activation",
        "BatchNormalization",
        "Activation",
    ]
    assert [add.output.shape[1:] for add in adds] == [(6, 6, 3)] * 2 + [(3, 3, 6)] * 2


EACH = {
    "flip": "both",
    "rotate": 90.0,
    "shift": 0.5,
    "zoom": 0.5,
    "shear": 0.5,
    "crop": 0.5,
    "brightness": 0.5,
    "contrast": 0.9,
    "saturation": 1.0,
    "hue": 0.5,
}


@pytest.mark.parametrize("name", image_augmentation.PARAMETERS)
def test_images_change_in_training_alone_and_the_state_of_the_change_is_kept(keras, name):
    keras.utils.set_random_seed(3)
    data = rows((6, 6, 3))
    layers = image_augmentation.augmentation_layers({**CNN.defaults, name: EACH[name]}, data)
    model = keras.Sequential([keras.Input((6, 6, 3)), *layers])
    before = [variable.numpy().copy() for variable in model.variables]
    changed = model(data.x_train, training=True).numpy()
    assert changed.shape == data.x_train.shape
    assert np.abs(changed - data.x_train).max() > 0.01
    assert -1e-5 <= changed.min() <= changed.max() <= 1 + 1e-5
    # Each image is changed in a way of its own.
    alike = model(np.repeat(data.x_train[:1], 8, axis=0), training=True).numpy()
    assert np.abs(alike - alike[0]).max() > 0.01
    np.testing.assert_array_equal(model(data.x_train, training=False).numpy(), data.x_train)
    assert len(before) == len(layers)
    assert all((variable.numpy() != old).any() for variable, old in zip(model.variables, before, strict=True))


def test_what_is_off_is_not_in_the_model():
    assert image_augmentation.augmentation_layers(CNN.defaults, rows((6, 6, 1))) == []


def test_a_window_of_a_crop_lies_within_the_image(keras):
    # Given images that are bright at the rim alone
    image = np.zeros((40, 40, 1), dtype=np.float32)
    image[5:35, 5:35] = 1.0
    data = rows((40, 40, 1))
    layers = image_augmentation.augmentation_layers({**CNN.defaults, "crop": 0.5}, data)
    # When half of the side is cut away
    seen = keras.Sequential([keras.Input((40, 40, 1)), *layers])(np.repeat(image[None], 64, axis=0), training=True)
    shares = keras.ops.convert_to_numpy(seen).mean(axis=(1, 2, 3))
    # Then some windows show the rim and some do not, and none shows more than a corner of it
    assert shares.max() == pytest.approx(1.0, abs=1e-3)
    assert (15 / 20) ** 2 - 0.08 < shares.min() < 0.95


@pytest.mark.parametrize("name", ["saturation", "hue"])
def test_grey_images_have_no_colours(name):
    with pytest.raises(DataError, match=f"space.{name} changes colours, and images of made up have 1 instead"):
        image_augmentation.check({**CNN.defaults, name: 0.1}, rows((6, 6, 1)))


def test_colours_are_turned_only_in_pixels_from_nought_to_one():
    data = rows((6, 6, 3))
    standard = replace(data, x_train=data.x_train * 2 - 1)
    with pytest.raises(DataError, match=r'data\.scaling = "min-max"'):
        image_augmentation.check({**CNN.defaults, "hue": 0.1}, standard)


@pytest.mark.parametrize(("hypermodel", "classes"), [("cnn", None), ("cnn", 2), ("resnet", 3)])
def test_every_task_can_be_trained(hypermodel, classes):
    made = make_training(
        HYPERMODELS[hypermodel],
        {**HYPERMODELS[hypermodel].defaults, **SMALL[hypermodel]},
        rows((5, 7, 2), classes),
        epochs=1,
    )
    history = made.model.fit(made.data.x_train, made.data.y_train, verbose=0).history
    assert np.isfinite(history["loss"]).all()


@pytest.mark.parametrize(
    ("hypermodel", "dimensions"),
    [
        ("cnn", {"filters": 16, "rotate": 10.0, "shift": 0.05, "learning_rate": 0.01}),
        ("resnet", {"filters": 8, "learning_rate": 0.01}),
    ],
)
def test_a_trial_learns_digits(hypermodel, dimensions):
    space = SearchSpace(TypeAdapter(dict[str, Dimension]).validate_python(dimensions | {"batch_size": 32}))
    train = TrainSettings(epochs=4)
    task = Task(
        space=space, data=DataSettings(), train=train, metrics=("val_accuracy",), directions=("maximize",), seed=7
    )
    objective = HyperModelObjective(task, HYPERMODELS[hypermodel])
    study = optuna.create_study(direction="maximize")
    study.optimize(objective, n_trials=1)
    # Chance is 0.1.
    assert study.best_value > 0.8
