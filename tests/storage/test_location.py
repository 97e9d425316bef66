"""Where a storage is: parsed once, absolute at once, and names of any kind work to the end."""

import os
from pathlib import Path
from urllib.parse import unquote

import pytest
from optuna.storages import RDBStorage
from sqlalchemy.engine import make_url

from storage import StorageError, StorageLocation, open_storage

ODD = [
    "a b.db",
    "it's.db",
    'say "yes".db',
    "what?.db",
    "what?timeout=3.db",
    "#1.db",
    "%41.db",
    "100%.db",
    "{SCHEMA_VERSION}.db",
    "a{.db",
    "ünïcode 数.db",
    "a&b=c;d.db",
    "a@b:c.db",
    "-rf.db",
    "no suffix",
    ".hidden",
    "file:x.db",
    "back\\slash.db",
    "new\nline.db",
    "back`quote.db",
    "\x1b[31m\u202e.db",
    os.fsdecode(b"no utf-8 \xff.db"),
]


@pytest.mark.parametrize("text", ["x.db", "sqlite:///x.db", "./x.db"])
def test_a_relative_name_is_absolute_at_once_and_stays_where_it_was(tmp_path, monkeypatch, text):
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path)
    location = StorageLocation.parse(text)
    monkeypatch.chdir(tmp_path / "there")
    assert location.path == tmp_path / "x.db"
    assert location.url == f"sqlite:///{tmp_path}/x.db"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("sqlite:////data/x.db", "/data/x.db"),
        ("/data/x.db", "/data/x.db"),
        ("/data/what?.db", "/data/what?.db"),
        ("/data/%41.db", "/data/%41.db"),
        ("sqlite:////data/what%3F.db", "/data/what?.db"),
        ("sqlite:////data/%41.db", "/data/A.db"),  # as SQLAlchemy 2.1 reads it
        ("sqlite:////data/#1.db", "/data/#1.db"),
        ("~nobody-of-that-name/x.db", None),
    ],
)
def test_a_url_is_read_as_optuna_reads_it_and_a_path_as_it_stands(text, path):
    assert StorageLocation.parse(text).path == Path(path or text).absolute()


def test_a_tilde_is_the_home_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/home/eva")
    assert str(StorageLocation.parse("~/x.db").path) == "/home/eva/x.db"
    assert str(StorageLocation.parse("sqlite:///~/x.db").path) == "/home/eva/x.db"


@pytest.mark.parametrize(
    "text",
    [
        "x.db",
        "./x.db",
        ".//x.db",
        "there/../x.db",
        "there/deep/../../x.db",
        "{folder}/x.db",
        "/{folder}/x.db",
        "{folder}//there/../x.db",
        "~/x.db",
        "~/there/../x.db",
        "sqlite:///there/../x.db",
        "sqlite:////{folder}/x.db",
        "link/../x.db",  # out of what the link leads to
    ],
)
def test_one_path_has_one_spelling(tmp_path, monkeypatch, text):
    (tmp_path / "there" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "there")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert str(StorageLocation.parse(text.format(folder=tmp_path)).path) == f"{tmp_path}/x.db"


