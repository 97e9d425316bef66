"""The first open of a file: by many at once, by one that is killed in the middle, or after stock Optuna."""

import signal
import sqlite3
from contextlib import closing

import optuna
import pytest
from optuna.trial import TrialState

import storage.opening
from storage import StorageError, StorageLocation, open_storage
from storage.errors import StorageMissing


def schema(path):
    """Every table and index of the file, and how it was made."""
    with closing(sqlite3.connect(path)) as connection:
        return {
            name: sql and "".join(sql.split())
            for name, sql in connection.execute("SELECT name, sql FROM sqlite_master")
        }


def journal_mode(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA journal_mode").fetchone()[0]


@pytest.fixture
def stock(tmp_path):
    """A file as optuna.create_study leaves it, with one finished trial."""
    path = tmp_path / "stock.db"
    study = optuna.create_study(storage=f"sqlite:///{path}", study_name="s")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    study._storage._backend.engine.dispose()
    assert journal_mode(path) == "delete"
    return path


@pytest.mark.parametrize("round_", range(3))
def test_eight_processes_create_one_file_and_one_study_at_once(processes, tmp_path, round_):
    # Given no file
    path = tmp_path / "new.db"
    # When 8 processes open it at once and each makes the study unless it is there
    results = processes.run(*[("create_or_join", path)] * 8)
    # Then all succeed, one has made it, and all found the same, whole
    assert [made for made, _ in results].count(True) == 1
    assert {study_id for _, study_id in results} == {1}
    opened = open_storage(StorageLocation(path))
    assert [study.study_name for study in opened.get_all_studies()] == ["s"]
    assert "made by" in opened.get_study_system_attrs(1)
    assert journal_mode(path) == "wal"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM alembic_version").fetchone() == (1,)
        assert connection.execute("SELECT COUNT(*) FROM version_info").fetchone() == (1,)


def test_a_creator_killed_at_any_moment_leaves_what_the_next_open_completes(processes, tmp_path, stock):
    # Given how many statements it takes to make a file
    (total,) = processes.run(("create_and_die", tmp_path / "whole.db", 10_000))
    assert total > 15
    # When creators are killed before each of them
    deaths = {tmp_path / f"{statements}.db": statements for statements in range(total)}
    for path in list(deaths)[1::2]:
        path.touch()  # an empty file is made a database in its place
    results = processes.wait(processes.start(*[("create_and_die", *death) for death in deaths.items()]))
    assert {result["exitcode"] for result in results} == {-signal.SIGKILL}
    # Then the next to open each file finds a storage that works, with all that stock Optuna makes, indexes included
    processes.run(("create_or_join_all", list(deaths)[::2]), ("create_or_join_all", list(deaths)[1::2]))
    for path in deaths:
        assert schema(path) == schema(stock)
        assert journal_mode(path) == "wal"
    # And stock Optuna agrees, of some
    assert all(optuna.study.get_all_study_names(f"sqlite:///{path}") == ["s"] for path in list(deaths)[::5])


@pytest.mark.parametrize("statements", [1, 5, 15])
def test_reading_what_a_killed_creator_left_finds_no_database_and_makes_none(processes, tmp_path, statements):
    # Given a file that was there, empty, and whose creator died before its tables were
    path = tmp_path / "half.db"
    path.touch()
    processes.wait(processes.start(("create_and_die", path, statements)))
    # When a command that only reads opens it
    with pytest.raises(StorageMissing, match="there is no database"):
        open_storage(StorageLocation(path))
    # Then nothing was added
    assert schema(path) == {}


def test_what_a_stock_creator_left_when_it_died_is_completed(stock, tmp_path):
    # Given a file with the first of Optuna's tables, as SIGKILL leaves it
    half = tmp_path / "half.db"
    with closing(sqlite3.connect(stock)) as whole, closing(sqlite3.connect(half)) as connection:
        for (statement,) in whole.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'studies' AND sql NOT NULL"):
            connection.execute(statement)
    # When it is opened, it is no database for a reader, and a whole one for who may create
    with pytest.raises(StorageMissing):
        open_storage(StorageLocation(half))
    open_storage(StorageLocation(half), create=True).engine.dispose()
    assert schema(half) == schema(stock)


def test_nothing_is_created_unless_asked_for(tmp_path):
    path = tmp_path / "none.db"
    with pytest.raises(StorageMissing, match=r"there is no database at sqlite:///.*/none\.db; `studyhall launch`"):
        open_storage(StorageLocation(path))
    assert list(tmp_path.iterdir()) == []
    # An empty file is none either
    path.touch()
    with pytest.raises(StorageMissing):
        open_storage(StorageLocation(path))
    assert path.stat().st_size == 0


def test_no_file_but_sqlites_own_is_left_beside_the_database(tmp_path):
    open_storage(StorageLocation(tmp_path / "new.db"), create=True).engine.dispose()
    assert [path.name for path in tmp_path.iterdir()] == ["new.db"]


def test_a_file_of_stock_optuna_is_opened_and_made_safe(stock):
    opened = open_storage(StorageLocation(stock))
    assert journal_mode(stock) == "wal"
    assert [trial.state for trial in opened.get_all_trials(1)] == [TrialState.COMPLETE]
    with opened.transaction():
        opened.create_new_trial(1)
    assert len(optuna.load_study(study_name="s", storage=f"sqlite:///{stock}").trials) == 2


def test_a_file_that_another_process_has_open_and_idle_is_opened(processes, stock, tmp_path, eventually):
    # Given a process that has the file open in the other mode, and does nothing
    holding, release = tmp_path / "holding", tmp_path / "release"
    (pid,) = processes.start(("hold_connection", stock, holding, release))
    eventually(holding.exists)
    # When we open it and write
    open_storage(StorageLocation(stock)).set_study_user_attr(1, "note", 1)
    # Then it was made safe, and the idle one ends well
    assert journal_mode(stock) == "wal"
    release.touch()
    assert processes.wait([pid])[0]["exitcode"] == 0


@pytest.mark.parametrize(
    ("statement", "in_the_way_of"),
    [
        ("BEGIN", "PRAGMA journal_mode = WAL"),
        ("BEGIN IMMEDIATE", "PRAGMA journal_mode = WAL"),
        ("BEGIN EXCLUSIVE", "CONNECT"),
    ],
)
def test_opening_waits_for_a_program_that_is_just_using_the_file(
    processes, stock, tmp_path, eventually, statement, in_the_way_of
):
    # Given a process in the middle of a transaction in the other mode
    holding, release = tmp_path / "holding", tmp_path / "release"
    (holder,) = processes.start(("hold_connection", stock, holding, release, statement))
    eventually(holding.exists)
    # When another opens the file and has come to what it cannot do now
    (opener,) = processes.start(("create_or_join_slowly", stock, in_the_way_of, tmp_path / "reached"))
    eventually((tmp_path / "reached").exists)
    # Then it does not fail, and is done once the first has ended
    release.touch()
    assert [r["exitcode"] for r in processes.wait([holder, opener])] == [0, 0]
    assert journal_mode(stock) == "wal"


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("statement", ["BEGIN", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_a_program_that_never_lets_go_is_named_as_the_reason(stock, statement):
    with closing(sqlite3.connect(stock, isolation_level=None)) as connection:
        connection.execute(statement)
        connection.execute("SELECT * FROM studies").fetchall()
        with pytest.raises(StorageError, match=r"stock\.db stayed locked by another program .* end that program"):
            open_storage(StorageLocation(stock))


@pytest.fixture
def unstamped(stock):
    """What a stock creator leaves that dies before it has said which version of the schema it has made."""
    with closing(sqlite3.connect(stock)) as connection:
        connection.execute("DELETE FROM version_info")
        connection.execute("DROP TABLE alembic_version")
        connection.commit()
    return stock


@pytest.mark.parametrize("round_", range(2))
@pytest.mark.parametrize("links", [False, True])
def test_eight_processes_complete_at_once_what_a_stock_creator_left(processes, unstamped, tmp_path, links, round_):
    # Given such a file, also by links in other folders
    paths = [unstamped] * 8
    if links:
        paths = [tmp_path / str(number) / "link.db" for number in range(8)]
        for path in paths:
            path.parent.mkdir()
            path.symlink_to(unstamped)
    # When eight open it at once
    results = processes.run(*[("create_or_join", path) for path in paths])
    # Then all succeed, and it is stamped once
    assert results == [[False, 1]] * 8
    with closing(sqlite3.connect(unstamped)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM alembic_version").fetchone() == (1,)
        assert connection.execute("SELECT COUNT(*) FROM version_info").fetchone() == (1,)


def test_nobody_meets_a_file_half_made(processes, stock, tmp_path):
    # When a process makes a new file, and looks at each of its steps whether others see one
    (seen,) = processes.run(("create_and_look", tmp_path / "new.db"))
    # Then they see none, or all of it: stock Optuna would make what it misses at the same time
    tables = sum(sql is not None and sql.startswith("CREATETABLE") for sql in schema(stock).values())
    assert seen
    assert set(seen) == {tables}


def test_a_place_where_wal_cannot_be_is_refused_instead_of_used_unsafely(tmp_path, monkeypatch):
    # Given SQLite on a system without shared memory: this file system of its own has none
    def without_shared_memory(path, *, create=False):
        return sqlite3.connect(f"{path.as_uri()}?mode=rwc&vfs=unix-dotfile", uri=True, isolation_level=None)

    monkeypatch.setattr(storage.opening, "connect", without_shared_memory)
    with pytest.raises(StorageError, match=r"new\.db cannot be shared by several processes here .* on a local disk"):
        open_storage(StorageLocation(tmp_path / "new.db"), create=True)


def test_opening_a_file_twice_in_one_process_keeps_it_in_use(processes, tmp_path):
    # Given a process that has a file open, and opens it again for a moment
    path = tmp_path / "s.db"
    opened = open_storage(StorageLocation(path), create=True)
    opened.create_new_study([optuna.study.StudyDirection.MINIMIZE], "s")
    open_storage(StorageLocation(path)).engine.dispose()
    # When another process works on it and ends, which deletes the log of a file that nobody has open
    processes.run(("create_or_join", path))
    # Then it was not deleted under the first, whose locks are still there
    assert (tmp_path / "s.db-wal").exists()
    assert [study.study_name for study in opened.get_all_studies()] == ["s"]
