"""The engines there are: one line each. Nothing is imported before one is chosen: a help text reads this table."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studies.execution.engines.base import Engine

ENGINES = {
    "local": "studies.execution.engines.local:LocalEngine",
}
DEFAULT_ENGINE = "local"


def engine_named(name: str) -> type[Engine]:
    """The engine of that name.

    Raises:
        StudyError: there is none; the message has the names there are.
    """
    from studies.errors import StudyError

    if name not in ENGINES:
        raise StudyError(f"no engine {name!r}", hint=f"allowed: {', '.join(ENGINES)}")
    module, _, attribute = ENGINES[name].partition(":")
    engine: type[Engine] = getattr(import_module(module), attribute)
    return engine
