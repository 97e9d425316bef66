"""A backbone that has learned before: its weights stay in the head's epochs and move after, and it is worth having."""

import numpy as np
import pytest
from helpers.one_thread import resuming_drills
from helpers.paths import DATA
from helpers.transfers import images, make, small

from objectives.data.arrays import SearchData
from objectives.models import transfer
from objectives.models.network import make_training
from objectives.training import backend
from objectives.training.trainers.batches import EpochOrder, training_batches

MNIST = DATA / "mnist.npz"


@pytest.fixture(scope="module")
def keras():
    backend.prepare("tensorflow")
    import keras

    return keras


@pytest.fixture
def own(keras, tmp_path):
    keras.utils.set_random_seed(3)
    small(keras).save(tmp_path / "own.keras")
    return str(tmp_path / "own.keras")


def moved(model, before):
    """For each weight of the backbone whether it is another than before."""
    now = model.get_layer(transfer.BACKBONE).get_weights()
    return [bool((old != new).any()) for old, new in zip(before, now, strict=True)]


# The weights of `small` without its head: a convolution's, normalization's four, two convolutions'.
NOTHING, LAST_TWO = [False] * 10, [False] * 6 + [True] * 4


@pytest.mark.parametrize("optimizer", transfer.PARAMETERS["optimizer"].choices)
def test_the_last_layers_stay_to_the_last_bit_until_the_head_has_learned(keras, own, optimizer):
    two_phases = {"freeze": False, "unfreeze_last": 2, "head_epochs": 2, "fine_tuning_rate": 1e-3}
    made = make(backbone=own, optimizer=optimizer, momentum=0.5, weight_decay=0.5, batch_size=16, **two_phases)
    before = made.model.get_layer(transfer.BACKBONE).get_weights()
    head = made.model.layers[-1].get_weights()
    seen = []
    watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(moved(made.model, before)))
    made.model.fit(made.data.x_train, made.data.y_train, batch_size=16, epochs=4, verbose=0, callbacks=[watch])
    assert seen == [NOTHING, NOTHING, LAST_TWO, LAST_TWO]
    assert (made.model.layers[-1].get_weights()[0] != head[0]).any()


def test_the_backbone_has_a_rate_of_its_own_that_goes_with_the_schedule(keras, own):
    two_phases = {"freeze": False, "unfreeze_last": 1, "head_epochs": 0, "fine_tuning_rate": 0.25, "learning_rate": 0.5}
    steps = {}
    for rate in (0.5, 0.25):
        keras.utils.set_random_seed(1)
        made = make(backbone=own, optimizer="sgd", batch_size=40, **two_phases)
        made.model.optimizer.learning_rate = rate
        values = [made.model.get_layer(transfer.BACKBONE).get_weights()[-2]]
        made.model.fit(made.data.x_train, made.data.y_train, batch_size=40, verbose=0)
        steps[rate] = made.model.get_layer(transfer.BACKBONE).get_weights()[-2] - values[0]
    plain = make(backbone=own, optimizer="sgd", batch_size=40, **two_phases | {"fine_tuning_rate": 0.5})
    assert np.abs(steps[0.5]).max() > 1e-5
    np.testing.assert_allclose(steps[0.25] * 2, steps[0.5], rtol=1e-2, atol=1e-7)
    assert plain.model.optimizer.get_config()["share"] == 1.0
    assert made.model.optimizer.get_config()["share"] == 0.5


def test_weight_decay_shrinks_the_backbone_by_its_own_rate(keras, own):
    made = make(
        backbone=own, optimizer="adamw", weight_decay=0.5, freeze=False, head_epochs=0, fine_tuning_rate=1e-2,
        learning_rate=0.1, unfreeze_last=1,
    )  # fmt: skip
    optimizer, (kernel, _) = made.model.optimizer, made.model.get_layer(transfer.BACKBONE).trainable_variables
    before = kernel.numpy()
    optimizer.build(made.model.trainable_variables)
    nothing = [keras.ops.zeros(variable.shape) for variable in made.model.trainable_variables]
    optimizer.apply(nothing, made.model.trainable_variables)
    np.testing.assert_allclose(kernel.numpy(), before * (1 - 0.5 * 1e-2), rtol=1e-5)


def test_a_frozen_backbone_never_learns_nor_gathers_new_means(keras, own):
    made = make(backbone=own, freeze=True, learning_rate=0.1)
    before = made.model.get_layer(transfer.BACKBONE).get_weights()
    made.model.fit(made.data.x_train, made.data.y_train, epochs=2, verbose=0)
    assert moved(made.model, before) == NOTHING
    assert len(made.model.trainable_variables) == 2


