"""The contract of a storage that workers share, for whoever writes one: open one in one fixture.

class TestMyStorage(TransactionContract, ClaimsContract):
    @pytest.fixture
    def storage(self):
        return open_mine()

The other half is ``contracts.claims``. Optuna has a contract of its own for storages, which is to be kept as well:
``optuna.testing.pytest_storages.StorageTestCase``.
"""

from __future__ import annotations

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import optuna
import pytest
from helpers.waiting import PATIENCE
from optuna.study import StudyDirection
from optuna.trial import TrialState, create_trial


class Stopped(Exception):
    """Raised by the tests."""


@contextmanager
def stopped_transaction(storage):
    """A transaction whose last act is to raise."""
    with pytest.raises(Stopped), storage.transaction():  # noqa: PT012
        yield
        raise Stopped


class StorageContract:
    """What both halves of the contract need."""

    @pytest.fixture
    def storage(self):
        """A ``SharedStorage`` without studies."""
        raise NotImplementedError

    @pytest.fixture
    def study_id(self, storage):
        """An empty study "s" in it."""
        return storage.create_new_study([StudyDirection.MINIMIZE], "s")

    @pytest.fixture
    def other(self, storage):
        """The same storage through connections of its own, as another process gets it."""
        other = pickle.loads(pickle.dumps(storage))
        yield other
        other.engine.dispose()


