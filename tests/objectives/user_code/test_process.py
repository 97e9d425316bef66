"""What a process looks like to a user's file, and to the processes and pickles that come from it."""

import pickle
import subprocess
import sys

import pytest

from objectives.user_code.loading import load
from objectives.user_code.process import AS_MAIN, as_script

pytestmark = pytest.mark.usefixtures("unchanged_interpreter")

KEPT = "class Config: ...\ndef objective(trial):\n    return Config()\n"


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(name, text=KEPT):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


def test_a_file_sees_its_own_command_line_and_this_process_gets_its_own_back(write):
    before, main = list(sys.argv), sys.modules["__main__"]
    path = write("parses_of_eva.py", "import sys\nseen = list(sys.argv)\ndef objective(trial):\n    return sys.argv\n")
    with as_script(path, ("--epochs", "3")):
        objective = load(f"{path}:objective")
        assert objective(None) == objective.__globals__["seen"] == [str(path), "--epochs", "3"]
        assert not hasattr(sys.modules["__main__"], "__file__")
    assert sys.argv == before
    assert sys.modules["__main__"] is main


def test_what_is_pickled_is_found_by_a_plain_python_in_that_folder(write):
    path = write("kept_by_eva.py")
    pickled = pickle.dumps(load(f"{path}:objective")(None))
    read = "import pickle, sys; print(type(pickle.load(sys.stdin.buffer)).__module__)"
    done = subprocess.run([sys.executable, "-c", read], input=pickled, capture_output=True, check=True, cwd=path.parent)
    assert done.stdout.decode().strip() == "kept_by_eva"


@pytest.mark.parametrize(
    "name",
    # A name of Python's, of something installed, of ours, of this process; and what is no name of a module.
    ["random.py", "optuna.py", "storage.py", "conftest.py", "of-eva.py", "of eva.py", "class.py", "__init__.py"],
)
def test_a_file_whose_name_means_something_else_is_loaded_as_a_script_of_a_child_is(write, name, monkeypatch):
    path = write(name)
    if path.stem in sys.modules or name == "conftest.py":
        monkeypatch.setitem(sys.modules, path.stem, sys.modules.get(path.stem, pytest))
    before = sys.modules.get(path.stem)
    with as_script(path, ()):
        assert load(f"{path}:objective").__module__ == AS_MAIN
        assert sys.modules["__main__"].__file__ == str(path)
        assert sys.modules["__main__"].__spec__ is None
    assert sys.modules.get(path.stem) is before


def test_a_package_beside_a_file_of_its_name_has_that_name(write):
    write("twice_of_eva/__init__.py", "")
    assert load(f"{write('twice_of_eva.py')}:objective").__module__ != "twice_of_eva"


def test_a_link_to_a_file_has_the_name_of_the_link(write):
    path = write("real_of_eva.py")
    (path.parent / "link_of_eva.py").symlink_to(path)
    assert load("link_of_eva.py:objective").__module__ == "link_of_eva"


@pytest.mark.parametrize(
    "text", ["\ufeff" + KEPT, "# coding: latin-1\n" + KEPT, "from __future__ import annotations\n" + KEPT]
)
def test_every_beginning_of_a_file_that_python_knows(write, text):
    assert load(f"{write('begins_of_eva.py', text)}:objective").__module__ == "begins_of_eva"


def test_enumerations_and_dataclasses_of_a_file_are_pickled(write):
    text = (
        "import dataclasses, enum\n"
        "class Kind(enum.Enum):\n    A = 1\n"
        "@dataclasses.dataclass(slots=True)\nclass Point:\n    kind: Kind\n"
        "def objective(trial):\n    return Point(Kind.A)\n"
    )
    point = load(f"{write('typed_of_eva.py', text)}:objective")(None)
    assert pickle.loads(pickle.dumps(point)) == point


def test_a_file_of_a_package_that_runs_alone_is_told_its_name(write):
    write("parts_of_eva/__init__.py", "")
    write("parts_of_eva/helper.py", "")
    path = write("parts_of_eva/train.py", "from . import helper\n" + KEPT)
    with pytest.raises(Exception, match=r"studyhall launch parts_of_eva.train:\.\.\.` in "):
        load(f"{path}:objective")
    assert load("parts_of_eva.train:objective").__module__ == "parts_of_eva.train"
