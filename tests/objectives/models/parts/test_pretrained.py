"""Backbones: which layers are trained, those of keras.applications, and files that are none."""

import numpy as np
import pytest
from helpers.transfers import images, make, small

from objectives.errors import DataError
from objectives.models import transfer
from objectives.models.parts import pretrained
from objectives.training import backend


@pytest.fixture(scope="module")
def keras():
    backend.prepare("tensorflow")
    import keras

    return keras


@pytest.mark.parametrize(("count", "names"), [(1, ["conv2d_2"]), (2, ["conv2d_1", "conv2d_2"]), (9, None)])
def test_layers_are_unfrozen_from_the_end_and_normalization_never(keras, count, names):
    keras.backend.clear_session()
    outer = keras.Sequential([keras.Input((8, 8, 1)), keras.Sequential(small(keras).layers[:5], name="inner")])
    pretrained.unfreeze(outer, count)
    learning = pretrained.trainable_layers(outer)
    everything = ["conv2d", "conv2d_1", "conv2d_2"]
    assert [layer.name for layer in learning] == (names or everything)
    assert len(outer.trainable_variables) == 2 * len(learning)


def test_every_model_that_is_named_is_one_of_keras(keras):
    for known in pretrained.APPLICATIONS.values():
        assert callable(getattr(keras.applications, known.keras_name))
        assert callable(getattr(keras.applications, known.module).preprocess_input)


def test_a_model_of_keras_sees_images_as_it_was_taught_with_them(keras):
    data = images((40, 33, 1), rows=6)
    made = make(data, backbone="vgg16", weights="none", brightness=0.0)
    backbone = made.model.get_layer(transfer.BACKBONE)
    assert backbone.input_shape == (None, 40, 33, 3)
    low, high = data.x_train.min(), data.x_train.max()
    colours = np.repeat((data.x_train - low) / (high - low) * 255, 3, axis=-1)
    expected = backbone.predict(keras.applications.vgg16.preprocess_input(colours.copy()), verbose=0)
    pooling = next(layer for layer in made.model.layers if "pooling" in layer.name)
    found = keras.Model(made.model.inputs, pooling.input).predict(data.x_train, verbose=0)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(("given", "side"), [({}, 32), ({"size": 48}, 48)])
def test_small_images_become_as_large_as_is_asked_or_needed(keras, given, side):
    made = make(backbone="mobilenetv2", weights="none", **given)
    assert made.model.get_layer(transfer.BACKBONE).input_shape == (None, side, side, 3)


def test_weights_come_from_a_file(keras, tmp_path):
    backbone = pretrained.application("mobilenetv2", "none", (32, 32))
    backbone.save_weights(tmp_path / "backbone.weights.h5")
    made = make(backbone="mobilenetv2", weights=str(tmp_path / "backbone.weights.h5"))
    np.testing.assert_array_equal(made.model.get_layer(transfer.BACKBONE).get_weights()[0], backbone.get_weights()[0])


def broken(keras, folder, what):
    path = folder / "broken.keras"
    layers = keras.layers
    if what == "no model":
        path.write_bytes(b"PK nothing of the kind")
    elif what == "code":
        head = [layers.Lambda(lambda x: x), layers.Flatten()]
        keras.Sequential([keras.Input((8, 8, 1)), *head]).save(path)
    elif what == "a table's":
        keras.Sequential([keras.Input((64,)), layers.Dense(3)]).save(path)
    elif what == "no maps":
        keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(3)]).save(path)
    elif what == "colours":
        small(keras, channels=3).save(path)
    return path


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("gone", "cannot be loaded.*broken.keras"),
        ("no model", "cannot be loaded.*it must be a model of Keras's own layers"),
        ("code", "cannot be loaded.*it must be a model of Keras's own layers"),
        ("a table's", "takes no images"),
        ("no maps", "has no feature maps"),
    ],
)
def test_a_file_that_is_no_backbone_is_a_fault_in_words(keras, tmp_path, what, sentence):
    with pytest.raises(DataError, match=sentence):
        make(backbone=str(broken(keras, tmp_path, what)))


def test_images_of_too_few_channels_are_a_fault(keras, tmp_path):
    with pytest.raises(DataError, match=r"made up has images of 2 channels, and space.backbone = '.*' takes 3"):
        make(images((8, 8, 2)), backbone=str(broken(keras, tmp_path, "colours")))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [({"size": 31}, "space.size = 31 is too small"), ({"weights": "gone/w.h5"}, "weights 'gone/w.h5' of mobilenetv2")],
)
def test_what_a_model_of_keras_does_not_take_is_a_fault(keras, given, sentence):
    with pytest.raises(DataError, match=sentence):
        make(backbone="mobilenetv2", **{"weights": "none", **given})
