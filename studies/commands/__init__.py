"""The command line: the only files that print or exit."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path


def main() -> None:
    """The installed command ``studyhall``."""
    _open_streams()
    _check_neighbours()
    # Here, because a worker process imports this module to find its way.
    try:
        from studies.commands.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    _let_go_of_output()
    sys.exit(code)


def _open_streams() -> None:
    """Standard streams that the caller has closed lead nowhere: the next file would take their numbers, and output."""
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, which is this one
            setattr(sys, name, os.fdopen(nowhere, "r" if descriptor == 0 else "w", closefd=False))


def _let_go_of_output() -> None:
    """What could not be written so far is not tried again as Python ends: it would complain, or wait once more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


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
