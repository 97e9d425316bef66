"""The dashboard answers its own page alone, and loses no study."""

import io
import json
from wsgiref.util import setup_testing_defaults

import pytest

from storage import StorageLocation, open_storage
from studies import api
from studies.api.serving import GuardedDashboard
from studies.record.sessions import Session

OURS = "localhost:8080"


def answer(application, method, path="/api/studies", body=None, **headers):
    """What it answers: status, headers, and the body read as JSON where it is."""
    content = b"" if body is None else json.dumps(body).encode()
    environ = {"wsgi.input": io.BytesIO(content), "HTTP_HOST": OURS, "CONTENT_LENGTH": str(len(content) or "")}
    setup_testing_defaults(environ)
    environ |= {"REQUEST_METHOD": method, "PATH_INFO": path}
    if body is not None:
        environ["CONTENT_TYPE"] = "application/json"
    for name, value in headers.items():
        environ.pop(name, None)
        if value is not None:
            environ[name] = value
    began = []

    def start(status, fields, *rest):
        began.append((int(status.split()[0]), dict(fields)))

    said = b"".join(application(environ, start))
    status, fields = began[-1]
    return status, fields, json.loads(said) if fields.get("Content-Type") == "application/json" and said else said


@pytest.fixture
def location(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = StorageLocation.parse("studyhall.db")
    storage = open_storage(made, create=True)
    storage.create_new_study([], "first")
    made.study_files("first").mkdir(parents=True)
    return made


def inner(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"in"]


def guarded(**options):
    return GuardedDashboard(
        lambda: inner,
        **{"hosts": ("localhost", "127.0.0.1", "::1"), "any_address": False, "read_only": False, **options},
    )


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8080", 200),
        ("LOCALHOST:8080", 200),
        ("localhost", 200),
        ("localhost.:8080", 200),
        ("127.0.0.1:9000", 200),  # a tunnel has another port
        ("[::1]:8080", 200),
        ("evil.example:8080", 421),
        ("evil.example", 421),
        ("localhost.evil.example:8080", 421),
        ("localhost@evil.example", 421),
        ("localhost:8080@evil.example", 421),
        ("localhost,evil.example", 421),
        ("localhost:8080,localhost:8080", 421),
        ("10.0.0.1:8080", 421),
        ("[::2]:8080", 421),
        ("", 421),
        (None, 421),
        (":8080", 421),
        ("localhost:8080:1", 421),
        ("[::1", 421),
    ],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_only_our_own_names_are_served(host, status, method):
    assert answer(guarded(), method, HTTP_HOST=host)[0] == status


def test_every_address_is_one_of_ours_where_every_one_is_listened_on():
    open_to_all = guarded(hosts=("localhost", "studies.example.org"), any_address=True)
    for host in ("10.0.0.1:1", "[fd00::1]", "studies.example.org"):
        assert answer(open_to_all, "GET", HTTP_HOST=host)[0] == 200
    assert answer(open_to_all, "GET", HTTP_HOST="evil.example")[0] == 421


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # curl
        ({"HTTP_ORIGIN": "http://localhost:8080"}, 200),
        ({"HTTP_ORIGIN": "https://localhost:8080"}, 200),  # behind a proxy
        ({"HTTP_ORIGIN": "http://localhost:8080", "HTTP_SEC_FETCH_SITE": "same-origin"}, 200),
        ({"HTTP_ORIGIN": "http://localhost:9999"}, 403),
        ({"HTTP_ORIGIN": "http://127.0.0.1:8080"}, 403),
        ({"HTTP_ORIGIN": "http://evil.example"}, 403),
        ({"HTTP_ORIGIN": "null"}, 403),
        ({"HTTP_ORIGIN": ""}, 403),
        ({"HTTP_ORIGIN": "file://"}, 403),
        ({"HTTP_ORIGIN": "http://localhost:8080.evil.example"}, 403),
        ({"HTTP_SEC_FETCH_SITE": "cross-site"}, 403),
        ({"HTTP_SEC_FETCH_SITE": "same-site"}, 403),
        ({"HTTP_SEC_FETCH_SITE": "none"}, 200),
        ({"HTTP_REFERER": "http://evil.example/localhost:8080"}, 403),
        ({"HTTP_REFERER": "http://localhost:8080/dashboard"}, 200),
        ({"CONTENT_TYPE": "text/plain"}, 415),
        ({"CONTENT_TYPE": "application/x-www-form-urlencoded"}, 415),
        ({"CONTENT_TYPE": "application/json; charset=utf-8"}, 200),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "delete", "ODD"])
def test_only_our_own_page_changes_anything(headers, status, method):
    found, _, said = answer(guarded(), method, body={}, **headers)
    assert found == status
    assert status == 200 or said["reason"]


def test_a_page_of_another_site_may_be_linked_from_but_shows_us_in_no_frame():
    status, fields, _ = answer(guarded(), "GET", HTTP_REFERER="http://evil.example/", HTTP_SEC_FETCH_SITE="cross-site")
    assert status == 200
    assert fields["X-Frame-Options"] == "DENY"


def test_read_only_reads(location):
    page = api.dashboard(storage=location, read_only=True)
    assert answer(page, "GET")[2]["study_summaries"][0]["study_name"] == "first"
    for method, path in (("DELETE", "/api/studies/1"), ("POST", "/api/studies"), ("PUT", "/api/studies/1/note")):
        status, _, said = answer(page, method, path, body={"study_name": "x", "directions": ["minimize"]})
        assert (status, said) == (403, {"reason": "this dashboard is served with --read-only"})
    assert len(answer(page, "GET")[2]["study_summaries"]) == 1


def test_the_page_makes_annotates_and_deletes_studies(location):
    page = api.dashboard(storage=location)
    assert answer(page, "POST", body={"study_name": "second", "directions": ["minimize"]})[0] == 201
    assert answer(page, "PUT", "/api/studies/2/note", body={"body": "good", "version": 1})[0] == 204
    assert answer(page, "DELETE", "/api/studies/1", body={"remove_associated_artifacts": True})[0] == 200
    # Then the study is gone with its files, as `studyhall delete` does it
    assert [row["study_name"] for row in answer(page, "GET")[2]["study_summaries"]] == ["second"]
    assert not location.study_files("first").exists()
    assert answer(page, "DELETE", "/api/studies/1")[0] == 404


@pytest.mark.parametrize("path", ["/api/studies/1/rename", "/api/studies/1/rename/", "/api/studies/1/ren\xffame"])
def test_a_study_keeps_its_name(location, path):
    page = api.dashboard(storage=location)
    status, _, said = answer(page, "POST", path, body={"study_name": "renamed"})
    assert status == 403
    assert "does not rename" in said["reason"]
    assert [row["study_name"] for row in answer(page, "GET")[2]["study_summaries"]] == ["first"]


def test_a_study_that_runs_is_not_deleted(location):
    page = api.dashboard(storage=location)
    session = Session(open_storage(location), 1, 1, heartbeat_seconds=60)
    status, _, said = answer(page, "DELETE", "/api/studies/1")
    assert status == 409
    assert "study 'first' is running; `studyhall stop first` first" in said["reason"]
    session.end()
    assert answer(page, "DELETE", "/api/studies/1")[0] == 200


@pytest.mark.parametrize("path", ["/incompatible-rdb-schema", "/incompatible-rdb-schema/"])
def test_no_request_migrates_a_database(location, path):
    page = api.dashboard(storage=location)
    assert answer(page, "POST", path)[0] == 403
    assert answer(page, "POST", path, CONTENT_LENGTH="3", CONTENT_TYPE="text/plain")[0] == 415
