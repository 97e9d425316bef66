"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from studies.execution.engines.table import ENGINES

Study = Annotated[
    str, typer.Argument(metavar="STUDY", help="A ready study, a file.toml, or an objective such as file.py:function.")
]
Arguments = Annotated[
    list[str] | None,
    typer.Argument(metavar="-- ARGUMENT", help="The command line of a file of your own.", show_default=False),
]
Set = Annotated[
    list[str] | None, typer.Option("--set", help="Override a key of the study file: KEY=VALUE, dotted. Repeatable.")
]
Storage = Annotated[
    str,
    typer.Option(
        "--storage",
        envvar="STUDYHALL_STORAGE",
        help="The database: sqlite:///file.db, a path, or postgresql://user:password@host/database.",
        show_default="sqlite:///studyhall.db",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print facts as JSON.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The name of the study (`studyhall list` shows them).")]
Workers = Annotated[int | None, typer.Option("--workers", "-w", min=1, help="Worker processes.")]
Devices = Annotated[str | None, typer.Option(help="GPUs to use: 0,1 or all or none.")]
PerDevice = Annotated[
    int | None, typer.Option("--workers-per-device", min=1, help="The most workers that share one GPU.")
]
Trials = Annotated[int | None, typer.Option(min=1, help="Finished trials of the whole study.")]
AcceptChanges = Annotated[
    bool, typer.Option("--accept-changes", help="Continue although the study or a file has changed.")
]
Unowned = Annotated[
    str | None, typer.Option(help="RUNNING trials that nobody holds: requeue runs them again, fail ends them.")
]
Engine = Annotated[str, typer.Option(help=f"Where workers run: {', '.join(ENGINES)}.")]
DEFAULT_STORAGE = ""


def device_numbers(devices: str | None) -> list[int] | Literal["all", "none"] | None:
    """The text of --devices; a usage error when it is none."""
    if devices is None:
        return None
    if devices in ("all", "none"):
        return "all" if devices == "all" else "none"
    try:
        return [int(part) for part in devices.split(",")]
    except ValueError:
        raise typer.BadParameter(f"found {devices!r}; a list of GPU numbers such as 0,1, or none") from None


def settings(texts: list[str] | None) -> dict[str, Any]:
    """The ``key=value`` texts of --set; a usage error when one is none."""
    from studies.study_file.reading import setting

    try:
        return dict(setting(text) for text in texts or [])
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--set") from None


def check_engine(engine: str) -> None:
    """A usage error for an engine that is none."""
    if engine not in ENGINES:
        raise typer.BadParameter(f"found {engine!r}; allowed: {', '.join(ENGINES)}", param_hint="--engine")
