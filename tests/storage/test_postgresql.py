"""A storage on a PostgreSQL server: made once, refused in sentences, and there again after a restart."""

import importlib.util
import pickle
import subprocess
import sys

import optuna
import psycopg
import pytest
import sqlalchemy
from helpers.paths import ROOT
from optuna.storages import RDBStorage
from optuna.trial import TrialState

from storage import StorageError, StorageLocation, open_storage
from storage.claims import claim
from storage.errors import StorageMissing, explain
from storage.processes import ProcessIdentity


@pytest.fixture
def server(postgresql_server):
    return postgresql_server


@pytest.fixture
def empty(server):
    """The URL of a database with nothing in it."""
    with server.database() as url:
        yield url


def name_of(url):
    return sqlalchemy.engine.make_url(url).database


def refusal(url, *, create=True):
    """The sentence with which it is refused."""
    location = StorageLocation.parse(url)
    with pytest.raises(StorageError) as caught:
        open_storage(location, create=create)
    sentence = str(caught.value)
    assert str(location) in sentence
    assert "s3cret" not in sentence
    assert "\n" not in sentence
    return sentence


# --- the first open -----------------------------------------------------------------------------------------


def test_eight_processes_make_the_tables_and_one_study_at_once(processes, empty, server):
    results = processes.run(*[("create_or_join", empty)] * 8)
    assert [made for made, _ in results].count(True) == 1
    assert {study_id for _, study_id in results} == {1}
    for table in ("alembic_version", "version_info", "studies"):
        assert server.run(f"SELECT COUNT(*) FROM {table}", name_of(empty)) == [(1,)]


def test_eight_processes_complete_at_once_what_a_stock_creator_left(processes, empty, server):
    # Given tables whose maker died before it had said of which version they are
    optuna.create_study(storage=empty, study_name="s")._storage._backend.engine.dispose()
    server.run("DROP TABLE alembic_version; DELETE FROM version_info", name_of(empty))
    assert processes.run(*[("create_or_join", empty)] * 8) == [[False, 1]] * 8
    assert server.run("SELECT COUNT(*) FROM alembic_version", name_of(empty)) == [(1,)]


def test_a_stock_study_is_opened_and_stock_optuna_reads_ours(empty):
    optuna.create_study(storage=empty, study_name="theirs")
    opened = open_storage(StorageLocation.parse(empty))
    opened.create_new_study([optuna.study.StudyDirection.MINIMIZE], "ours")
    assert optuna.study.get_all_study_names(empty) == ["theirs", "ours"]
    opened.engine.dispose()


def test_nothing_is_created_unless_asked_for(empty, server):
    with pytest.raises(
        StorageMissing, match=r"there is no study database at postgresql://eva:\*\*\*@.*`studyhall launch`"
    ):
        open_storage(StorageLocation.parse(empty))
    assert server.run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name_of(empty)) == []


# --- refusals -----------------------------------------------------------------------------------------------


def test_a_missing_driver_is_named_with_what_installs_it(empty, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "psycopg" else found(name))
    assert "needs psycopg, which is not installed; install the extra postgres: `" in refusal(empty)


def test_a_server_that_is_not_there(tmp_path):
    assert "no PostgreSQL server answers for" in refusal(f"postgresql://eva:s3cret@/db?host={tmp_path}")
    assert "no PostgreSQL server answers for" in refusal("postgresql://eva:s3cret@127.0.0.1:1/db")
    assert "no PostgreSQL server answers for" in refusal("postgresql://eva:s3cret@no-such-host.invalid/db")


@pytest.mark.parametrize(("user", "password"), [("eva", "wrong-s3cret"), ("nobody-of-that-name", "s3cret")])
def test_a_wrong_password_or_user(server, user, password):
    assert "refuses this user or its password; correct them" in refusal(
        server.url("postgres", user=user, password=password)
    )


def test_a_database_that_is_not_there(server):
    sentence = refusal(server.url("nothing"))
    assert "there is no database of the name" in sentence
    assert "createdb" in sentence


@pytest.fixture
def guest(server, empty):
    """A user who may look into the empty database, and no more; their URL of it."""
    server.run("CREATE USER guest PASSWORD 's3cret'")
    yield server.url(name_of(empty), user="guest")
    server.run("DROP OWNED BY guest; DROP USER guest", name_of(empty))


def test_a_user_who_may_not_make_tables(guest):
    assert "this user may not do that in" in refusal(guest)


def test_a_user_who_may_not_read_and_one_who_may_not_write(server, empty, guest):
    optuna.create_study(storage=empty, study_name="s")
    assert "may not do that" in refusal(guest, create=False)
    server.run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest", name_of(empty))
    opened = open_storage(StorageLocation.parse(guest))
    assert [study.study_name for study in opened.get_all_studies()] == ["s"]
    with pytest.raises(optuna.exceptions.StorageInternalError) as caught:
        opened.set_study_user_attr(1, "a", 1)
    assert "permission denied for table study_user_attributes" in explain(caught.value, "DB")
    opened.engine.dispose()


