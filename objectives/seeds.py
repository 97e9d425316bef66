"""One study seed decides everything; each use draws its own seed from it."""

from __future__ import annotations

import zlib


def derive_seed(seed: int, *path: int | str) -> int:
    """Return the 32-bit seed of one use, such as `derive_seed(7, "model", trial.number)`.

    The same arguments give the same number in every process and on every machine (text is hashed
    with CRC-32, since Python's `hash` differs from run to run). Negative integers raise ValueError.
    """
    import numpy as np

    # The tag before each part tells a text from the integer that is its hash, and a nought from nothing.
    tagged = [(2, zlib.crc32(part.encode())) if isinstance(part, str) else (1, part) for part in path]
    key = tuple(number for pair in tagged for number in pair)
    return int(np.random.SeedSequence(seed, spawn_key=key).generate_state(1)[0])