def test_a_working_folder_that_was_removed_hinders_relative_paths_alone(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert StorageLocation.parse(f"{tmp_path}/x.db").path == tmp_path / "x.db"
    with pytest.raises(StorageError, match=r"the working folder was removed.*`cd`"):
        StorageLocation.parse("x.db")


@pytest.mark.parametrize("name", ODD)
def test_a_file_may_have_any_name(tmp_path, monkeypatch, name):
    # Given a folder and a file with odd names, given as a relative path
    folder = tmp_path / f"folder {name}"
    folder.mkdir()
    monkeypatch.chdir(folder)
    location = StorageLocation.parse(name)
    # When it is made and written
    opened = open_storage(location, create=True)
    with opened.transaction():
        opened.create_new_study([], "s")
    # Then exactly that file is there while it is open, with SQLite's own two
    assert sorted(path.name for path in folder.iterdir()) == sorted([name, f"{name}-shm", f"{name}-wal"])
    opened.engine.dispose()
    # And what we print as its URL leads back to it
    assert StorageLocation.parse(location.url) == location
    assert [s.study_name for s in open_storage(StorageLocation.parse(str(location))).get_all_studies()] == ["s"]


@pytest.mark.parametrize("text", ["sqlite://", "sqlite:///", "sqlite:///:memory:", ":memory:", ""])
def test_memory_is_refused_because_workers_cannot_share_it(text):
    with pytest.raises(StorageError, match=r"lives in the memory of one process, .* sqlite:///studyhall\.db"):
        StorageLocation.parse(text)


@pytest.mark.parametrize("text", ["mysql://eva:s3cret@db/optuna", "mysql+pymysql://eva:s3cret@db", "redis://:s3cret@h"])
def test_another_kind_of_database_is_refused_in_a_sentence_without_its_password(text):
    kind = text.partition(":")[0]
    with pytest.raises(StorageError) as caught:
        StorageLocation.parse(text)
    assert f"storage {kind!r} is not supported; use an SQLite file, for example sqlite:///" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2", "postgresql+psycopg"])
def test_a_postgresql_url_gets_the_driver_that_we_have(scheme):
    location = StorageLocation.parse(f"{scheme}://eva:s3cret@db:5433/optuna?sslmode=require")
    assert location.path is None
    assert location.url == "postgresql+psycopg://eva:s3cret@db:5433/optuna?sslmode=require"
    assert str(location) == "postgresql://eva:***@db:5433/optuna?sslmode=require"
    assert repr(location) == f"StorageLocation({str(location)!r})"


@pytest.mark.parametrize(
    "password", ["p%40ss%2Fw", "p/w?x", "{SCHEMA_VERSION}", "a%25b", "100%25", "a+b c", "'\"", "%3A%3F%23", "ü"]
)
def test_any_password_reaches_the_server_as_it_was_meant(password):
    from psycopg import conninfo

    location = StorageLocation.parse(f"postgresql://eva:{password}@db/optuna")
    # What psycopg gets, after Optuna has filled in braces and SQLAlchemy has read the URL
    url = make_url(RDBStorage._fill_storage_url_template(location.url))
    _, arguments = url.get_dialect()().create_connect_args(url)
    assert conninfo.conninfo_to_dict(**arguments)["password"] == unquote(password)
    assert StorageLocation.parse(location.url) == location


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("postgresql://eva:s3cr@et@db/optuna", "has an @ too many; write one that belongs to the password %40"),
        ("postgresql://eva:a@s3cret/x@db/optuna", "has an @ too many"),
        ("postgresql://eva:a@s3cret:x@db/optuna", "has an @ too many"),
        ("postgresql://eva:a@h/s3cret?x@db/optuna", "has an @ too many"),
        ("postgresql://eva:s3cret@db", "names no database"),
        ("postgresql://eva:s3cret@db/", "names no database"),
        ("postgresql://eva:s3cret@db:port/optuna", "it looks like"),
        ("postgresql://", "names no database"),
        ("postgresql://eva@db/optuna?password=s3cret", "has 'password' among its options; write the password before"),
        ("postgresql://eva@db/optuna?sslpassword=s3cret", "has 'sslpassword' among its options"),
        ("postgresql://eva@db/optuna?Password=s3cret", "has 'Password' among its options"),
        ("postgresql:///eva:s3cret@db/optuna", "has its @ behind a slash"),
        ("postgresql://db/eva:s3cret@db", "has its @ behind a slash"),
        ("postgres:/eva:s3cret@db/optuna", "looks like a URL that lacks a part"),
        ("postgres:eva:s3cret@db/optuna", "looks like a URL that lacks a part"),
        ("postgresql//eva:s3cret@db/optuna", "looks like a URL that lacks a part"),
        ("postgresql+psycopg//eva:s3cret@db/optuna", "looks like a URL that lacks a part"),
        ("sqlite:///postgresql:/eva:s3cret@db/optuna", "looks like a URL that lacks a part"),
        ("sqlite:///postgresql://eva:s3cret@db/optuna?x", "has options after its question mark"),
        ("eva:s3cret@db/optuna", "looks like a URL that lacks a part"),
        ("http:/eva:s3cret@db/optuna", "looks like a URL that lacks a part"),
        ("eva:s3cret@db://optuna", "storage of that kind is not supported"),
        ("postgre:s3cret@db://optuna", "storage of that kind is not supported"),
        ("postgresq://eva:s3cret@db/optuna", "storage 'postgresq' is not supported"),
        ("mysql+pymysql://eva:s3cret@db", "storage 'mysql+pymysql' is not supported"),
    ],
)
def test_a_url_that_can_be_misread_is_refused_without_showing_a_part_of_the_password(text, words):
    with pytest.raises(StorageError) as caught:
        StorageLocation.parse(text)
    assert words in str(caught.value)
    assert "s3cr" not in str(caught.value)


def test_the_files_of_a_server_lie_in_the_working_folder_or_where_the_variable_says(tmp_path, monkeypatch):
    url = "postgresql://eva@db/optuna"
    monkeypatch.delenv("STUDYHALL_FILES", raising=False)
    monkeypatch.chdir(tmp_path)
    here = StorageLocation.parse(url)
    monkeypatch.setenv("STUDYHALL_FILES", "shared")
    there = StorageLocation.parse(url)
    # Wherever a worker runs, it is told where they are
    monkeypatch.chdir("/")
    assert here.study_files("s") == tmp_path / "optuna.files" / "s"
    assert there.study_files("s") == tmp_path / "shared" / "s"


@pytest.mark.parametrize("text", ["sqlite:///x.db?timeout=30", "sqlite:///file:x.db?mode=ro&uri=true", "sqlite:///x?"])
def test_options_in_a_url_are_refused_instead_of_becoming_part_of_the_name(text):
    with pytest.raises(StorageError, match=r"has options after its question mark.*leave them out.*%3F"):
        StorageLocation.parse(text)


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("/d/x.db", "/d/x.files"),
        ("/d/x.sqlite", "/d/x.sqlite.files"),
        ("/d/v1.2", "/d/v1.2.files"),
        ("/d/v1.3.db", "/d/v1.3.files"),
        ("/d/x.files", "/d/x.files.files"),
        ("/d.db/x", "/d.db/x.files"),
        ("/d/.db", "/d/.files"),
    ],
)
def test_the_folder_beside_a_database_has_its_name(path, files):
    assert str(StorageLocation.parse(path).files) == files
