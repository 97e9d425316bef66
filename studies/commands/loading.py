"""Commands that are imported when they are asked for: help lists them without what they import."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


class LazyGroup(TyperGroup):
    """A group whose commands may be `UnloadedCommand`s."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that the line names, loaded."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.load() if isinstance(command, UnloadedCommand) else command, rest


class UnloadedCommand(TyperCommand):
    """The first line of a command's help; its module has the rest: a function ``command`` and ``EXAMPLES``."""

    def __init__(self, name: str, help: str, module: str) -> None:  # noqa: A002  the base class's name
        super().__init__(name, help=help)
        self._module = module

    def load(self) -> Any:
        """The whole command, with Optuna quiet: what we say of studies and trials is enough in a terminal."""
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        module = importlib.import_module(self._module)
        made = typer.Typer(rich_markup_mode="rich", add_completion=False)
        examples = "\n\n".join(f"  $ {line}" for line in module.EXAMPLES)
        made.command(self.name, epilog=f"[bold]Examples[/]\n\n{examples}")(module.command)
        return typer.main.get_command(made)


def unloaded(package: str, lines: Mapping[str, str]) -> dict[str, UnloadedCommand]:
    """A command for each name -> first line of its help; its module has its name and lies in the package."""
    return {name: UnloadedCommand(name, line, f"{package}.{name}") for name, line in lines.items()}