@pytest.mark.parametrize(
    ("shape", "base_shape"),
    [((8, 8, 1), (8, 1)), ((8, 8, 1), (8, 3)), ((12, 9, 3), (8, 3)), ((8, 8, 1), (None, 1))],
    ids=["as it is", "grey for colours", "another size", "any size"],
)
def test_images_are_made_to_fit_a_model_of_ones_own(keras, tmp_path, shape, base_shape):
    side, channels = base_shape
    convolution = keras.layers.Conv2D(2, 3)
    model = keras.Sequential([keras.Input((side, side, channels)), convolution, keras.layers.GlobalAveragePooling2D()])
    model.save(tmp_path / "own.keras")
    made = make(images(shape), backbone=str(tmp_path / "own.keras"))
    assert made.model.get_layer(transfer.BACKBONE).input_shape[1:] == (side, side, channels)
    maps = keras.Model(made.model.inputs, made.model.layers[-2].input).predict(made.data.x_train, verbose=0)
    assert maps.shape[1:] == (6, 6, 2)
    if shape == (8, 8, 1) and channels == 1:
        np.testing.assert_allclose(maps, convolution(made.data.x_train), atol=1e-6)


def test_a_whole_model_with_a_backbone_inside_may_be_a_backbone_again(keras, own, tmp_path):
    made = make(backbone=own, rotate=10, units=4)
    made.model.save(tmp_path / "again.keras")
    again = make(backbone=str(tmp_path / "again.keras"), freeze=False, unfreeze_last=9)
    maps = [
        keras.Model(each.model.inputs, head.input)
        for each in (made, again)
        for head in [next(layer for layer in each.model.layers if "pooling" in layer.name)]
    ]
    x = made.data.x_train
    np.testing.assert_allclose(*(each.predict(x, verbose=0) for each in maps), atol=1e-6)
    assert len(again.model.get_layer(transfer.BACKBONE).trainable_variables) == 6


def digits(lowest, highest, rows):
    """The first rows of MNIST with digits from `lowest` to `highest`, numbered from 0."""
    with np.load(MNIST) as archive:
        x, y = archive["x_train"], archive["y_train"]
    chosen = np.flatnonzero((y >= lowest) & (y <= highest))[: rows + 1000]
    x, y = x[chosen, :, :, None].astype(np.float32) / 255, y[chosen].astype(np.int64) - lowest
    return SearchData(
        x_train=x[:rows],
        y_train=y[:rows],
        x_validation=x[rows:],
        y_validation=y[rows:],
        classes=highest - lowest + 1,
        source="mnist",
        kind="image",
    )


def accuracy(keras, made, epochs):
    rows = EpochOrder(rows=len(made.data.x_train), seed_of=lambda epoch: epoch)
    batches = training_batches(made.data.x_train, made.data.y_train, made.batch_size, rows)
    made.model.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=made.callbacks)
    return made.model.evaluate(made.data.x_validation, made.data.y_validation, batch_size=500, verbose=0)[1]


@pytest.mark.skipif(not MNIST.is_file(), reason="no mnist.npz in $STUDYHALL_TEST_DATA, nor in ../shared/data")
def test_what_was_learned_of_0_to_4_helps_with_5_to_9(keras, tmp_path):
    from objectives.models import cnn

    keras.utils.set_random_seed(1)
    params = {**cnn.CNN.defaults, "filters": 8, "learning_rate": 3e-3}
    first = make_training(cnn.CNN, params, digits(0, 4, 6000), epochs=2)
    assert accuracy(keras, first, 2) > 0.9
    first.model.save(tmp_path / "first.keras")

    few, values = digits(5, 9, 100), {}
    for rate in (3e-3, 1e-2):
        scratch = make_training(cnn.CNN, params | {"batch_size": 32, "learning_rate": rate}, few, epochs=4)
        values[f"from scratch at {rate}"] = accuracy(keras, scratch, 4)
    phases = {"freeze": False, "unfreeze_last": 2, "head_epochs": 2, "fine_tuning_rate": 1e-3, "learning_rate": 1e-2}
    made = make(few, backbone=str(tmp_path / "first.keras"), batch_size=32, pooling="flatten", **phases)
    fine_tuned = accuracy(keras, made, 4)
    assert fine_tuned > max(values.values()) + 0.03, (fine_tuned, values)


def test_a_trial_requeued_in_either_phase_has_the_curve_of_one_never_interrupted(keras, own):
    settings = {"family": "transfer", "epochs": 4, "patience": 4, "backbone": own, "fine_tuning_rate": 0.01}
    settings["unfreeze_last"] = 2
    whole, resumed = resuming_drills([("adam", steps, settings) for steps in ([], [0, 2])])
    # The head learns alone in the first two epochs.
    assert resumed["resumed_at"] == [1, 3]
    assert resumed["reports"] == whole["reports"]
    assert resumed["attributes"] == whole["attributes"]
