"""Texts as rows of numbers: the words of a vocabulary, which is made of the training split alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from objectives.errors import DataError

if TYPE_CHECKING:
    import numpy as np

PADDING = 0
UNKNOWN = 1
FIRST_WORD = 2

# Chinese and Japanese write no blanks between words, so that each character is a word of its own.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\W\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")


def words(text: str) -> list[str]:
    """Return the words of a text, lower-cased: runs of letters, digits and _, and single Chinese characters."""
    return _WORD.findall(text.lower())


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The words that are told apart, and how many of a text are read."""

    numbers: Mapping[str, int]
    """Word -> its number, from FIRST_WORD on without gaps and in that order."""
    sequence_length: int

    @classmethod
    def fit(cls, texts: Iterable[str], *, max_tokens: int, sequence_length: int) -> Vocabulary:
        """Return the most frequent words, the most frequent first; of equally frequent ones the first by alphabet.

        Of `max_tokens` words, to which PADDING and UNKNOWN come.
        """
        counts = Counter(word for text in texts for word in words(text))
        found = sorted(counts, key=lambda word: (-counts[word], word))[:max_tokens]
        return cls(numbers=_numbered(found), sequence_length=sequence_length)

    @property
    def tokens(self) -> int:
        """How many numbers there are: those of words, PADDING and UNKNOWN."""
        return len(self.numbers) + FIRST_WORD

    def transform(self, texts: Sequence[str]) -> np.ndarray:
        """Return the first words of each text, then PADDING: shape (rows, sequence_length), int32.

        A text without words is one UNKNOWN, since a row of padding alone has nothing to learn from (and breaks a GRU
        on NVIDIA's library).
        """
        import numpy as np

        rows = np.full((len(texts), self.sequence_length), PADDING, np.int32)
        for row, text in zip(rows, texts, strict=True):
            numbers = [self.numbers.get(word, UNKNOWN) for word in words(text)[: self.sequence_length]] or [UNKNOWN]
            row[: len(numbers)] = numbers
        return rows

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {"words": list(self.numbers), "sequence_length": self.sequence_length}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Vocabulary:
        """Return what `to_json` was called on."""
        return cls(numbers=_numbered(data["words"]), sequence_length=data["sequence_length"])


def _numbered(found: Iterable[str]) -> dict[str, int]:
    return {word: number for number, word in enumerate(found, start=FIRST_WORD)}


def read_synonyms(path: str) -> list[list[str]]:
    """Return the groups of a file of synonyms, UTF-8: one group a line, its words separated by blanks or commas.

    Raises:
        DataError: for a file that cannot be read, and for one without any group of two words.
    """
    try:
        if Path(path).exists() and not Path(path).is_file():  # a pipe would wait for somebody to write
            raise DataError(f"space.synonyms = {path!r} is no file")
        lines = Path(path).read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"space.synonyms = {path!r} cannot be read as a text in UTF-8: {error}") from error
    groups = [
        group for line in lines if len(group := [part.lower() for part in re.split(r"[\s,;]+", line) if part]) > 1
    ]
    if not groups:
        raise DataError(f"space.synonyms = {path!r} has no line of two or more words: write one group a line")
    return groups


def synonym_table(vocabulary: Vocabulary, groups: Iterable[Sequence[str]]) -> list[list[int]]:
    """Return for each token the tokens that may stand for it, ascending; none where the vocabulary has no other."""
    table: list[set[int]] = [set() for _ in range(vocabulary.tokens)]
    for group in groups:
        known = {vocabulary.numbers[word] for word in group if word in vocabulary.numbers}
        for number in known:
            table[number] |= known - {number}
    return [sorted(others) for others in table]
