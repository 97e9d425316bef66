"""What is private to Optuna is known for one version of it, and every method of its storages is sorted."""

import inspect
import sqlite3
from contextlib import closing

import optuna
import pytest
from optuna.storages import BaseStorage, RDBStorage
from optuna.storages._heartbeat import BaseHeartbeat
from optuna.trial import create_trial

from storage import optuna_schema
from storage.optuna_schema import NO_TRANSACTION, READ_IN, READS, TRIAL_WRITES, WRITES
from storage.rdb import OWN_READS, SharedStorage

# What SharedStorage adds and does not read.
OWN_OTHERS = {
    "transaction", "snapshot", "persist", "exclude_other_writers", "reading_connection", "deferred_trial_writes",
    "guarded", "_joined", "_is_deferred", "_writing",
}  # fmt: skip


def methods(cls):
    return {name for name, _ in inspect.getmembers(cls, inspect.isfunction) if not name.startswith("__")}


def test_the_installed_optuna_is_the_one_whose_private_parts_were_read():
    assert optuna.__version__ == READ_IN, (
        f"Optuna {optuna.__version__} is installed, and storage/optuna_schema was written after reading {READ_IN}: "
        "compare each line there that names a version with the new sources, run the tests of storage, set READ_IN"
    )


def test_every_method_of_optunas_storages_is_known_to_read_to_write_or_to_do_neither():
    sorted_methods = [*READS, *WRITES, *NO_TRANSACTION]
    assert len(sorted_methods) == len(set(sorted_methods))
    # A method that is not in the tables counts as writing: safe, but every reader would wait for it.
    assert methods(BaseStorage) | methods(BaseHeartbeat) | methods(RDBStorage) == set(sorted_methods)


def test_every_method_that_writes_to_one_trial_is_guarded():
    to_one_trial = {
        name
        for name in WRITES
        if (method := getattr(RDBStorage, name, None)) and "trial_id" in inspect.signature(method).parameters
    }
    # Nobody reads a heartbeat of ours; the other is the one with an underscore.
    assert to_one_trial - {"record_heartbeat", "set_trial_param"} == set(TRIAL_WRITES)


def test_every_method_of_ours_is_known_to_read_or_not():
    inherited = methods(RDBStorage)
    assert methods(SharedStorage) - inherited == OWN_OTHERS | set(OWN_READS)


ARGUMENTS = {
    "get_all_studies": (),
    "get_all_trials": (1,),
    "get_best_trial": (1,),
    "get_current_version": (),
    "get_n_trials": (1,),
    "get_study_directions": (1,),
    "get_study_id_from_name": ("s",),
    "get_study_name_from_id": (1,),
    "get_study_system_attrs": (1,),
    "get_study_user_attrs": (1,),
    "get_trial": (1,),
    "get_trial_id_from_study_id_trial_number": (1, 0),
    "get_trial_number_from_id": (1,),
    "get_trial_param": (1, "x"),
    "get_trial_params": (1,),
    "get_trial_system_attrs": (1,),
    "get_trial_user_attrs": (1,),
    "_get_best_trial_id": (1, optuna.study.StudyDirection.MINIMIZE),
    "_get_stale_trial_ids": (1,),
    "_get_trials": (1, None, set(), -1),
    "count_states": (1,),
    "first_waiting": (1,),
    "attribute_of_trials": (1, "key", ""),
    "running_unowned": (1, "key", "", 1),
    "outlines": (1,),
    "trials_of": ([1],),
    "state_and_attribute": (1, "key"),
}


@pytest.fixture
def write_lock(path):
    """The write lock is somebody else's for the whole test."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@pytest.fixture
def opened_with_a_trial(opened):
    x = optuna.distributions.FloatDistribution(0, 1)
    opened.create_new_trial(1, create_trial(value=1.0, params={"x": 0.5}, distributions={"x": x}))
    opened.heartbeat_interval = 60  # without one, Optuna does not ask for stale trials
    return opened


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("method", [*READS, *OWN_READS])
def test_no_reading_method_needs_the_write_lock(method, opened_with_a_trial, request):
    expected = getattr(opened_with_a_trial, method)(*ARGUMENTS[method])
    request.getfixturevalue("write_lock")
    assert getattr(opened_with_a_trial, method)(*ARGUMENTS[method]) == expected


def test_the_tables_hold_what_the_schema_says(opened):
    for table, columns in optuna_schema.CORE_COLUMNS.items():
        assert columns <= set(optuna_schema.METADATA.tables[table].columns.keys())
    assert opened.get_current_version() == opened.get_head_version() == optuna_schema.REVISION
