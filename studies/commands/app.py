"""All commands, and what happens when one of them fails."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import cast

import typer

from objectives.wording import printable
from studies.commands.loading import LazyGroup, unloaded

USAGE, INTERRUPTED = 2, 130
# Folders that workers are to find wherever they run.
_PATHS = ("STUDYHALL_DATA", "STUDYHALL_FILES")

# One file each in this folder, named like the command.
COMMANDS = {
    "launch": "Run a study with parallel workers. A study that exists continues.",
    "resume": "Continue a stored study, or raise its budget.",
    "worker": "Join a running study with workers of this terminal or machine.",
    "stop": "Ask all workers of a study to stop at the end of their epoch and requeue their trials.",
    "list": "List all studies of the storage.",
    "status": "Show the state of a study over all workers and machines.",
    "show": "Show a study and its trials, or one trial in full.",
    "best": "Show the best trial, or the Pareto front of several objectives.",
    "rerun": "Train a trial again from its parameters and seed, and compare. Changes nothing.",
    "check": "Report every error of a study file, or what the study will do.",
    "doctor": "Report versions, devices, storage, data and missing extras of this machine.",
    "delete": "Delete a study, its trials and its files. This cannot be undone.",
    "dashboard": "Serve optuna-dashboard for all studies until Ctrl-C. Safe beside running workers.",
}
STORAGE_COMMANDS = {
    "verify": "Look for damage, orphaned rows and files, and trials of dead workers. Exits with 1 if a fault remains.",
    "backup": "Copy the SQLite database into one file while workers run.",
    "copy": "Copy studies with their files between SQLite files and PostgreSQL. SRC keeps them.",
}

app = typer.Typer(
    cls=LazyGroup,
    name="studyhall",
    help="A study orchestrator for Keras: many workers, one SQLite file, nothing lost.",
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with [bold]studyhall launch quadratic --workers 4[/], or search on real data: "
    "[bold]studyhall launch digits_mlp[/]",
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"studyhall {version('studyhall')}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an internal error. Anywhere in the line."),
) -> None:
    """Nothing to do: both options are handled where they are read."""


def command_line() -> LazyGroup:
    """The command ``studyhall``; nothing of its commands is imported yet."""
    root = cast(LazyGroup, typer.main.get_command(app))
    storage = LazyGroup(
        name="storage",
        help="Verify, back up or copy the database with its studies.",
        rich_markup_mode="rich",
        commands={**unloaded("studies.commands.storage", STORAGE_COMMANDS)},
    )
    root.commands = {**unloaded("studies.commands", COMMANDS), "storage": storage}
    return root


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns its exit code. Errors become sentences on stderr."""
    _settle()
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options, names = arguments[:end], arguments[end:]
    debug = "--debug" in options
    try:
        words = [*(word for word in options if word != "--debug"), *names] or ["--help"]
        code = command_line().main(words, prog_name="studyhall", standalone_mode=False)
        if code != INTERRUPTED:
            sys.stdout.flush()
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "studyhall"
        _print_error(f"{error.format_message().rstrip('.')} (`{command} --help`)")
        return USAGE
    except (BrokenPipeError, SystemExit):
        return 0  # a closed pipe (`| head`) is nobody's fault; Typer and Rich make SystemExit of it
    except Exception as error:  # noqa: BLE001  whatever it is, the user gets a sentence
        if debug:
            sys.stderr.write(printable(traceback.format_exc(), lines=True))
        return _report(error, arguments)
    return int(code or 0)


def _settle() -> None:
    """What is to hold from here on, whatever terminal and folder this process was given."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A character that the terminal does not have is shown by its number.
            stream.reconfigure(errors="backslashreplace")
    for name in _PATHS:
        if given := os.environ.get(name):
            with contextlib.suppress(FileNotFoundError):  # the working folder was removed
                os.environ[name] = os.path.abspath(os.path.expanduser(given))  # noqa: PTH100, PTH111  any text


def _print_error(sentence: str) -> None:
    from studies.commands.output import error_line

    error_line(sentence)


def _report(error: Exception, arguments: Sequence[str]) -> int:
    from studies.commands.failures import report

    return report(error, arguments)
