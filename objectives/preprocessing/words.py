"""Texts beside other columns: a feature of 0 and 1 for each of their frequent words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from objectives.preprocessing.vocabulary import words

if TYPE_CHECKING:
    import numpy as np

MOST_WORDS = 200
"""A column of texts becomes at most so many features."""


def frequent_words(texts: Sequence[str | None]) -> tuple[str, ...]:
    """Return the words that most rows have, sorted; of equally frequent ones the first by alphabet.

    A word of one row tells nothing about others, nor does one of more than half of the rows, such as "the".
    """
    counts = Counter(word for text in texts for word in set(words(text or "")))
    known = sum(text is not None for text in texts)
    telling = [word for word, rows in counts.items() if 1 < rows <= known / 2]
    return tuple(sorted(sorted(telling, key=lambda word: (-counts[word], word))[:MOST_WORDS]))


def word_columns(texts: Sequence[str | None], known: Sequence[str]) -> list[np.ndarray]:
    """Return which rows have each of the known words: 0 and 1, float64, shape (rows,); none has what has no text."""
    import numpy as np

    places = {word: place for place, word in enumerate(known)}
    found = np.zeros((len(known), len(texts)))
    for row, text in enumerate(texts):
        for word in set(words(text or "")):
            if (place := places.get(word)) is not None:
                found[place, row] = 1.0
    return list(found)
