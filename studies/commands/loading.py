"""Commands that are imported when they are asked for: help lists them without what they import."""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from studies.wording import settle_logs


class LazyGroup(TyperGroup):
    """A group whose commands may be `UnloadedCommand`s."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that the line names, loaded."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.load() if isinstance(command, UnloadedCommand) else command, rest


class ScriptCommand(TyperCommand):
    """A command for which the words behind `--` are the `arguments` of the user's file; no others are."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take them off, and refuse more words than the command takes before them."""
        place = args.index("--") if "--" in args else len(args)
        rest = super().parse_args(ctx, args[:place])
        if found := ctx.params["arguments"]:
            raise typer.BadParameter(
                f"found {found[0]!r}; the arguments of a file of your own stand behind --", ctx, param_hint="arguments"
            )
        ctx.params["arguments"] = args[place + 1 :] if "--" in args else None
        return rest


class UnloadedCommand(TyperCommand):
    """The first line of a command's help; its module has the rest: a function ``command`` and ``EXAMPLES``."""

    def __init__(self, name: str, help: str, module: str) -> None:  # noqa: A002  the base class's name
        super().__init__(name, help=help)
        self._module = module

    def load(self) -> Any:
        """The whole command: what it is called with and its help. What it does is imported when it is called."""
        module = importlib.import_module(self._module)
        made = typer.Typer(rich_markup_mode="rich", add_completion=False)
        examples = "\n\n".join(f"  $ {line}" for line in module.EXAMPLES)
        kind = ScriptCommand if "arguments" in inspect.signature(module.command).parameters else TyperCommand
        made.command(self.name, cls=kind, epilog=f"[bold]Examples[/]\n\n{examples}")(_quietly(module.command))
        return typer.main.get_command(made)


def _quietly(command: Callable[..., int]) -> Callable[..., int]:
    """The command, with Optuna quiet: what we say of studies and trials is enough in a terminal."""

    @functools.wraps(command)
    def call(*args: Any, **kwargs: Any) -> int:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        settle_logs()
        return command(*args, **kwargs)

    return call


def unloaded(package: str, lines: Mapping[str, str]) -> dict[str, UnloadedCommand]:
    """A command for each name -> first line of its help; its module has its name and lies in the package."""
    return {name: UnloadedCommand(name, line, f"{package}.{name}") for name, line in lines.items()}
