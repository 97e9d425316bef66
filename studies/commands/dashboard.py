"""dashboard: optuna-dashboard on this storage."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from socketserver import ThreadingMixIn
from typing import Annotated
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import WSGIApplication

import typer

from studies import api
from studies.commands.options import DEFAULT_STORAGE, Storage
from studies.commands.output import console, error_line

EXAMPLES = (
    "studyhall dashboard",
    "studyhall dashboard --port 9000 --storage big.db --read-only",
    "studyhall dashboard --host 0.0.0.0 --public --allow-host studies.example.org",
)
_ANY = ("0.0.0.0", "::")


def command(
    storage: Storage = DEFAULT_STORAGE,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes any free one.")] = 8080,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    public: Annotated[
        bool, typer.Option("--public", help="Allow an address that others can reach. There is no password.")
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", help="Also answer under this name of a proxy. Repeatable."),
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Accept no change from the page.")] = False,
) -> int:
    """Serve optuna-dashboard for all studies until Ctrl-C. Safe beside running workers."""
    if not _is_loopback(host):
        if not public:
            raise typer.BadParameter(
                f"{host} can be reached by others, and the dashboard has no password; add --public if that is meant",
                param_hint="--host",
            )
        error_line(f"warning: anybody who can reach {host} can read{'' if read_only else ' and delete'} these studies")
    location = api.locate(storage)
    hosts = {*api.LOOPBACK, host, *(allow_host or []), *([socket.gethostname()] if public else [])}
    application = api.dashboard(storage=location, hosts=hosts, any_address=host in _ANY, read_only=read_only)
    try:
        server = _server(application, host, port)
    except OSError as error:
        raise typer.BadParameter(
            f"port {port} on {host}: {error.strerror}; choose another with --port (0 takes any free one)"
        ) from None
    with server:
        console().print(f"http://{_bracketed(host)}:{server.server_port}/  ({location}; Ctrl-C ends it)", markup=False)
        threading.Thread(target=application.load, daemon=True).start()
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
    return 0


def _server(application: WSGIApplication, host: str, port: int) -> WSGIServer:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    kind = type("DashboardServer", (_ThreadingServer,), {"address_family": family})
    return make_server(host, port, application, server_class=kind, handler_class=_QuietHandler)


class _ThreadingServer(ThreadingMixIn, WSGIServer):
    """A browser keeps several requests open; one thread each."""

    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Say nothing: a line for each poll of the page helps nobody."""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
