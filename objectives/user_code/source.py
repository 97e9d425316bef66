"""What a reference says and which file it means, found out without running that file."""

from __future__ import annotations

import ast
import hashlib
import importlib.machinery
import importlib.util
from pathlib import Path

from objectives.errors import ObjectiveError
from objectives.user_code.running import imported_modules, running

_SHAPE = "path/file.py:function or package.module:attribute"
# A user's folder may hold modules of these names too, but `import storage` always meets ours.
OWN_NAMES = ("objectives", "storage", "studies")

_FRAMEWORKS = {"tensorflow", "keras"}


def is_reference(text: str) -> bool:
    """Return whether the text is meant as a reference (right or wrong) and not as a name or a TOML file."""
    return text.endswith(".py") or (":" in text and not text.endswith(".toml"))


def split_reference(text: str) -> tuple[str, str]:
    """Return (file or module, attribute).

    Raises:
        ObjectiveError: when the text has not that shape.
    """
    # From the right: the path of a file may itself hold a colon.
    place, colon, attribute = text.rpartition(":")
    if not colon and text.endswith(".py"):
        raise ObjectiveError(f"{text!r} names a file but nothing in it", hint=f"write {text}:FUNCTION")
    is_file = place.endswith(".py")
    if not _is_dotted(attribute) or not (is_file or _is_dotted(place)):
        raise ObjectiveError(f"{text!r} names no objective", hint=f"write {_SHAPE}")
    return place, attribute


def _is_dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


def file_of(reference: str) -> Path:
    """Return the absolute path of the file that a reference means; raise ObjectiveError if there is none."""
    place, _ = split_reference(reference)
    return _existing(reference, place) if place.endswith(".py") else _file_of_module(reference, place)


def _existing(reference: str, place: str) -> Path:
    path = Path(place).expanduser().absolute()
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no file"
        raise ObjectiveError(
            f"{reference}: {path} is {what}", hint=f"the path starts at the working folder {Path.cwd()}"
        )
    return path


def _file_of_module(reference: str, place: str) -> Path:
    top, *parts = place.split(".")
    # Step by step with PathFinder, because importlib.util.find_spec would run the parent packages.
    spec = _top_level(top)
    name = top
    for part in parts:
        name = f"{name}.{part}"
        below = spec.submodule_search_locations if spec is not None else None
        spec = importlib.machinery.PathFinder.find_spec(name, below) if below is not None else None
    if spec is None:
        hint = hidden_neighbour(Path.cwd(), place)
        raise ObjectiveError(f"{reference}: no module {place!r} in {Path.cwd()} or among what is installed{hint}")
    if spec.origin is None or not spec.origin.endswith(".py"):
        raise ObjectiveError(f"{reference}: the module {place!r} has no Python source")
    return Path(spec.origin)


def _top_level(name: str) -> importlib.machinery.ModuleSpec | None:
    try:
        spec = importlib.util.find_spec(name)
    except ValueError:
        # A loaded module without a spec, such as __main__.
        return None
    # Last, as load() appends the working folder to sys.path.
    return spec or importlib.machinery.PathFinder.find_spec(name, [str(Path.cwd())])


def hidden_neighbour(folder: Path, module: str) -> str:
    """Return the end of a sentence when `module` lies in `folder` under a name that is ours, else ""."""
    name = module.partition(".")[0]
    neighbour = next((path for path in (folder / f"{name}.py", folder / name) if path.exists()), None)
    if name not in OWN_NAMES or neighbour is None:
        return ""
    return f"; the name `{name}` belongs to studyhall, so that the neighbour {neighbour} cannot be imported: rename it"


def source(reference: str) -> tuple[str, str]:
    """Return the text of the file that a reference means and the SHA-256 of its bytes, in hex.

    Raises:
        ObjectiveError: where it cannot be read.
    """
    path = file_of(reference)
    try:
        content = path.read_bytes()
        text = importlib.util.decode_source(content)
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise ObjectiveError(f"{reference}: {path} cannot be read as Python source: {error}") from error
    return text, hashlib.sha256(content).hexdigest()


def tree(reference: str) -> ast.Module:
    """Return the syntax tree of the file that a reference means.

    Raises:
        ObjectiveError: where it cannot be read, or is no Python.
    """
    text, _ = source(reference)
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise ObjectiveError(f"{file_of(reference)}, line {error.lineno or 1}: SyntaxError: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:  # null bytes; brackets without end
        raise ObjectiveError(f"{file_of(reference)} is no Python: {type(error).__name__}: {error}") from None


def imports_tensorflow(reference: str) -> bool:
    """Return whether loading the file imports tensorflow or keras itself, judged by its text.

    Raises:
        ObjectiveError: where it is no Python.
    """
    imported = imported_modules(running(tree(reference).body))
    return any(module.partition(".")[0] in _FRAMEWORKS for module in imported)