@pytest.mark.parametrize(
    ("revision", "words"),
    [
        ("v3.0.0.d", "was written by an older version of Optuna; upgrade it once with `optuna storage upgrade"),
        ("v9.1.0.a", "was written by a newer version of Optuna than this one; upgrade studyhall and Optuna here"),
    ],
)
def test_another_version_of_the_schema(postgresql_url, server, revision, words):
    server.run(f"UPDATE alembic_version SET version_num = '{revision}'", name_of(postgresql_url))
    assert words in refusal(postgresql_url, create=False)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("CREATE TABLE studies (title TEXT)", "'studies'"),
        (
            "CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('1a2b')",
            "'alembic_ver",
        ),
        ("CREATE VIEW trials AS SELECT 1 AS trial_id", "'trials'"),
        ("CREATE TABLE studies (study_id INT, study_name TEXT, x INT); CREATE TABLE trials (a INT)", "'trials'"),
    ],
)
@pytest.mark.parametrize("create", [True, False])
def test_tables_of_another_program_with_optunas_names_are_in_the_way(empty, server, statement, named, create):
    server.run(statement, name_of(empty))
    sentence = refusal(empty, create=create)
    assert f"holds a table {named}" in sentence
    # And what the sentence advises works
    server.run("CREATE SCHEMA hall", name_of(empty))
    option = sentence.split("?")[-1].split(" ")[0].replace("NAME", "hall")
    opened = open_storage(StorageLocation.parse(f"{empty}&{option}"), create=True)
    assert opened.get_all_studies() == []
    assert server.run("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'hall'", name_of(empty))[0][0] > 10
    opened.engine.dispose()


def test_other_tables_beside_optunas_do_no_harm(empty, server):
    server.run("CREATE TABLE patients (name TEXT)", name_of(empty))
    open_storage(StorageLocation.parse(empty), create=True).engine.dispose()
    assert server.run("SELECT COUNT(*) FROM patients", name_of(empty)) == [(0,)]


# --- at work ------------------------------------------------------------------------------------------------


def test_a_trial_that_stock_optuna_is_claiming_is_left_to_it(server, postgresql_url, opened_there, enqueue):
    # Given two trials that wait, and a program in the middle of a claim of the first
    first, second = enqueue(opened_there, 2)
    with psycopg.connect(postgresql_url) as stock:
        stock.execute(f"SELECT * FROM trials WHERE trial_id = {first} FOR UPDATE")
        # When we claim one, we take the other, at once
        opened_there.engine.dispose()
        assert claim(opened_there, 1, "w", ProcessIdentity.current()) == second
    assert opened_there.get_trial(first).state is TrialState.WAITING


@pytest.fixture
def opened_there(postgresql_url):
    opened = open_storage(StorageLocation.parse(postgresql_url))
    yield opened
    opened.engine.dispose()


def test_after_a_restart_of_the_server_the_next_call_connects_anew(server, opened_there):
    opened_there.set_study_user_attr(1, "before", 1)
    server.stop()
    # While it is away, whoever asks is told so
    for lost in (opened_there.get_all_studies, lambda: opened_there.set_study_user_attr(1, "lost", 1)):
        with pytest.raises(optuna.exceptions.StorageInternalError) as caught:
            lost()
        assert (
            explain(caught.value, "DB")
            == "no PostgreSQL server answers for DB; is it running, and are host and port right?"
        )
    server.start()
    # And once it is back, nothing else is needed
    with opened_there.transaction():
        opened_there.set_study_user_attr(1, "after", 1)
    assert opened_there.get_study_user_attrs(1) == {"before": 1, "after": 1}


def test_a_restart_in_the_middle_of_a_transaction_undoes_it_and_says_so(server, opened_there):
    def write():
        with opened_there.transaction():
            opened_there.set_study_user_attr(1, "half", 1)
            server.stop()
            opened_there.set_study_user_attr(1, "other half", 1)

    try:
        with pytest.raises((optuna.exceptions.StorageInternalError, sqlalchemy.exc.SQLAlchemyError)) as caught:
            write()
        assert explain(caught.value, "DB").startswith("the connection to DB was lost (was the server stopped")
    finally:
        server.start()
    assert opened_there.get_study_user_attrs(1) == {}
    with opened_there.transaction():
        opened_there.set_study_user_attr(1, "again", 1)
    assert opened_there.get_study_user_attrs(1) == {"again": 1}


def test_what_does_not_fit_is_said_in_a_sentence(opened_there):
    with pytest.raises(optuna.exceptions.StorageInternalError) as caught:
        opened_there.set_study_user_attr(1, "k" * 600, 1)
    assert "DB does not take a text that long" in explain(caught.value, "DB")


def test_the_password_goes_with_the_location_and_is_never_shown(server, postgresql_url, tmp_path):
    location = StorageLocation.parse(postgresql_url)
    again = pickle.loads(pickle.dumps(location))
    assert again == location
    assert "s3cret" in again.url
    for shown in (str(again), repr(again), f"{again}", repr([again])):
        assert "s3cret" not in shown
        assert "eva:***@" in shown
    # Nor by the storage that is made of it, or by the command line when something fails
    assert "s3cret" not in repr(open_storage(again))
    environment = {"STUDYHALL_STORAGE": server.url("nothing"), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    for words in (["list"], ["list", "--debug"], ["doctor"], ["launch", "quadratic"]):
        code = "import sys; from studies.commands.app import run; sys.exit(run(sys.argv[1:]))"
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            env=environment | {"PYTHONPATH": str(ROOT)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
        assert "there is no database of the name in postgresql://eva:***@" in done.stdout + done.stderr
        assert "s3cret" not in done.stdout + done.stderr


def test_ours_adds_nothing_to_optunas_schema(empty, server):
    columns = "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
    open_storage(StorageLocation.parse(empty), create=True).engine.dispose()
    with server.database() as stock:
        RDBStorage(stock).engine.dispose()
        assert sorted(server.run(columns, name_of(empty))) == sorted(server.run(columns, name_of(stock)))
