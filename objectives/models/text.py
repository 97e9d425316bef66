"""The hypermodel `sequence`: texts as words, embedded and encoded by a GRU, a convolution or their average."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from objectives.data.arrays import SearchData
from objectives.hypermodel import HyperModel
from objectives.models.network import COMMON_PARAMETERS
from objectives.models.parts import class_weights, layers, losses, text_augmentation
from objectives.preprocessing.vocabulary import Vocabulary
from objectives.space.parameters import Parameter, Params

if TYPE_CHECKING:
    import keras

PARAMETERS: Mapping[str, Parameter] = {
    "max_tokens": Parameter(
        kind=int,
        default=5000,
        low=1,
        help="words of the vocabulary, the most frequent of the training split; padding and the token for all other "
        "words are not counted",
        name_in_format_2="vocabulary",
    ),
    "sequence_length": Parameter(
        kind=int,
        default=50,
        low=1,
        help="words of a text that are used; the rest is cut off",
        name_in_format_2="length",
    ),
    "embedding_dim": Parameter(
        kind=int, default=32, low=1, help="dimension of the embedding of a word", name_in_format_2="embedding"
    ),
    "encoder": Parameter(
        kind=str,
        default="average",
        choices=("average", "conv1d", "gru"),
        help="`average`: the mean embedding and a fully connected layer; `conv1d`: a convolution and global max "
        "pooling; `gru`: the last state of a GRU",
    ),
    "units": Parameter(kind=int, default=32, low=1, help="units or filters of the encoder"),
    "kernel_size": Parameter(
        kind=int, default=3, low=1, help="words that a filter spans", active_when={"encoder": ("conv1d",)}
    ),
    "embedding_dropout": Parameter(kind=float, default=0.0, low=0.0, high=0.95, help="dropout rate of the embedding"),
    "dropout": Parameter(kind=float, default=0.0, low=0.0, high=0.95, help="dropout rate before the output"),
    **text_augmentation.PARAMETERS,
    **class_weights.PARAMETERS,
    **COMMON_PARAMETERS,
}

DEFAULT_SPACE: Mapping[str, object] = {
    "max_tokens": {"choices": [1000, 2000, 5000, 10000]},
    "sequence_length": {"choices": [25, 50, 100]},
    "embedding_dim": {"choices": [16, 32, 64]},
    "encoder": {"choices": ["average", "conv1d", "gru"]},
    "units": {"choices": [16, 32, 64]},
    "kernel_size": {"low": 2, "high": 5, "when": {"encoder": ["conv1d"]}},
    "embedding_dropout": {"low": 0.0, "high": 0.5},
    "dropout": {"low": 0.0, "high": 0.5},
    "token_dropout": {"low": 0.0, "high": 0.3},
    "learning_rate": {"low": 3e-4, "high": 3e-2, "log": True},
    "batch_size": {"choices": [32, 64, 128]},
}


@dataclass(frozen=True, kw_only=True)
class TokenData(SearchData):
    """Texts as tokens: x of shape (rows, sequence_length), int32."""

    vocabulary: Vocabulary


def prepare(params: Params, data: SearchData) -> TokenData:
    """Return the texts as tokens of the vocabulary of the training split."""
    vocabulary = Vocabulary.fit(
        data.x_train, max_tokens=params["max_tokens"], sequence_length=params["sequence_length"]
    )
    return TokenData(**vars(data.then(vocabulary)), vocabulary=vocabulary)


def build(params: Params, data: SearchData) -> keras.Model:
    """Return a `keras.Sequential` from tokens of shape (sequence_length,) to the task's output; needs TokenData."""
    import keras

    assert isinstance(data, TokenData), "build takes what prepare returned"
    model = keras.Sequential([keras.Input(data.x_train.shape[1:], dtype="int32")])
    embedding = keras.layers.Embedding(
        data.vocabulary.tokens,
        params["embedding_dim"],
        # A convolution passes no mask on; padding is a word to it.
        mask_zero=params["encoder"] != "conv1d",
    )
    for layer in [
        *text_augmentation.augmentation_layers(params, data.vocabulary),
        embedding,
        *layers.dropout(params["embedding_dropout"]),
        *_ENCODERS[params["encoder"]](params),
        *layers.dropout(params["dropout"]),
        losses.output_layer(params, data),
    ]:
        model.add(layer)
    return model


def _average(params: Params) -> list[keras.Layer]:
    import keras

    return [keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(params["units"], activation="relu")]


def _conv1d(params: Params) -> list[keras.Layer]:
    import keras

    convolution = keras.layers.Conv1D(params["units"], params["kernel_size"], padding="same", activation="relu")
    return [convolution, keras.layers.GlobalMaxPooling1D()]


def _gru(params: Params) -> list[keras.Layer]:
    import keras

    return [keras.layers.GRU(params["units"])]


_ENCODERS = {"average": _average, "conv1d": _conv1d, "gru": _gru}

SEQUENCE = HyperModel(
    name="sequence",
    summary="classifier of texts",
    parameters=PARAMETERS,
    space=DEFAULT_SPACE,
    build=build,
    prepare=prepare,
    reads=("text",),
)
