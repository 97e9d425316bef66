"""rerun: whether a trial can be repeated."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from objectives.wording import printable
from studies import api
from studies.commands.options import DEFAULT_STORAGE, Json, Name, Storage
from studies.commands.output import console, number, print_json, table

if TYPE_CHECKING:
    from studies.analysis.reproduce import Comparison, Pair

EXAMPLES = ("studyhall rerun digits_mlp 13", "studyhall rerun digits_mlp 13 --json")


def command(
    name: Name,
    trial: Annotated[int, typer.Argument(metavar="TRIAL", help="The number of a finished trial.", min=0)],
    storage: Storage = DEFAULT_STORAGE,
    json: Json = False,
) -> int:
    """Train a trial again from its parameters and seed, and compare. Changes nothing.

    Exits with 0 if every epoch and the value agree: to the last bit with train.threads = 1 on the CPU, else within
    1e-4. Exits with 1 otherwise.
    """
    api.status(name, storage=storage)  # before anything is said of a study that is not there
    console(stderr=True).print(f"{printable(name)}: trial {trial} is run again", markup=False)
    with _obeying_ctrl_c(), _in_a_file():
        compared = api.rerun(name, trial, storage=storage, environment=os.environ)
    if json:
        print_json({"name": name, **compared.to_json()})
    else:
        _print(compared)
    return 0 if compared.equal else 1


@contextlib.contextmanager
def _obeying_ctrl_c() -> Iterator[None]:
    """KeyboardInterrupt also where a framework that is being imported, or an objective, makes another error of it."""
    pressed = []

    def note(number: int, frame: object) -> None:
        pressed.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    except Exception:
        if pressed:
            raise KeyboardInterrupt from None
        raise
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _in_a_file() -> Iterator[None]:
    """What frameworks and objectives print, below Python too, into a file; shown only when the trial failed."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [(descriptor, os.dup(descriptor)) for descriptor in (1, 2)]
    with tempfile.TemporaryFile() as file:
        try:
            for descriptor, _ in kept:
                os.dup2(file.fileno(), descriptor)
            yield
        except BaseException:
            _restore(kept)
            file.seek(0)
            sys.stderr.write(file.read().decode(errors="replace"))
            raise
        finally:
            _restore(kept)
            for _, copy in kept:
                os.close(copy)


def _restore(kept: list[tuple[int, int]]) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    for descriptor, copy in kept:
        os.dup2(copy, descriptor)


def _print(compared: Comparison) -> None:
    out = console()
    if compared.epochs:
        out.print(table(["epoch", "recorded", "again", "difference"], map(_row, compared.epochs)))
        out.print()
    out.print(table(["value", "recorded", "again", "difference"], map(_row, compared.values)))
    out.print(f"\n{_conclusion(compared)}", markup=False)


def _row(pair: Pair) -> list[str]:
    difference = f"{pair.difference:.2g}" if pair.difference is not None else "-"
    return [pair.name, number(pair.recorded), number(pair.again), difference if pair.compared else "not compared"]


def _conclusion(compared: Comparison) -> str:
    what = f"trial {compared.number} ({compared.state})"
    if compared.identical:
        return f"{what} is repeated to the last bit, on {compared.device}"
    largest = f"the largest difference is {compared.largest_difference:.2g}"
    if compared.equal:
        return f"{what} is repeated: {largest}, {compared.tolerance:g} is allowed, on {compared.device}"
    allowed = f"{compared.tolerance:g} is" if compared.tolerance else "none is"
    why = (
        "; an older or newer training made it, which this studyhall cannot repeat"
        if compared.is_of_another_training
        else ""
    )
    return f"{what} is NOT repeated: {largest}, {allowed} allowed, on {compared.device}{why}"
