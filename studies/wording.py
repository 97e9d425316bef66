"""The commands that sentences offer, and a log's lines as a terminal may show them."""

from __future__ import annotations

import logging
import warnings

from objectives.wording import printable, shell_word


def command_line(command: str, *names: object, flags: str = "") -> str:
    """Return a command of ours as it is typed: "studyhall show 'my study' 3".

    Args:
        command: its name.
        names: its arguments, whatever they hold.
        flags: its options, quoted already.
    """
    words, options = [shell_word(str(name)) for name in names], [flags.strip()] if flags else []
    if any(word.startswith("-") for word in words):
        return " ".join(["studyhall", command, *options, "--", *words])
    return " ".join(["studyhall", command, *words, *options])


def offered(command: str, *names: object, flags: str = "") -> str:
    """Return `command_line` in the backquotes that mark a command in a sentence."""
    return f"`{command_line(command, *names, flags=flags)}`"


class PrintableFormatter(logging.Formatter):
    """Writes a log's lines so that a terminal obeys nothing in them, whatever arguments and tracebacks hold."""

    def format(self, record: logging.LogRecord) -> str:
        """Format as logging does."""
        return printable(super().format(record), lines=True)


def settle_logs() -> None:
    """Have what Optuna and other libraries say go where it is made printable."""
    import optuna

    optuna.logging.disable_default_handler()
    optuna.logging.enable_propagation()
    # Optuna's of each list among the choices: a database keeps lists well, and tuples come back as them.
    warnings.filterwarnings("ignore", message="Choices for a categorical distribution should be", category=UserWarning)
    if logging.lastResort is not None:  # of whoever has set no handler
        logging.lastResort.setFormatter(PrintableFormatter())
