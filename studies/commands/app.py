"""All commands, and what happens when one of them fails."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

import typer

from studies.commands import care, look, rerun, run_study, serve, store
from studies.commands.options import completed, named_storage
from studies.commands.output import error_line

USAGE, INTERNAL, INTERRUPTED = 2, 70, 130

app = typer.Typer(
    name="studyhall",
    help="A study orchestrator for Keras: many workers, one SQLite file, nothing lost.",
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with [bold]studyhall launch quadratic --workers 4[/], or with a search on real data: "
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
    debug: bool = typer.Option(False, "--debug", help="Show tracebacks; may stand anywhere in the line."),
) -> None:
    """Nothing to do: both options are handled where they are read."""


for family in (run_study, look, rerun, care, serve, store):
    family.register(app)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns its exit code. Errors become sentences on stderr."""
    debug = "--debug" in arguments
    try:
        words = [word for word in arguments if word != "--debug"] or ["--help"]
        code = app(words, prog_name="studyhall", standalone_mode=False)
    except typer.Abort:
        return INTERRUPTED
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "studyhall"
        error_line(f"{error.format_message().rstrip('.')} (`{command} --help`)")
        return USAGE
    except (KeyboardInterrupt, BrokenPipeError) as error:
        # A closed pipe (`| head`) is nobody's fault; without this Python complains as it closes stdout.
        sys.stderr.close()
        return INTERRUPTED if isinstance(error, KeyboardInterrupt) else 0
    except Exception as error:  # noqa: BLE001  whatever it is, the user gets a sentence
        if debug:
            traceback.print_exc()
        code, sentence = _told(error)
        error_line(completed(sentence, named_storage(arguments)))
        return code
    return int(code or 0)


def _told(error: Exception) -> tuple[int, str]:
    from storage.errors import StorageLost, explain
    from studies.errors import STUDYHALL_ERRORS

    if isinstance(error, StorageLost):
        return 1, str(error)
    if isinstance(error, STUDYHALL_ERRORS):
        return USAGE, str(error)
    if isinstance(error, OSError):
        return 1, f"{error.filename or 'the output'} cannot be read or written: {error.strerror}"
    explained = explain(error, "the storage")
    if explained is not None:
        return 1, explained
    return (
        INTERNAL,
        f"{type(error).__name__}: {error} (a fault of studyhall; the same command with --debug shows where)",
    )
