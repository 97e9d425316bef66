"""Words replaced at random while a model trains, by layers at its front. Other rows pass unchanged.

A rate of 0 leaves its layer out. The layers' random states are variables of the model, and so are kept with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import accumulate
from types import SimpleNamespace
from typing import TYPE_CHECKING

from objectives.preprocessing.vocabulary import FIRST_WORD, PADDING, UNKNOWN, Vocabulary, read_synonyms, synonym_table
from objectives.space.parameters import Parameter, Params

if TYPE_CHECKING:
    import keras

_NO_FILE = "none"


def _rate(text: str) -> Parameter:
    return Parameter(kind=float, default=0.0, low=0.0, high=0.9, help=f"{text}; 0: off")


PARAMETERS: Mapping[str, Parameter] = {
    "synonyms": Parameter(
        kind=str,
        default=_NO_FILE,
        choices=(_NO_FILE,),
        files=(".txt",),
        help="a text file with one group of synonyms per line",
    ),
    "synonym_replacement": replace(
        _rate("fraction of the words with synonyms that are replaced by one"), active_unless={"synonyms": (_NO_FILE,)}
    ),
    "token_noise": _rate("fraction of the words that are replaced by random ones"),
    "token_dropout": _rate("fraction of the words that become the unknown word"),
}


def augmentation_layers(params: Params, vocabulary: Vocabulary) -> list[keras.Layer]:
    """Return the layers for tokens of shape (rows, length), int32; they are active in training alone.

    Raises DataError for a file of synonyms that cannot be used.
    """
    found: list[keras.Layer] = []
    kinds = layer_classes()
    if params["synonyms"] != _NO_FILE and params["synonym_replacement"] > 0:
        table = synonym_table(vocabulary, read_synonyms(params["synonyms"]))
        found.append(kinds.SynonymReplacement(params["synonym_replacement"], table))
    # Random words need words.
    if params["token_noise"] > 0 and vocabulary.tokens > FIRST_WORD:
        found.append(kinds.TokenNoise(params["token_noise"], vocabulary.tokens))
    if params["token_dropout"] > 0:
        found.append(kinds.TokenDropout(params["token_dropout"]))
    return found


@cache
def layer_classes() -> SimpleNamespace:
    """Return the layers' classes, registered with Keras, so that a saved model can be loaded once this was called."""
    import keras

    register = keras.saving.register_keras_serializable("studyhall")
    return SimpleNamespace(
        TokenDropout=register(_token_dropout()),
        TokenNoise=register(_token_noise()),
        SynonymReplacement=register(_synonym_replacement()),
    )


@cache
def _replacing() -> type[keras.Layer]:
    import keras

    class Replacing(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
        """In training, replaces each token but padding with probability `share`, by what `replacements` returns."""

        def __init__(self, share: float, **options: object) -> None:
            super().__init__(**options)
            self.share = share
            self.seed_generator = keras.random.SeedGenerator()

        def call(self, tokens: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
            if not training:
                return tokens
            drawn = self.uniform(tokens)
            chosen = keras.ops.logical_and(drawn < self.share, tokens != PADDING)
            return keras.ops.where(chosen, self.replacements(tokens), tokens)

        def uniform(self, tokens: keras.KerasTensor) -> keras.KerasTensor:
            return keras.random.uniform(keras.ops.shape(tokens), dtype="float32", seed=self.seed_generator)

        def number_below(self, count: int | keras.KerasTensor, tokens: keras.KerasTensor) -> keras.KerasTensor:
            """A random whole number from 0 to count - 1 for each token."""
            drawn = keras.ops.floor(self.uniform(tokens) * keras.ops.cast(count, "float32"))
            # A draw next to 1 may be rounded up to it.
            return keras.ops.minimum(keras.ops.cast(drawn, "int32"), count - 1)

        def compute_output_spec(self, tokens: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
            return keras.KerasTensor(tokens.shape, dtype=tokens.dtype)

        def get_config(self) -> dict[str, object]:
            return {**super().get_config(), "share": self.share}

    return Replacing


def _token_dropout() -> type[keras.Layer]:
    import keras

    class TokenDropout(_replacing()):  # type: ignore[misc]  # Keras has no types
        """Makes tokens unknown (the word dropout of Iyyer et al. 2015, https://aclanthology.org/P15-1162)."""

        def replacements(self, tokens: keras.KerasTensor) -> keras.KerasTensor:
            return keras.ops.full_like(tokens, UNKNOWN)

    return TokenDropout


def _token_noise() -> type[keras.Layer]:
    class TokenNoise(_replacing()):  # type: ignore[misc]  # Keras has no types
        """Puts random words of a vocabulary with so many `tokens` in their place."""

        def __init__(self, share: float, tokens: int, **options: object) -> None:
            super().__init__(share, **options)
            self.tokens = tokens

        def replacements(self, tokens: keras.KerasTensor) -> keras.KerasTensor:
            return FIRST_WORD + self.number_below(self.tokens - FIRST_WORD, tokens)

        def get_config(self) -> dict[str, object]:
            return {**super().get_config(), "tokens": self.tokens}

    return TokenNoise


def _synonym_replacement() -> type[keras.Layer]:
    import keras

    class SynonymReplacement(_replacing()):  # type: ignore[misc]  # Keras has no types
        """Puts one of its synonyms in a token's place, each with the same probability.

        `table` has for each token those that may stand for it.
        """

        def __init__(self, share: float, table: Sequence[Sequence[int]], **options: object) -> None:
            super().__init__(share, **options)
            self.table = [list(row) for row in table]

        def replacements(self, tokens: keras.KerasTensor) -> keras.KerasTensor:
            # A token without synonyms stands for itself. All rows one after the other, and where each begins.
            rows = [row or [token] for token, row in enumerate(self.table)]
            lengths = [len(row) for row in rows]
            begins = list(accumulate(lengths, initial=0))[:-1]
            flat = keras.ops.convert_to_tensor([one for row in rows for one in row], "int32")
            begin = keras.ops.take(keras.ops.convert_to_tensor(begins, "int32"), tokens)
            count = keras.ops.take(keras.ops.convert_to_tensor(lengths, "int32"), tokens)
            return keras.ops.take(flat, begin + self.number_below(count, tokens))

        def get_config(self) -> dict[str, object]:
            return {**super().get_config(), "table": self.table}

    return SynonymReplacement
