"""optuna-dashboard as we serve it: no other page drives it, and it changes a study as our own commands do."""

from __future__ import annotations

import ipaddress
import json
import re
import threading
from collections.abc import Callable, Collection, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from storage import SharedStorage, StorageLocation, open_storage
from studies.api.keeping import delete_stored
from studies.api.places import Storage, locate
from studies.errors import StudyError
from studies.record.stored import load

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_SAFE = ("GET", "HEAD", "OPTIONS")
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\s\[\]:/@?#]+)(:\d*)?", re.IGNORECASE)
# No page of another site may show this one in a frame, and let people press its buttons.
_HEADERS = [("X-Frame-Options", "DENY"), ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin")]
_RENAME = (
    "studyhall does not rename a study: its workers, its files and the studies that were warm-started from it know it "
    "by its name. `launch --name` starts another"
)
_MIGRATE = "studyhall does not migrate a database; `optuna storage upgrade` does, after a copy was made"
# By the last part of the path.
_NEVER = {"rename": _RENAME, "incompatible-rdb-schema": _MIGRATE}


LOOPBACK = ("localhost", "127.0.0.1", "::1")


def dashboard(
    *,
    storage: Storage | None = None,
    hosts: Collection[str] = LOOPBACK,
    any_address: bool = False,
    read_only: bool = False,
) -> GuardedDashboard:
    """optuna-dashboard for all studies of the storage, as a WSGI application that only its own page can drive.

    Args:
        storage: where the studies are.
        hosts: the names under which it is served, without ports; any other is refused.
        any_address: also under any IP address.
        read_only: no change is accepted.

    Raises:
        StorageError: the storage cannot be used.
    """
    location = locate(storage)
    opened = open_storage(location)

    def make() -> WSGIApplication:
        from optuna_dashboard import wsgi

        application: WSGIApplication = wsgi(opened)
        route_deletion(application, location, opened)
        return application

    return GuardedDashboard(make, hosts=hosts, any_address=any_address, read_only=read_only)


class GuardedDashboard:
    """A WSGI application that asks where a request comes from before another application gets it.

    A browser sends the name that it was given as ``Host``, and with every change the ``Origin`` of the page that asks
    for it: a foreign name that leads here (DNS rebinding) and a foreign page are refused. What is no browser may leave
    both out, but for the Host.

    Args:
        make: makes the other application, when the first request needs it or `load` is called.
        hosts: the names under which it is served, without ports.
        any_address: also under any IP address, which is nobody's name.
        read_only: no change is accepted.
    """

    def __init__(
        self, make: Callable[[], WSGIApplication], *, hosts: Collection[str], any_address: bool, read_only: bool
    ) -> None:
        self._make = make
        self._application: WSGIApplication | None = None
        self._loading = threading.Lock()
        self._hosts = {_bare(host) for host in hosts}
        self._any_address = any_address
        self._read_only = read_only

    def load(self) -> WSGIApplication:
        """Import and make the other application, which takes seconds; whoever asks meanwhile waits for it."""
        with self._loading:
            self._application = self._application or self._make()
            return self._application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, [*headers, *_HEADERS], *rest)

        refusal = self._refusal(environ)
        if refusal is None:
            return self.load()(environ, start)
        status, reason = refusal
        # The page shows the reason.
        body = json.dumps({"reason": reason}).encode()
        length = ("Content-Length", str(len(body)))
        start(f"{status} {status.phrase}", [("Content-Type", "application/json"), length])
        return [body]

    def _refusal(self, environ: WSGIEnvironment) -> tuple[HTTPStatus, str] | None:
        host = str(environ.get("HTTP_HOST", "")).lower()
        if not self._is_ours(host):
            reason = "the dashboard is not served under this name; `studyhall dashboard --allow-host NAME` does so"
            return HTTPStatus.MISDIRECTED_REQUEST, reason
        if str(environ.get("REQUEST_METHOD", "")).upper() in _SAFE:
            return None
        if self._read_only:
            return HTTPStatus.FORBIDDEN, "this dashboard is served with --read-only"
        if not _is_from_our_page(environ, host):
            return HTTPStatus.FORBIDDEN, "only the dashboard's own page may change something"
        if _has_body(environ) and not _is_json(environ):
            return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a change is sent as application/json"
        if (never := _NEVER.get(_path(environ).rpartition("/")[2])) is not None:
            return HTTPStatus.FORBIDDEN, never
        return None

    def _is_ours(self, host: str) -> bool:
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = _bare(found[1])
        return name in self._hosts or (self._any_address and _is_address(name))


def route_deletion(application: Any, location: StorageLocation, storage: SharedStorage) -> None:
    """Have the dashboard delete as `studyhall delete` does.

    Args:
        application: bottle's, in which a rule that there is already gets another handler.
        location: where the studies are.
        storage: the same, opened.
    """
    from bottle import HTTPResponse

    def answer(status: HTTPStatus, reason: str = "") -> Any:
        body = json.dumps({"reason": reason} if reason else {})
        return HTTPResponse(body, status=int(status), headers={"Content-Type": "application/json"})

    def delete_study(study_id: int) -> Any:
        try:
            delete_stored(load(location, storage, storage.get_study_name_from_id(study_id)))
        except KeyError:
            return answer(HTTPStatus.NOT_FOUND, f"study_id={study_id} is not found")
        except StudyError as error:
            return answer(HTTPStatus.CONFLICT, str(error))
        return answer(HTTPStatus.OK)  # with a body, which the page reads

    application.route("/api/studies/<study_id:int>", "DELETE", delete_study)


def _path(environ: WSGIEnvironment) -> str:
    """The path as bottle and optuna-dashboard read it, which leave out what is no UTF-8 and slashes at its end."""
    return str(environ.get("PATH_INFO", "")).encode("latin-1").decode("utf-8", "ignore").rstrip("/")


def _is_from_our_page(environ: WSGIEnvironment, host: str) -> bool:
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None:
        scheme, _, place = str(origin).lower().partition("://")
        return scheme in ("http", "https") and place == host
    # Older browsers leave the origin out; what is no browser sends none of these.
    if environ.get("HTTP_SEC_FETCH_SITE", "same-origin") not in ("same-origin", "none"):
        return False
    referer = environ.get("HTTP_REFERER")
    return referer is None or str(referer).lower().partition("://")[2].partition("/")[0] == host


def _has_body(environ: WSGIEnvironment) -> bool:
    return environ.get("CONTENT_LENGTH", "") not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ


def _is_json(environ: WSGIEnvironment) -> bool:
    return str(environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower() == "application/json"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _bare(host: str) -> str:
    return host.lower().strip("[]").rstrip(".")
