"""Where a study lives: one database file, many workers, nothing lost."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.errors import StorageError as StorageError
    from storage.location import StorageLocation as StorageLocation
    from storage.opening import open_storage as open_storage
    from storage.rdb import SharedStorage as SharedStorage
else:
    # Imported when they are asked for: SQLAlchemy and Optuna take a second, and help or an error needs neither.
    _HOMES = {
        "SharedStorage": "rdb",
        "StorageError": "errors",
        "StorageLocation": "location",
        "open_storage": "opening",
    }
    __all__ = list(_HOMES)

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

    def __dir__():
        return sorted({*globals(), *_HOMES})
