"""A user's own objective, unchanged: `path/file.py:function` or `package.module:attribute`."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import inspect
import sys
import traceback
from pathlib import Path
from types import ModuleType

from objectives.errors import ObjectiveError
from objectives.objective import Objective
from objectives.user_code.process import AS_MAIN, RunsAStudy, module_name, no_study_of_its_own, show_as_main
from objectives.user_code.signatures import check_takes_a_trial, needs_arguments, refuse_coroutine, refuse_uncallable
from objectives.user_code.source import file_of, hidden_neighbour, split_reference
from objectives.wording import did_you_mean, shell_word


def load(reference: str) -> Objective:
    """Run the file or module of a reference and return the objective in it, made if it is a class.

    Its `if __name__ == "__main__":` block stays out. Its folder, or the working folder for a module, goes to the end of
    sys.path: in front, a user's `storage.py` would replace ours.

    Raises:
        ObjectiveError: for all that can go wrong.
        KeyboardInterrupt: Ctrl-C was pressed meanwhile.
    """
    place, attribute = split_reference(reference)
    path = file_of(reference)
    folder = path.parent if place.endswith(".py") else Path.cwd()
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    # The file may be younger than what the import system last saw of its folder.
    importlib.invalidate_caches()
    run = _run_file if place.endswith(".py") else _run_module
    try:
        with no_study_of_its_own():
            module = run(path, place)
    except KeyboardInterrupt:
        raise
    # A file may end the program, or raise what is no Exception, as pytest's own skip is.
    except BaseException as error:
        raise ObjectiveError(_failure(path, folder, error)) from error
    return _callable(reference, module, attribute)


def _run_file(path: Path, _: str) -> ModuleType:
    name = module_name(path)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"Python has no loader for {path}")
    module = importlib.util.module_from_spec(spec)
    # Before it runs: dataclasses and pickle look a class's module up there.
    sys.modules[name] = module
    try:
        if name == AS_MAIN:
            show_as_main(module)
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _run_module(_: Path, place: str) -> ModuleType:
    return importlib.import_module(place)


def _failure(path: Path, folder: Path, error: BaseException) -> str:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    if isinstance(error, SyntaxError) and error.filename == str(path):
        lines.append(error.lineno)
    line = lines[-1] if lines else None
    where = f"{path}, line {line}" if line else str(path)
    if isinstance(error, SystemExit):
        if (refusal := _refusal_of_arguments(error)) is not None:
            return f"{where}: its command line is wrong: {refusal}; the words behind ` -- ` are its command line"
        return (
            f"{where}: the file ends the program while it is loaded (SystemExit: {error.code}); "
            'put what a script does under `if __name__ == "__main__":`'
        )
    if isinstance(error, RunsAStudy):
        return f"{where}: {error}"
    said = f"{where}: {type(error).__name__} while it was loaded: {error}"
    if isinstance(error, FileExistsError) or type(error).__name__ == "DuplicatedStudyError":
        return f"{said}; each worker loads the file, so what it makes may be there already"
    return f"{said}{_met_ours(folder, error)}{_is_part_of(path, error)}"


def _refusal_of_arguments(error: SystemExit) -> str | None:
    """What argparse has printed before it ended the program; nobody reads that in a worker's log."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == argparse.__file__ and frame.f_code.co_name == "error":
            return str(frame.f_locals.get("message"))
    return None


def _is_part_of(path: Path, error: BaseException) -> str:
    """Say so when the file is a module of a package, which only its name makes it."""
    if not isinstance(error, ImportError) or "no known parent package" not in str(error):
        return ""
    above, parts = path.parent, [path.stem]
    while (above / "__init__.py").is_file():
        above, parts = above.parent, [above.name, *parts]
    if len(parts) == 1:
        return ""
    return f"; launch it by its name: `studyhall launch {shell_word('.'.join(parts))}:...` in {above}"


def _met_ours(folder: Path, error: BaseException) -> str:
    """Say so when the file wanted a module of its own folder and met ours of the same name."""
    if isinstance(error, ImportError):
        name = error.name or ""
    elif isinstance(error, AttributeError) and isinstance(error.obj, ModuleType):
        name = error.obj.__name__
    else:
        return ""
    return hidden_neighbour(folder, name)


def _callable(reference: str, module: ModuleType, attribute: str) -> Objective:
    found: object = module
    for part in attribute.split("."):
        found = _attribute(reference, module, found, part)
    if isinstance(found, type):
        found = _instance(reference, found)
    if not callable(found):
        refuse_uncallable(reference, type(found).__name__)
    _check(reference, attribute, found)
    return found


def _attribute(reference: str, module: ModuleType, holder: object, name: str) -> object:
    try:
        return getattr(holder, name)
    except AttributeError as error:
        own = [key for key, thing in vars(module).items() if _is_of(module, thing)]
        hint = did_you_mean(name, dir(holder)) or f"; defined there: {', '.join(own) or 'nothing'}"
        raise ObjectiveError(f"{reference}: no attribute {name!r}{hint}") from error
    except Exception as error:
        raise ObjectiveError(f"{reference}: reading {name!r} raised {type(error).__name__}: {error}") from error


def _is_of(module: ModuleType, thing: object) -> bool:
    return callable(thing) and getattr(thing, "__module__", None) == module.__name__


def _instance(reference: str, kind: type) -> object:
    try:
        return kind()
    except (Exception, SystemExit) as error:
        raise needs_arguments(reference, kind.__name__, f"{type(error).__name__}: {error}") from error


def _check(reference: str, attribute: str, objective: Objective) -> None:
    if inspect.iscoroutinefunction(objective) or inspect.isgeneratorfunction(objective):
        refuse_coroutine(reference)
    try:
        signature = inspect.signature(objective)
    except (TypeError, ValueError):
        # Some callables written in C do not tell theirs.
        return
    check_takes_a_trial(reference, attribute, signature)