class TransactionContract(StorageContract):
    """Several calls as one: all or nothing, alone among writers, and in nobody's way who only reads."""

    def test_an_exception_undoes_everything_written_in_the_block(self, storage, study_id):
        storage.set_study_user_attr(study_id, "before", 1)
        with stopped_transaction(storage):
            storage.set_study_user_attr(study_id, "inside", 1)
            storage.create_new_trial(study_id)
            storage.create_new_study([StudyDirection.MAXIMIZE], "t")
        assert storage.get_study_user_attrs(study_id) == {"before": 1}
        assert storage.get_all_trials(study_id) == []
        assert [study.study_name for study in storage.get_all_studies()] == ["s"]

    def test_an_exception_in_an_inner_block_that_goes_through_undoes_the_outer_too(self, storage, study_id):
        def write_and_stop():
            with storage.transaction():
                storage.set_study_user_attr(study_id, "outer", 1)
                with storage.transaction():
                    storage.set_study_user_attr(study_id, "inner", 1)
                    raise Stopped

        with pytest.raises(Stopped):
            write_and_stop()
        assert storage.get_study_user_attrs(study_id) == {}

    def test_an_inner_block_commits_only_with_the_outer(self, storage, study_id, other):
        with storage.transaction():
            with storage.transaction():
                storage.set_study_user_attr(study_id, "inner", 1)
            assert other.get_study_user_attrs(study_id) == {}
            storage.set_study_user_attr(study_id, "outer", 2)
        assert other.get_study_user_attrs(study_id) == {"inner": 1, "outer": 2}

    def test_refusals_of_optunas_inside_do_not_undo_the_rest(self, storage, study_id):
        # Given a finished trial
        finished = storage.create_new_trial(study_id, create_trial(state=TrialState.COMPLETE, value=1.0))
        # When a block meets every refusal that callers expect and handle
        with storage.transaction():
            storage.set_study_user_attr(study_id, "first", 1)
            with pytest.raises(KeyError):
                storage.get_study_id_from_name("nobody")
            with pytest.raises(KeyError):
                storage.get_trial(finished + 99)
            with pytest.raises(optuna.exceptions.DuplicatedStudyError):
                storage.create_new_study([StudyDirection.MINIMIZE], "s")
            with pytest.raises(optuna.exceptions.UpdateFinishedTrialError):
                storage.set_trial_user_attr(finished, "late", 1)
            storage.set_study_user_attr(study_id, "last", 2)
        # Then what it wrote before and after is there
        assert storage.get_study_user_attrs(study_id) == {"first": 1, "last": 2}

    def test_a_block_sees_what_it_has_written_and_nobody_else_does(self, storage, study_id, other):
        with storage.transaction():
            trial_id = storage.create_new_trial(study_id)
            storage.set_trial_user_attr(trial_id, "note", "mine")
            assert storage.get_trial(trial_id).user_attrs == {"note": "mine"}
            assert storage.count_states(study_id) == {TrialState.RUNNING: 1}
            assert other.get_all_trials(study_id) == []
        assert len(other.get_all_trials(study_id)) == 1

    def test_after_a_failed_block_the_storage_works_as_before(self, storage, study_id, other):
        with stopped_transaction(storage):
            storage.set_study_user_attr(study_id, "inside", True)
        other.set_study_user_attr(study_id, "free", True)  # no lock was left behind
        with storage.transaction():
            storage.set_study_user_attr(study_id, "again", True)
        assert storage.get_study_user_attrs(study_id) == {"free": True, "again": True}

    def test_a_snapshot_is_of_one_moment_and_keeps_no_writer_waiting(self, storage, study_id, other):
        def write():
            with other.transaction():
                other.create_new_trial(study_id)
                other.set_study_user_attr(study_id, "late", 1)

        # Given a snapshot that has read
        with storage.snapshot(), ThreadPoolExecutor(1) as thread:
            assert storage.get_all_trials(study_id) == []
            # When somebody else writes while it is held, whole
            thread.submit(write).result(PATIENCE)
            # Then none of it is in the snapshot, whoever is asked
            assert storage.get_all_trials(study_id) == []
            assert storage.get_study_user_attrs(study_id) == {}
            assert storage.count_states(study_id) == {}
        # And all of it is there afterwards, and can be written to again
        assert len(storage.get_all_trials(study_id)) == 1
        storage.set_study_user_attr(study_id, "later", 1)
        assert other.get_study_user_attrs(study_id) == {"late": 1, "later": 1}

    def test_two_threads_of_one_storage_have_transactions_of_their_own(self, storage, study_id):
        # Given a thread in the middle of a transaction
        began, may_end = threading.Event(), threading.Event()

        def write():
            with stopped_transaction(storage):
                storage.set_study_user_attr(study_id, "thread", 1)
                began.set()
                may_end.wait(PATIENCE)

        with ThreadPoolExecutor(1) as thread:
            writing = thread.submit(write)
            try:
                assert began.wait(PATIENCE)
                # When this thread reads, it is outside
                assert storage.get_study_user_attrs(study_id) == {}
            finally:
                may_end.set()
            writing.result(PATIENCE)
        # Then the other's end does not touch what this one writes
        storage.set_study_user_attr(study_id, "main", 1)
        assert storage.get_study_user_attrs(study_id) == {"main": 1}

    def test_a_reader_does_not_wait_and_a_writer_sees_all_that_it_waited_for(self, storage, study_id, other):
        def write():
            with other.transaction():
                seen = other.get_study_user_attrs(study_id)
                other.set_study_user_attr(study_id, "second", True)
                return seen

        with ThreadPoolExecutor(1) as thread:
            # Given a transaction that has written
            with storage.transaction():
                storage.set_study_user_attr(study_id, "first", True)
                waiting = thread.submit(write)
                # When somebody reads, it is served, without what is not yet committed
                reader = pickle.loads(pickle.dumps(storage))
                assert reader.get_study_user_attrs(study_id) == {}
                assert reader.get_all_trials(study_id) == []
            # Then whoever writes was served after it
            assert waiting.result(PATIENCE) == {"first": True}
        assert reader.get_study_user_attrs(study_id) == {"first": True, "second": True}
        reader.engine.dispose()

    def test_reads_and_writes_in_one_transaction_lose_no_update(self, storage, study_id):
        def count_up():
            opened = pickle.loads(pickle.dumps(storage))
            for _ in range(10):
                with opened.transaction():
                    opened.set_study_user_attr(study_id, "count", opened.get_study_user_attrs(study_id)["count"] + 1)
            opened.engine.dispose()

        storage.set_study_user_attr(study_id, "count", 0)
        with ThreadPoolExecutor(4) as threads:
            for counting in [threads.submit(count_up) for _ in range(4)]:
                counting.result(PATIENCE)
        assert storage.get_study_user_attrs(study_id) == {"count": 40}

    def test_optunas_cached_study_takes_part_in_a_transaction(self, storage, study_id):
        study = optuna.load_study(study_name="s", storage=storage)
        with stopped_transaction(storage):
            study.set_user_attr("undone", 1)
            study.enqueue_trial({"x": 1})
        assert study.user_attrs == {}
        assert storage.get_all_trials(study_id) == []

    def test_a_disk_has_what_was_committed_when_that_is_asked_for(self, storage, study_id):
        storage.set_study_user_attr(study_id, "note", 1)
        storage.persist()
        assert storage.get_study_user_attrs(study_id) == {"note": 1}
