"""The command line: the only files that print or exit."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path


def main() -> None:
    """The installed command ``studyhall``."""
    _check_neighbours()
    # Here, because a worker process imports this module to find its way.
    try:
        from studies.commands.app import run
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(run(sys.argv[1:]))


def _check_neighbours() -> None:
    """Our packages have common names; refuse to run with somebody else's."""
    home = Path(__file__).resolve().parents[2]
    for name in ("objectives", "storage"):
        spec = importlib.util.find_spec(name)
        origin = Path(spec.origin).resolve() if spec is not None and spec.origin is not None else None
        if origin is None or origin.parents[1] != home:
            found = origin or (list(spec.submodule_search_locations or []) if spec is not None else "nothing")
            sys.stderr.write(
                f"studyhall: its package {name!r} should lie in {home}, but Python finds {found}; "
                "take that folder out of PYTHONPATH, or install studyhall in an environment of its own\n"
            )
            sys.exit(2)
