"""Where a study lives: one database file, many workers, nothing lost."""

from storage.errors import StorageFault
from storage.location import StorageLocation
from storage.opening import open_storage
from storage.rdb import SharedStorage

__all__ = ["SharedStorage", "StorageFault", "StorageLocation", "open_storage"]
