"""Where a storage is: a URL or a path, parsed once, absolute at once, printable without its password."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from storage.errors import StorageFault

DEFAULT = "sqlite:///studyhall.db"
_SCHEME = "sqlite:///"


@dataclass(frozen=True, order=True)
class StorageLocation:
    """An SQLite file. ``path`` is absolute."""

    path: Path

    @classmethod
    def parse(cls, text: str) -> StorageLocation:
        """Read ``sqlite:///relative.db``, ``sqlite:////absolute.db`` or a plain path.

        Raises:
            StorageFault: for any other kind of storage, and for one that workers cannot share.
        """
        if text.startswith(_SCHEME):
            name = text.removeprefix(_SCHEME)
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
        return cls(Path(name).expanduser().absolute())

    @property
    def url(self) -> str:
        """The URL under which Optuna's own tools read it."""
        return f"{_SCHEME}{self.path}"

    @property
    def files(self) -> Path:
        """The folder beside the database: logs, checkpoints, artifacts, models."""
        return self.path.with_suffix(".files")

    def study_files(self, study_name: str) -> Path:
        """The folder of one study inside ``files``; any study name makes a valid one."""
        name = quote(study_name, safe=" ()[]+,=@")
        return self.files / (f"%2E{name[1:]}" if name.startswith(".") else name)

    def __str__(self) -> str:
        return self.url
