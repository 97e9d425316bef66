"""Each epoch has an order of its own, the same for every backend and in every process."""

import numpy as np
import pytest

from objectives.training import backend
from objectives.training.trainers.batches import EpochOrder, python_batches, tensorflow_batches, validation_batches


@pytest.fixture(scope="module", autouse=True)
def keras():
    backend.prepare("tensorflow")
    import keras

    return keras


def epoch_of_python(batches):
    return [batches[index] for index in range(len(batches))]


def epoch_of_tensorflow(batches):
    return [(x.numpy(), y.numpy()) for x, y in batches]


KINDS = [(python_batches, epoch_of_python), (tensorflow_batches, epoch_of_tensorflow)]


@pytest.mark.parametrize(("make", "epoch_of"), KINDS)
@pytest.mark.parametrize(("rows", "batch_size"), [(7, 3), (6, 3), (2, 3), (3, 3)])
def test_every_epoch_has_every_row_once_in_the_order_of_that_epoch(make, epoch_of, rows, batch_size):
    x, y = np.arange(rows * 2, dtype=np.float32).reshape(rows, 2), np.arange(rows)
    order = EpochOrder(rows=rows, seed_of=lambda epoch: 5 + epoch)
    batches = make(x, y, batch_size, order)
    assert len(batches) == -(-rows // batch_size)
    for epoch in (0, 1, 1, 9, 0):
        order.epoch = epoch
        expected = np.random.default_rng(5 + epoch).permutation(rows)
        found = epoch_of(batches)
        np.testing.assert_array_equal(np.concatenate([labels for _, labels in found]), expected)
        np.testing.assert_array_equal(np.concatenate([pixels for pixels, _ in found]), x[expected])
        assert [len(labels) for _, labels in found[:-1]] == [batch_size] * (len(found) - 1)


@pytest.mark.parametrize(
    ("make", "epoch_of"), [(validation_batches, epoch_of_tensorflow), (python_batches, epoch_of_python)]
)
@pytest.mark.parametrize(("rows", "batch_size"), [(7, 3), (6, 3), (2, 3)])
def test_validation_has_the_rows_in_their_own_order_every_time(make, epoch_of, rows, batch_size):
    x, y = np.arange(rows * 4, dtype=np.float32).reshape(rows, 2, 2), np.arange(rows)
    batches = make(x, y, batch_size)
    for _ in range(2):
        found = epoch_of(batches)
        assert [len(labels) for _, labels in found[:-1]] == [batch_size] * (-(-rows // batch_size) - 1)
        np.testing.assert_array_equal(np.concatenate([images for images, _ in found]), x)
        np.testing.assert_array_equal(np.concatenate([labels for _, labels in found]), y)


@pytest.mark.parametrize("make", [python_batches, tensorflow_batches])
def test_keras_trains_each_epoch_in_its_order(keras, make):
    seen = []

    class Witness(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1)

        def call(self, x):
            return self.dense(x)

        def train_step(self, batch):
            seen[-1].extend(int(row) for row in np.ravel(batch[0]))
            return super().train_step(batch)

    order = EpochOrder(rows=8, seed_of=lambda epoch: epoch)
    x = np.arange(8, dtype=np.float32)[:, None]

    def begin(epoch, logs):
        order.epoch = epoch
        seen.append([])

    model = Witness()
    model.compile("sgd", "mse", run_eagerly=True)
    begins = keras.callbacks.LambdaCallback(on_epoch_begin=begin)
    model.fit(make(x, x, 3, order), initial_epoch=2, epochs=5, shuffle=False, verbose=0, callbacks=[begins])
    assert seen == [list(np.random.default_rng(epoch).permutation(8)) for epoch in (2, 3, 4)]
