"""Optuna's own published contract for storages, passed by ours, bare and behind Optuna's cache."""

import pytest
from optuna.storages import get_storage
from optuna.testing.pytest_storages import StorageTestCase

from storage import StorageLocation, open_storage


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory):
    path = tmp_path_factory.mktemp("empty") / "empty.db"
    open_storage(StorageLocation(path), create=True).engine.dispose()
    return path.read_bytes()


@pytest.fixture
def empty(tmp_path, empty_database):
    path = tmp_path / "contract.db"
    path.write_bytes(empty_database)
    opened = open_storage(StorageLocation(path))
    yield opened
    opened.engine.dispose()


class TestSQLiteStorageKeepsOptunasContract(StorageTestCase):
    @pytest.fixture
    def storage(self, empty):
        return empty


class TestSQLiteStorageBehindOptunasCacheKeepsTheContract(StorageTestCase):
    @pytest.fixture
    def storage(self, empty):
        return get_storage(empty)
