"""Where a storage is: a URL or a path, parsed once, absolute at once, printable without its password."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from storage.errors import StorageFault

DEFAULT = "sqlite:///studyhall.db"
_SCHEME = "sqlite:///"
# What a URL may not hold as it is: SQLAlchemy (2.1) decodes %XX and takes options from "?", Optuna fills in braces.
_ESCAPES = str.maketrans({character: quote(character) for character in "%?{}"})
_LONGEST = 180  # characters of a folder's name before it is shortened; file systems allow 255


@dataclass(frozen=True, order=True)
class StorageLocation:
    """An SQLite file. ``path`` is absolute."""

    path: Path

    @classmethod
    def parse(cls, text: str) -> StorageLocation:
        """Read ``sqlite:///relative.db``, ``sqlite:////absolute.db`` (where %3F is a question mark) or a plain path.

        Raises:
            StorageFault: for any other kind of storage, and for one that workers cannot share.
        """
        if text.startswith(_SCHEME):
            name, mark, _ = text.removeprefix(_SCHEME).partition("?")
            if mark:
                raise StorageFault(
                    f"storage {text!r} has options after its question mark, which studyhall sets itself; leave them "
                    "out (and write a question mark that belongs to the file's name %3F)"
                )
            name = unquote(name)
        elif text == "sqlite://":
            name = ""
        elif "://" in text:
            kind = text.partition("://")[0]
            raise StorageFault(
                f"storage {kind!r} is not supported; use an SQLite file, for example {_SCHEME}studyhall.db"
            )
        else:
            name = text
        if name in ("", ":memory:"):
            raise StorageFault(
                f"storage {text!r} lives in the memory of one process, so workers cannot share it; "
                f"name a file, for example {DEFAULT}"
            )
        return cls(Path(os.path.expanduser(name)).absolute())  # noqa: PTH111  Path's own fails on an unknown ~user

    @property
    def url(self) -> str:
        """The URL under which Optuna's own tools read it."""
        return f"{_SCHEME}{str(self.path).translate(_ESCAPES)}"

    @property
    def files(self) -> Path:
        """The folder beside the database: logs, checkpoints, artifacts, models."""
        return self.path.with_name(f"{self.path.name.removesuffix('.db')}.files")

    def study_files(self, study_name: str) -> Path:
        """The folder of one study inside ``files``; any study name makes a valid one, no two names the same."""
        name = quote(study_name, safe=" ()[]+,=@")
        if name.startswith("."):
            name = f"%2E{name[1:]}"
        if not name or len(name) > _LONGEST:
            # No quoted name holds "%~", so a short name cannot be mistaken for a shortened one.
            name = f"{name[:_LONGEST]}%~{hashlib.sha256(study_name.encode()).hexdigest()}"
        return self.files / name

    def __str__(self) -> str:
        return self.url
