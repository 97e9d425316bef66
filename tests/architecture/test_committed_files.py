"""What is committed works on any machine: no registry host, no developer's folder, no lock that carries addresses."""

import fnmatch
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from helpers.paths import ROOT
from packaging.requirements import Requirement

# Written so that this file does not hold what it looks for.
HOSTS = ["pypi" + ".org", "python" + "hosted.org", "pi" + "wheels.org", "ana" + "conda.org", "pytorch" + ".org/whl"]
INDEX = re.compile(
    "|".join(
        [*map(re.escape, HOSTS), r"index[-_]url\s*[=\s]\s*\S*:/", r"--find[-]links\b", r"\w://[^\s\"'`]*/simple\b"]
    ),
    re.IGNORECASE,
)
# The people of our examples have no machine.
MACHINE_PATH = re.compile(
    r"(?<![\w.~$}])(?:/(?:home|Users)/(?!(?:ann|eva|you|user)\b)\w|/(?:root|work)/|[A-Z]:\\Users\\)"
)
FORBIDDEN_LOCKS = ["uv.lock", "pylock*.toml", "poetry.lock", "Pipfile.lock", "pdm.lock", "pixi.lock", "conda-lock.yml"]


def committed_files():
    """Paths relative to the root; in a copy without git, everything that .gitignore does not name."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        # The checkout may belong to another user than the one who runs the tests.
        command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
        paths = [Path(os.fsdecode(name)) for name in listed.split(b"\0") if name]
        return [path for path in paths if (ROOT / path).is_file()]
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text("utf-8").splitlines()] + [".git"]
    paths = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [path for path in paths if not any(fnmatch.fnmatch(part, name) for part in path.parts for name in ignored)]


def lines_with(pattern):
    for path in committed_files():
        text = (ROOT / path).read_bytes()
        if b"\0" not in text:
            for number, line in enumerate(text.decode("utf-8", "replace").splitlines(), 1):
                if pattern.search(line):
                    yield f"{path}:{number}: {line.strip()[:120]}"


def locked():
    """Name of a package -> its requirements in the lock, one per marker."""
    pins = {}
    for line in (ROOT / "requirements.lock").read_text("utf-8").splitlines():
        if re.match(r"\w", line):
            pin = Requirement(line.removesuffix("\\").strip())
            pins.setdefault(pin.name, []).append(pin)
    return pins


def test_the_files_are_found():
    names = {str(path) for path in committed_files()}
    assert {"pyproject.toml", "studies/__init__.py"} <= names
    assert not any(name.startswith((".venv/", ".git/")) for name in names)


def test_no_package_index_is_named():
    assert list(lines_with(INDEX)) == []


def test_no_folder_of_a_developers_machine_is_named():
    assert list(lines_with(MACHINE_PATH)) == []
    # A folder directly under / may well be called like a word of the documentation.
    if len(ROOT.parts) > 2:
        assert list(lines_with(re.compile(re.escape(str(ROOT)) + r"\b"))) == []


def test_no_lock_carries_addresses():
    names = [path for path in committed_files() if any(fnmatch.fnmatch(path.name, lock) for lock in FORBIDDEN_LOCKS)]
    assert names == []
    assert "://" not in (ROOT / "requirements.lock").read_text("utf-8")


def test_every_locked_package_has_a_hash():
    text = (ROOT / "requirements.lock").read_text("utf-8")
    blocks = [block for block in re.split(r"\n(?=\w)", text) if not block.startswith("#")]
    unhashed = [block.split()[0] for block in blocks if "--hash=sha256:" not in block]
    assert blocks
    assert unhashed == []


def test_the_lock_holds_what_pyproject_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    asked = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *project["build-system"]["requires"],
    ]
    pins = locked()
    stale = []
    for requirement in map(Requirement, asked):
        versions = [next(iter(pin.specifier)).version for pin in pins.get(requirement.name, [])]
        if not versions or not all(requirement.specifier.contains(version, prereleases=True) for version in versions):
            stale.append(f"{requirement} (locked: {', '.join(versions) or 'nothing'}); run `make lock`")
    assert stale == []


def test_no_extra_is_locked():
    heavy = [name for name in locked() if re.match(r"(torch|jax|jaxlib|ray|tensorflow-cpu|nvidia-(?!ml-py$).*)$", name)]
    assert heavy == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (INDEX, "--index-" + "url https://mirror.example.com"),
        (INDEX, f"numpy @ https://files.{HOSTS[1]}/numpy.whl"),
        (INDEX, "PIP_EXTRA_INDEX_" + "URL=https://mirror.example.com"),
        (INDEX, "url = 'https://mirror.example.com/" + "simple/numpy'"),
        (MACHINE_PATH, "see /ho" + "me/jsmith/study.db"),
        (MACHINE_PATH, 'path = "/wo' + 'rk/main"'),
        (MACHINE_PATH, "C:\\Us" + "ers\\ann"),
    ],
)
def test_what_must_not_be_committed_is_recognised(pattern, line):
    assert pattern.search(line)


@pytest.mark.parametrize(
    "line", ["net/work/x", "https://example.com/home/page", "$HOME/x", "~/work/x", "/home/eva/x.db", "it is simple"]
)
def test_what_is_harmless_is_let_through(line):
    assert not INDEX.search(line)
    assert not MACHINE_PATH.search(line)
