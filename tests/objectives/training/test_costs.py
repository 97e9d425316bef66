"""What a prediction costs, counted by hand and beside TensorFlow's own profiler."""

import pytest

from objectives.errors import TrainingError
from objectives.training import backend
from objectives.training.costs import flops, model_costs


@pytest.fixture(scope="module")
def keras():
    backend.prepare("tensorflow")
    import keras

    return keras


def counted_by_tensorflow(model):
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2_as_graph

    inputs = [tf.TensorSpec([1, *tensor.shape[1:]], tensor.dtype) for tensor in model.inputs]
    traced = tf.function(lambda *x: model(x[0], training=False)).get_concrete_function(*inputs)
    _, definition = convert_variables_to_constants_v2_as_graph(traced)
    with tf.Graph().as_default() as graph:
        tf.graph_util.import_graph_def(definition, name="")
        builder = tf.compat.v1.profiler.ProfileOptionBuilder
        options = builder(builder.float_operation()).with_empty_output().build()
        return tf.compat.v1.profiler.profile(graph, options=options).total_float_ops


def test_a_dense_network(keras):
    layers = keras.layers
    model = keras.Sequential([keras.Input((64,)), layers.Dense(32, "relu"), layers.BatchNormalization()])
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(10, "softmax"))
    assert flops(model) == 2 * (64 * 32 + 32 * 10)
    assert model_costs(model, ["parameters", "val_loss"]) == {"parameters": 64 * 32 + 32 + 4 * 32 + 32 * 10 + 10}
    # The profiler counts biases and activations too.
    assert flops(model) <= counted_by_tensorflow(model) <= 1.1 * flops(model)


# TensorFlow counts nothing for groups, and a transposed convolution at every place of its output.
MISCOUNTED = ("groups", "transposed")


@pytest.mark.parametrize(
    ("what", "layer", "expected"),
    [
        ("strides", lambda layers: layers.Conv2D(6, 3, padding="same", strides=2), 2 * 9 * 4 * 6 * 16),
        ("groups", lambda layers: layers.Conv2D(6, 3, groups=2), 2 * 9 * 2 * 6 * 36),
        ("depthwise", lambda layers: layers.DepthwiseConv2D(3, depth_multiplier=2), 2 * 9 * 4 * 2 * 36),
        ("separable", lambda layers: layers.SeparableConv2D(6, 3), 2 * (9 * 4 + 4 * 6) * 36),
        ("transposed", lambda layers: layers.Conv2DTranspose(6, 3), 2 * 9 * 4 * 6 * 64),
        ("dense", lambda layers: layers.Dense(5), 2 * 4 * 5 * 64),
    ],
)
def test_a_layer_over_8x8_images_of_4_channels(keras, what, layer, expected):
    model = keras.Sequential([keras.Input((8, 8, 4)), layer(keras.layers)])
    assert flops(model) == expected
    assert what in MISCOUNTED or expected <= counted_by_tensorflow(model) <= 1.2 * expected


def test_layers_inside_layers_and_every_step_of_a_sequence(keras):
    layers = keras.layers
    text = keras.Input((20,), dtype="int32")
    both = layers.Bidirectional(layers.GRU(16))(layers.Embedding(100, 8)(text))
    one = 2 * 20 * (8 * 48 + 16 * 48)
    inner = keras.Sequential([keras.Input((32,)), layers.Dense(7)])
    model = keras.Model(text, layers.Dense(1, "sigmoid")(inner(both)))
    assert flops(model) == 2 * one + 2 * 32 * 7 + 2 * 7


def test_what_nobody_knows_is_not_counted_as_nothing(keras):
    model = keras.Sequential([keras.Input((4, 8)), keras.layers.EinsumDense("abc,cd->abd", output_shape=(None, 3))])
    with pytest.raises(TrainingError, match="EinsumDense"):
        flops(model)
