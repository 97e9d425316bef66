"""Where a study lives: one database file, many workers, nothing lost."""

from storage.errors import StorageError
from storage.location import StorageLocation
from storage.opening import open_storage
from storage.rdb import SharedStorage

__all__ = ["SharedStorage", "StorageError", "StorageLocation", "open_storage"]
