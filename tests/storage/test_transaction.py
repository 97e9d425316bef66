"""Several calls as one transaction: all or nothing, alone among writers, and in nobody's way who only reads."""

import pickle
import sqlite3
import threading
from contextlib import closing, contextmanager

import optuna
import pytest
from helpers.waiting import PATIENCE
from optuna.study import StudyDirection
from optuna.trial import TrialState, create_trial

from storage import StorageLocation, open_storage


@pytest.fixture
def other(where):
    """The same database through connections of its own, as another process has it."""
    other = open_storage(StorageLocation.parse(str(where)))
    yield other
    other.engine.dispose()


class Stopped(Exception):
    """Raised by the tests."""


@contextmanager
def stopped_transaction(opened):
    """A transaction whose last act is to raise."""
    with pytest.raises(Stopped), opened.transaction():  # noqa: PT012
        yield
        raise Stopped


def test_an_exception_undoes_everything_written_in_the_block(opened):
    opened.set_study_user_attr(1, "before", 1)
    with stopped_transaction(opened):
        opened.set_study_user_attr(1, "inside", 1)
        opened.create_new_trial(1)
        opened.create_new_study([StudyDirection.MAXIMIZE], "t")
    assert opened.get_study_user_attrs(1) == {"before": 1}
    assert opened.get_all_trials(1) == []
    assert [study.study_name for study in opened.get_all_studies()] == ["s"]


def test_an_exception_in_an_inner_block_that_goes_through_undoes_the_outer_too(opened):
    def write_and_stop():
        with opened.transaction():
            opened.set_study_user_attr(1, "outer", 1)
            with opened.transaction():
                opened.set_study_user_attr(1, "inner", 1)
                raise Stopped

    with pytest.raises(Stopped):
        write_and_stop()
    assert opened.get_study_user_attrs(1) == {}


def test_an_inner_block_commits_only_with_the_outer(opened, other):
    with opened.transaction():
        with opened.transaction():
            opened.set_study_user_attr(1, "inner", 1)
        assert other.get_study_user_attrs(1) == {}
        opened.set_study_user_attr(1, "outer", 2)
    assert other.get_study_user_attrs(1) == {"inner": 1, "outer": 2}


def test_refusals_of_optunas_inside_do_not_undo_the_rest(opened):
    # Given a finished trial
    finished = opened.create_new_trial(1, create_trial(state=TrialState.COMPLETE, value=1.0))
    # When a block meets every refusal that callers expect and handle
    with opened.transaction():
        opened.set_study_user_attr(1, "first", 1)
        with pytest.raises(KeyError):
            opened.get_study_id_from_name("nobody")
        with pytest.raises(KeyError):
            opened.get_trial(99)
        with pytest.raises(optuna.exceptions.DuplicatedStudyError):
            opened.create_new_study([StudyDirection.MINIMIZE], "s")
        with pytest.raises(optuna.exceptions.UpdateFinishedTrialError):
            opened.set_trial_user_attr(finished, "late", 1)
        opened.set_study_user_attr(1, "last", 2)
    # Then what it wrote before and after is there
    assert opened.get_study_user_attrs(1) == {"first": 1, "last": 2}


def test_a_block_sees_what_it_has_written_and_nobody_else_does(opened, other):
    with opened.transaction():
        trial_id = opened.create_new_trial(1)
        opened.set_trial_user_attr(trial_id, "note", "mine")
        assert opened.get_trial(trial_id).user_attrs == {"note": "mine"}
        assert opened.count_states(1) == {TrialState.RUNNING: 1}
        assert other.get_all_trials(1) == []
    assert len(other.get_all_trials(1)) == 1


def test_after_a_failed_block_the_storage_works_as_before(opened, other):
    with stopped_transaction(opened):
        opened.set_study_user_attr(1, "inside", True)
    other.set_study_user_attr(1, "free", True)  # no lock was left behind
    with opened.transaction():
        opened.set_study_user_attr(1, "again", True)
    assert opened.get_study_user_attrs(1) == {"free": True, "again": True}


def test_a_snapshot_is_of_one_moment_and_keeps_no_writer_waiting(opened, other):
    # Given a snapshot that has read
    with opened.snapshot():
        assert opened.get_all_trials(1) == []
        # When somebody else writes, whole, and before this snapshot ends
        with other.transaction():
            other.create_new_trial(1)
            other.set_study_user_attr(1, "late", 1)
        # Then none of it is in the snapshot, whoever is asked
        assert opened.get_all_trials(1) == []
        assert opened.get_study_user_attrs(1) == {}
        assert opened.count_states(1) == {}
    # And all of it is there afterwards, and can be written to again
    assert len(opened.get_all_trials(1)) == 1
    opened.set_study_user_attr(1, "later", 1)
    assert other.get_study_user_attrs(1) == {"late": 1, "later": 1}


def test_two_threads_of_one_storage_have_transactions_of_their_own(opened, eventually):
    # Given a thread in the middle of a transaction
    began, may_end = threading.Event(), threading.Event()

    def write():
        with stopped_transaction(opened):
            opened.set_study_user_attr(1, "thread", 1)
            began.set()
            may_end.wait()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert began.wait(PATIENCE)
        # When this thread reads, it is outside
        assert opened.get_study_user_attrs(1) == {}
    finally:
        may_end.set()
        thread.join()
    # Then the other's end does not touch what this one writes
    opened.set_study_user_attr(1, "main", 1)
    assert opened.get_study_user_attrs(1) == {"main": 1}


def test_optunas_cached_study_takes_part_in_a_transaction(opened):
    study = optuna.load_study(study_name="s", storage=opened)
    with stopped_transaction(opened):
        study.set_user_attr("undone", 1)
        study.enqueue_trial({"x": 1})
    assert study.user_attrs == {}
    assert opened.get_all_trials(1) == []


def test_reads_and_writes_in_one_transaction_lose_no_update(processes, where, opened):
    # Given 4 processes that each read a number and write it back plus one, 25 times
    opened.set_study_user_attr(1, "count", 0)
    processes.run(*[("count_up", where, 25)] * 4)
    # Then none has overwritten another's
    assert opened.get_study_user_attrs(1) == {"count": 100}


def test_a_reader_never_waits_for_a_writer_and_a_writer_waits_instead_of_failing(
    processes, where, opened, tmp_path, eventually
):
    # Given another process that has written and keeps its transaction open until it is told
    release = tmp_path / "release"
    (pid,) = processes.start(("hold_transaction", where, tmp_path / "held", release))
    eventually((tmp_path / "held").exists)
    # When this process reads, it is served meanwhile, without what is not yet committed
    assert opened.get_study_user_attrs(1) == {}
    assert opened.get_all_trials(1) == []
    # And when it writes in a transaction too, it gets in when the other's is over, and sees it
    teller = threading.Timer(0.5, release.touch)
    teller.start()
    with opened.transaction():
        assert opened.get_study_user_attrs(1) == {"held": True}
        opened.set_study_user_attr(1, "waited", True)
    teller.join()
    assert processes.wait([pid])[0]["exitcode"] == 0
    assert opened.get_study_user_attrs(1) == {"held": True, "waited": True}


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
