"""What the contract of transactions leaves open: several processes, SQLite's own settings, and locks held too long."""

import pickle
import sqlite3
from contextlib import closing

import optuna
import pytest


def test_reads_and_writes_in_one_transaction_lose_no_update(processes, where, opened):
    # Given 4 processes that each read a number and write it back plus one, 25 times
    opened.set_study_user_attr(1, "count", 0)
    processes.run(*[("count_up", where, 25)] * 4)
    # Then none has overwritten another's
    assert opened.get_study_user_attrs(1) == {"count": 100}


def test_a_reader_never_waits_for_a_writer_of_another_process(processes, where, opened, tmp_path, eventually):
    # Given another process that has written and keeps its transaction open
    held, release = tmp_path / "held", tmp_path / "release"
    (pid,) = processes.start(("hold_transaction", where, held, release))
    eventually(held.exists)
    # When this process reads, it is served, without what is not yet committed
    assert opened.get_study_user_attrs(1) == {}
    assert opened.get_all_trials(1) == []
    # And when it writes in a transaction too, it does not fail but waits its turn
    release.touch()
    with opened.transaction():
        assert opened.get_study_user_attrs(1) == {"held": True}
        opened.set_study_user_attr(1, "waited", True)
    (result,) = processes.wait([pid])
    assert result["exitcode"] == 0


@pytest.mark.usefixtures("impatient")
def test_a_write_that_waited_in_vain_fails_and_the_next_one_works(opened, path):
    # Given somebody who keeps the write lock longer than we wait
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(optuna.exceptions.StorageInternalError):
            opened.set_study_user_attr(1, "in vain", 1)
        with pytest.raises(Exception, match="locked"), opened.transaction():
            pytest.fail("nobody may get in here")
        connection.execute("ROLLBACK")
    # Then both ways of writing work as soon as it is free
    opened.set_study_user_attr(1, "one", 1)
    with opened.transaction():
        opened.set_study_user_attr(1, "two", 2)
    assert opened.get_study_user_attrs(1) == {"one": 1, "two": 2}


@pytest.mark.usefixtures("path")
def test_every_connection_has_a_log_of_its_own_no_sync_for_each_commit_and_much_patience(opened):
    with opened.engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 1, "busy_timeout": 120_000}


def test_a_pickled_storage_opens_the_same_database_with_the_same_care(opened):
    again = pickle.loads(pickle.dumps(opened))
    with opened.transaction():
        opened.set_study_user_attr(1, "note", 1)
        assert again.get_study_user_attrs(1) == {}  # a reader is not held up, so its begins are ours too
    assert again.get_study_user_attrs(1) == {"note": 1}
    again.engine.dispose()
