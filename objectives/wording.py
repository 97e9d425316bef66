"""How sentences to the user show a value or a text from outside, and guess the name that was meant."""

from __future__ import annotations

import difflib
import json
import shlex
import unicodedata
from collections.abc import Iterable

# What a terminal obeys or does not show: controls, formats (directions, joiners), lone surrogates, line separators.
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def written(value: object) -> str:
    """Return a scalar as a study file writes it: true, 0.5, "adam"."""
    if not isinstance(value, bool | int | float | str):
        return repr(value)
    # Backquotes mark commands in our sentences.
    return json.dumps(value, ensure_ascii=False).replace("`", "\\u0060")


def listing(values: Iterable[object], *, between: str = ", ") -> str:
    """Return scalars as a study file writes them, in one line."""
    return between.join(map(written, values))


def did_you_mean(found: object, known: Iterable[object]) -> str:
    """Return '; did you mean "adam"?' for the known name nearest to `found`, or "" when none is near."""
    near = difflib.get_close_matches(str(found), [name for name in known if isinstance(name, str)], n=1)
    return f"; did you mean {written(near[0])}?" if near else ""


def by_nearness(found: str, known: Iterable[str]) -> list[str]:
    """Return all known names, the one most like `found` first."""
    return sorted(known, key=lambda name: -difflib.SequenceMatcher(None, found, name).ratio())


def how_to_install(extra: str | None) -> str:
    """Return the end of a sentence about something that is not installed; None where it belongs to the base."""
    if extra is None:
        return "repeat `make setup` in the folder of studyhall"
    return f"install the extra {extra}: `.venv/bin/pip install '.[{extra}]'` in the folder of studyhall"


def printable(text: str, *, lines: bool = False) -> str:
    r"""Return the text with all that a terminal would obey or not show as Python writes it: \x1b, \u202e, \n.

    Args:
        lines: keep line breaks and tabs.
    """
    if text.isprintable():
        return text
    kept = "\n\t" if lines else ""
    return "".join(repr(one)[1:-1] if _is_unseen(one) and one not in kept else one for one in text)


def quoted(text: str) -> str:
    r"""Return the text in quotes, as Python writes it, without the backquotes that mark our commands: \x60."""
    return repr(text).replace("`", r"\x60")


def shell_word(word: str) -> str:
    r"""Return the text as a shell reads it: one word, whatever it holds.

    What no terminal shows, and the backquote (which marks our commands), is written as $'\x60' does it; a shell that
    does not know that form still reads one word and runs nothing.
    """
    if not any(_is_unseen(one) or one == "`" for one in word):
        return shlex.quote(word)
    return f"$'{''.join(map(_shell_character, word))}'"


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN


def _shell_character(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"  # a byte that is no UTF-8, as Python keeps it
    if character in "`'!" or code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    if _is_unseen(character):
        return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
    return "\\\\" if character == "\\" else character
