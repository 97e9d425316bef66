"""TOML from outside, which may be anything: read within limits, and every fault a sentence."""

from __future__ import annotations

import codecs
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from objectives.data.files import read_bytes
from studies.spec.objective import Fault

LARGEST_FILE = 4 * 2**20  # bytes; thousands of start points take less than a tenth of it
DEEPEST = 16  # tables and lists inside of each other; a study has 4
_INTEGERS = range(-(2**63), 2**63)  # TOML's

# Python keeps bytes of a file's name that are no UTF-8 as lone surrogates.
_NO_TEXT = re.compile(r"[\0\ud800-\udfff]")

# `a.a.a...` for as long as a file lasts keeps the parser busy for hours.
_ENDLESS_KEY = re.compile(r"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){100}""")


def read_toml(path: Path) -> dict[str, object]:
    """Return the table that a file holds.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no TOML, or holds more than a study file does; a sentence.
    """
    content = read_bytes(path, largest=LARGEST_FILE)
    for mark, name in ((codecs.BOM_UTF16_LE, "UTF-16"), (codecs.BOM_UTF16_BE, "UTF-16")):
        if content.startswith(mark):
            raise ValueError(f"is a text in {name}; save it in UTF-8")
    try:
        # Windows' editors begin a file in UTF-8 with a mark.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ValueError(f"is not a text in UTF-8 (line {line:,}), so no TOML file") from None
    return parse_toml(text)


def parse_toml(text: str) -> dict[str, object]:
    """Return the table that a text holds.

    Raises:
        ValueError: it is no TOML, or beyond what is read; a sentence.
    """
    if _ENDLESS_KEY.search(text):
        raise ValueError("is not read: it holds a key of a hundred parts or more")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"is not valid TOML: {error}") from None
    except RecursionError:
        raise ValueError("is not read: it nests hundreds of lists or tables in each other") from None
    except ValueError:  # the only other that Python raises here
        digits = sys.get_int_max_str_digits()
        raise ValueError(f"is not read: it holds an integer of more than {digits:,} digits") from None


def unreadable(table: Mapping[str, object]) -> list[Fault]:
    """What no study can have, whatever the key; what follows may take it for granted that there is none of it."""
    return list(_unreadable(table))


def _unreadable(table: Mapping[str, object]) -> Iterator[Fault]:
    waiting: list[tuple[str, object, int]] = [("", table, 0)]
    while waiting:
        key, value, depth = waiting.pop()
        if depth > DEEPEST:
            yield key.partition(".")[0].partition("[")[0], f"nests more than {DEEPEST} lists or tables in each other"
            return
        if isinstance(value, str) and _NO_TEXT.search(value):
            yield key, "holds what is no text: a NUL, or bytes that are not in UTF-8"
        elif isinstance(value, Mapping) and not all(map(_is_key, value)):
            yield key, "holds a key that is no text"
        elif isinstance(value, int) and value not in _INTEGERS:
            yield key, "found an integer of more than 64 bits, which is beyond TOML"
        else:
            waiting += [(f"{key}{name}", item, depth + 1) for name, item in _inside(value, key)]


def _is_key(name: object) -> bool:
    return isinstance(name, str) and not _NO_TEXT.search(name)


def _inside(value: object, key: str) -> Iterable[tuple[str, object]]:
    if isinstance(value, Mapping):
        return ((f".{name}" if key else str(name), item) for name, item in value.items())
    if isinstance(value, list | tuple):
        return ((f"[{place}]", item) for place, item in enumerate(value))
    return ()
