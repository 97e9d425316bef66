"""What a process looks like to a user's file: its command line, the name that it is loaded under, `__main__`."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import keyword
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from objectives.user_code.own_studies import WAY_OUT
from objectives.user_code.source import OWN_NAMES

AS_MAIN = "__mp_main__"
"""The name under which multiprocessing loads a script once more in the processes that it spawns."""


class _NobodysProgram(ModuleType):
    """What `__main__` is where a process looks `as_script`, until the script is loaded."""


@contextlib.contextmanager
def as_script(path: Path, arguments: Sequence[str]) -> Iterator[None]:
    """Let this process look like `python path arguments...` while a file is loaded and its objective runs.

    Processes that the objective spawns do not run the program of this one again.
    """
    before = sys.argv, {name: sys.modules.get(name) for name in ("__main__", AS_MAIN)}
    sys.argv = [str(path), *arguments]
    # multiprocessing has them be one from the beginning.
    sys.modules["__main__"] = sys.modules[AS_MAIN] = _NobodysProgram("__main__")
    try:
        yield
    finally:
        sys.argv, modules = before
        for name, module in modules.items():
            if module is not None:
                sys.modules[name] = module
            else:
                del sys.modules[name]


def module_name(path: Path) -> str:
    """Return the name to load a file under; its folder is on sys.path.

    Its own wherever that means this file alone, so that other processes, and whoever reads a pickle later, find its
    functions and classes by importing it. Else the one under which multiprocessing's children know a script, where
    this process looks `as_script`.
    """
    if _is_free(path):
        return path.stem
    if isinstance(sys.modules.get("__main__"), _NobodysProgram):
        return AS_MAIN
    return f"_studyhall_objective_{hashlib.sha256(os.fsencode(path)).hexdigest()[:12]}"


def _is_free(path: Path) -> bool:
    name = path.stem
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("__"):
        return False
    if name in sys.modules or name in sys.stdlib_module_names or name in OWN_NAMES:
        return False
    found = importlib.util.find_spec(name)
    return found is not None and found.origin is not None and Path(found.origin).samefile(path)


def show_as_main(module: ModuleType) -> None:
    """Let children find the module as multiprocessing finds a script: by its path, in `__main__`.

    joblib's children load no script, so that they are sent its functions themselves.
    """
    module.__spec__ = None  # with one, it would be looked for by its name
    with contextlib.suppress(ImportError):  # which comes with joblib
        import cloudpickle

        cloudpickle.register_pickle_by_value(module)
    sys.modules["__main__"] = module


class RunsAStudy(BaseException):
    """A file optimizes while it is loaded. No Exception, which such a file may catch."""


@contextlib.contextmanager
def no_study_of_its_own() -> Iterator[None]:
    """Refuse `study.optimize` and `study.ask` in this thread while a file is loaded: every worker loads it."""
    import optuna

    here, methods = threading.get_ident(), (optuna.Study.optimize, optuna.Study.ask)

    def refusing(method: Callable[..., object]) -> Callable[..., object]:
        def refuse(*args: object, **options: object) -> object:
            if threading.get_ident() == here:
                _refuse()
            return method(*args, **options)

        return refuse

    optuna.Study.optimize, optuna.Study.ask = (refusing(each) for each in methods)  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        optuna.Study.optimize, optuna.Study.ask = methods  # type: ignore[method-assign]


def _refuse() -> NoReturn:
    raise RunsAStudy(f"the file runs a study of its own while it is loaded, and every worker loads it; {WAY_OUT}")
