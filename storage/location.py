"""Where a storage is: a URL or a path, parsed once, absolute at once, printable without its password."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from storage.errors import StorageError

DEFAULT = "sqlite:///studyhall.db"
FILES_VARIABLE = "STUDYHALL_FILES"
_SCHEME = "sqlite:///"
_SERVERS = ("postgresql", "postgres")
_SERVER_EXAMPLE = "postgresql://user:password@host/database"
# What a URL may not hold as it is: SQLAlchemy (2.1) decodes %XX and takes options from "?", Optuna fills in braces;
# backquotes mark commands in our sentences.
_ESCAPED = "%?{}`"
# A server's address that lacks a part, which nobody means as a relative path; it may hold a password.
_MISTYPED = re.compile(r"(postgres(ql)?|pgsql|mysql|mariadb)(\+\w*)?(:|//)|[^/.~][^@]*:[^@]*@|\w+:/", re.IGNORECASE)
_ALLOWED = f"use an SQLite file, for example {DEFAULT}, or {_SERVER_EXAMPLE}"
_LONGEST = 180  # characters of a folder's name before it is shortened; file systems allow 255


@dataclass(frozen=True, repr=False)
class StorageLocation:
    """An SQLite file, ``path`` (absolute), or a database on a PostgreSQL server, and then ``path`` is None.

    Plain data that goes to the workers with the password in it; whoever shows it uses ``str``.
    """

    path: Path | None
    _server: str = ""
    _server_files: Path = Path()

    @classmethod
    def parse(cls, text: str) -> StorageLocation:
        """Read a storage as it is written on the command line.

        ``sqlite:///relative.db``, ``sqlite:////absolute.db`` (where %3F is a question mark), a plain path, or
        ``postgresql://user:password@host/database``.

        Raises:
            StorageError: for any other kind of storage, and for one that workers cannot share.
        """
        kind, mark, _ = text.partition("://")
        if mark and kind.partition("+")[0] in _SERVERS:
            url = _server_url(text)
            files = os.environ.get(FILES_VARIABLE) or f"{quote(str(make_url(url).database), safe=' ')}.files"
            return cls(None, url, _absolute(files))
        if text.startswith(_SCHEME):
            name, mark, _ = text.removeprefix(_SCHEME).partition("?")
            if mark:
                raise StorageError(
                    f"storage {_SCHEME}{_without_secrets(name)} has options after its question mark, "
                    "which studyhall sets itself",
                    hint="leave them out (and write a question mark that belongs to the file's name %3F)",
                )
            name = unquote(name, errors="surrogateescape")
        elif text == "sqlite://":
            name = ""
        elif mark:
            named = f" {kind!r}" if re.fullmatch(r"[A-Za-z][\w+.-]*", kind) else " of that kind"
            raise StorageError(f"storage{named} is not supported", hint=_ALLOWED)
        else:
            name = text
        if _MISTYPED.match(name) or "\0" in name:
            raise StorageError("the storage looks like a URL that lacks a part, or has one too many", hint=_ALLOWED)
        if name in ("", ":memory:"):
            raise StorageError(
                f"storage {text!r} lives in the memory of one process, so workers cannot share it",
                hint=f"name a file, for example {DEFAULT}",
            )
        return cls(_absolute(name))

    @property
    def url(self) -> str:
        """The URL under which Optuna's own tools read it, with the password: to connect, never to show."""
        return self._server or f"{_SCHEME}{''.join(map(_url_character, str(self.path)))}"

    def is_same(self, other: StorageLocation) -> bool:
        """Whether both lead to one database, as far as can be told without asking a server."""
        if self.path is not None and other.path is not None and self.path.exists() and other.path.exists():
            return self.path.samefile(other.path)
        return self.path == other.path and self._server == other._server

    @property
    def files(self) -> Path:
        """The folder of logs, checkpoints, artifacts and models.

        Beside an SQLite file; for a server ``DATABASE.files`` in the folder where the location was read, or what
        $STUDYHALL_FILES names.
        """
        if self.path is None:
            return self._server_files
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
        if self._server:
            return make_url(self._server).set(drivername="postgresql").render_as_string(hide_password=True)
        return self.url

    def __repr__(self) -> str:
        return f"StorageLocation({str(self)!r})"


def _absolute(name: str) -> Path:
    """One spelling for each path: absolute, `~`, `//` and `..` resolved, links as they stand."""
    path = Path(os.path.expanduser(name))  # noqa: PTH111  Path's own fails on an unknown ~user
    if not path.is_absolute():
        path = working_folder() / path
    if ".." in path.parts:  # which leads out of what a link leads to
        folder, name = (path, "") if path.name == ".." else (path.parent, path.name)
        path = Path(os.path.realpath(folder), name)
    return Path(f"/{str(path).lstrip('/')}")


def working_folder() -> Path:
    """The folder that relative paths begin in.

    Raises:
        StorageError: it was removed.
    """
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise StorageError(
            "the working folder was removed, so no relative path leads anywhere",
            hint="go to another (`cd`), or name the storage and all files by their absolute paths",
        ) from None


def _url_character(character: str) -> str:
    if character in _ESCAPED or not character.isprintable():
        return quote(os.fsencode(character))
    return character


def _without_secrets(name: str) -> str:
    return "..." if _MISTYPED.match(name) or "@" in name else name


def _server_url(text: str) -> str:
    """The URL with the driver that studyhall uses. No refusal repeats the text: it may hold a password.

    Raises:
        StorageError: it cannot be read without a doubt, or names no database.
    """
    if text.count("@") > 1:
        # The password ends at the first; its rest would be taken for the host, and shown.
        raise StorageError(
            "the URL of the PostgreSQL storage has an @ too many",
            hint=f"write one that belongs to the password %40 (and a % there %25): {_SERVER_EXAMPLE}",
        )
    try:
        url = make_url(text.replace("postgres://", "postgresql://", 1))
    except (ArgumentError, ValueError):
        raise StorageError(
            "the URL of the PostgreSQL storage cannot be read", hint=f"it looks like {_SERVER_EXAMPLE}"
        ) from None
    if url.username is None and "@" in text.partition("?")[0]:
        raise StorageError(
            "the URL of the PostgreSQL storage has its @ behind a slash", hint=f"it looks like {_SERVER_EXAMPLE}"
        )
    if not url.database:
        raise StorageError(
            "the URL of the PostgreSQL storage names no database", hint=f"it looks like {_SERVER_EXAMPLE}"
        )
    secret = next((key for key in url.query if "password" in key.lower()), None)
    if secret is not None:
        raise StorageError(
            f"the URL of the PostgreSQL storage has {secret!r} among its options",
            hint="write the password before the @, or leave it to ~/.pgpass",
        )
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
