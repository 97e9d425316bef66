"""Files of text: decoded, unpacked, and without what stands above their first line of cells."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from objectives.data.files import read_bytes
from objectives.data.options import ReadOptions
from objectives.data.readers.memory import refuse_too_large
from objectives.errors import DataError
from objectives.wording import did_you_mean, written

_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)  # as Excel writes and wants it
_CHUNK = 2**20


@dataclass(frozen=True, kw_only=True)
class Text:
    """What a file of text holds."""

    text: str
    """With line ends of one kind; its first line holds cells."""
    first_line: int
    """The number of that line in the file, from 1."""
    separator: str | None
    """That the file itself names."""
    notes: tuple[str, ...] = ()


def read_text(path: Path, options: ReadOptions) -> Text:
    """Return the text of the file.

    Raises:
        DataError: where it cannot be read or decoded, holds no text, or more than there is memory for.
    """
    content = _content(path)
    text = _decoded(content, path, options.encoding).rstrip("\x1a\0")  # DOS ended its files so
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    begin, number, separator = 0, 1, None
    notes: list[str] = []
    while begin < len(text):
        end = text.find("\n", begin)
        end = len(text) if end < 0 else end
        line = text[begin:end].strip()
        named = _SEPARATOR_LINE.fullmatch(line) if number == 1 else None
        # One line with # may as well be one of names, several are not.
        comment = line.startswith("#") and (bool(notes) or text.startswith("#", end + 1) or _odd(line, text[end + 1 :]))
        if line and not named and not comment:
            break
        separator = named[1] if named else separator
        if line and not named:
            notes.append(f"line {number:,} of {path.name} is a comment, and is passed over")
        begin, number = end + 1, number + 1
    if begin >= len(text):
        raise DataError(f"{path} is empty")
    return Text(text=text[begin:] if begin else text, first_line=number, separator=separator, notes=tuple(notes[:1]))


def _odd(line: str, rest: str) -> bool:
    """Whether a line that begins with # has other cells than the next one, and so is no line of names."""
    following = rest[: rest.find("\n")] if "\n" in rest else rest
    return all(line.count(sign) != following.count(sign) or not following.count(sign) for sign in ",;\t|")


def _content(path: Path) -> bytes:
    try:
        refuse_too_large(path, 3 * path.stat().st_size, "its cells", "give a smaller file, or a Parquet file")
        content = read_bytes(path)
        return _unpacked(content, path) if path.suffix.lower() == ".gz" else content
    except FileNotFoundError:
        raise DataError(f"no file {path}") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path} cannot be unpacked: {error}") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None


def _unpacked(content: bytes, path: Path) -> bytes:
    """A few bytes may stand for any number of them."""
    unpacked = bytearray()
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        while chunk := file.read(_CHUNK):
            unpacked += chunk
            refuse_too_large(path, 3 * len(unpacked), "its cells", "give a smaller file")
    return bytes(unpacked)


def _decoded(content: bytes, path: Path, encoding: str) -> str:
    # A mark at the beginning says more than a default.
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            encoding = name
    try:
        return content.decode(encoding)
    except LookupError:
        known = ("utf-8", "latin-1", "cp1252", "utf-16", "shift_jis", "gb18030")
        raise DataError(
            f"data.encoding = {written(encoding)} is none that Python knows{did_you_mean(encoding, known)}"
        ) from None
    except UnicodeError as error:
        line = content[: error.start].count(b"\n") + 1 if isinstance(error, UnicodeDecodeError) else 1
        hint = (
            'say which encoding it has, such as encoding = "cp1252" (Western Europe) or "latin-1"'
            if encoding.startswith("utf")
            else "name another encoding"
        )
        raise DataError(
            f"{path} is not in {encoding.removesuffix('-sig').upper()} (line {line:,})", hint=hint
        ) from None
