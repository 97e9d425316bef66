"""Our contract of a storage that workers share, and Optuna's own published one, bare and behind its cache."""

import pytest
from contracts.claims import ClaimsContract
from contracts.storage import TransactionContract
from optuna.storages import get_storage
from optuna.testing.pytest_storages import StorageTestCase
from sqlalchemy.engine import make_url

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


class TestSQLiteStorage(TransactionContract, ClaimsContract):
    @pytest.fixture
    def storage(self, empty):
        return empty


class TestSQLiteStorageKeepsOptunasContract(StorageTestCase):
    @pytest.fixture
    def storage(self, empty):
        return empty


@pytest.fixture
def empty_on_server(postgresql_server, empty_template):
    with postgresql_server.database(empty_template) as url:
        opened = open_storage(StorageLocation.parse(url))
        yield opened
        opened.engine.dispose()


@pytest.fixture(scope="module")
def empty_template(postgresql_server):
    with postgresql_server.database() as url:
        open_storage(StorageLocation.parse(url), create=True).engine.dispose()
        yield make_url(url).database


class TestPostgreSQLStorage(TransactionContract, ClaimsContract):
    @pytest.fixture
    def storage(self, empty_on_server):
        return empty_on_server


class TestPostgreSQLStorageKeepsOptunasContract(StorageTestCase):
    @pytest.fixture
    def storage(self, empty_on_server):
        return empty_on_server


class TestSQLiteStorageBehindOptunasCacheKeepsTheContract(StorageTestCase):
    @pytest.fixture
    def storage(self, empty):
        return get_storage(empty)
