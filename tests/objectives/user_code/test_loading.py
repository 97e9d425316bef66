import sys

import pytest

import storage
from objectives.errors import ObjectiveError
from objectives.user_code.loading import load
from objectives.user_code.source import imports_tensorflow, is_reference, source, split_reference

pytestmark = pytest.mark.usefixtures("unchanged_interpreter")

OBJECTIVE = "def objective(trial):\n    return trial.suggest_float('x', -1, 1) ** 2\n"


NEEDS_A_WORD = """import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.parse_args([])
def f(trial): return 1.0
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A user's working folder: a space and a quote in its name, and names in it that are ours."""
    folder = tmp_path / "Eva's study"
    (folder / "objectives").mkdir(parents=True)
    (folder / "objectives" / "__init__.py").write_text("MINE = 1\n")
    (folder / "storage.py").write_text("def save():\n    return 'mine'\n")
    (folder / "helper_of_eva.py").write_text("FACTOR = 3\n")
    monkeypatch.chdir(folder)
    return folder


def write(folder, text, name="my.py"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def sentence(reference):
    with pytest.raises(ObjectiveError) as caught:
        load(reference)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "place", "attribute"),
    [
        ("my.py:objective", "my.py", "objective"),
        ("a folder/it's.py:Class.method", "a folder/it's.py", "Class.method"),
        ("odd:name.py:f", "odd:name.py", "f"),
        ("package.module:attribute", "package.module", "attribute"),
    ],
)
def test_a_reference_is_split_at_its_last_colon(text, place, attribute):
    assert is_reference(text)
    assert split_reference(text) == (place, attribute)


@pytest.mark.parametrize("text", ["mlp", "digits_mlp", "my.toml", "a:b.toml", ""])
def test_names_and_study_files_are_no_references(text):
    assert not is_reference(text)


@pytest.mark.parametrize("text", ["my.py", "my.py:", ":f", "my.py:two words", "my-module:f", "sqlite:///x.db", "a:b()"])
def test_a_wrong_reference_says_how_one_is_written(text):
    assert is_reference(text)
    with pytest.raises(ObjectiveError, match="write "):
        split_reference(text)


def test_a_file_runs_unchanged_beside_folders_named_like_ours(folder):
    write(
        folder,
        "import objectives, storage\n"
        "from helper_of_eva import FACTOR\n"
        "import dataclasses\n"
        "@dataclasses.dataclass\n"
        "class Point:\n    x: 'float'\n"
        "def objective(trial):\n    return FACTOR * Point(2.0).x\n"
        "if __name__ == '__main__':\n    raise RuntimeError('the block ran')\n",
    )
    objective = load("my.py:objective")
    assert objective(None) == 6.0
    assert objective.__module__ in sys.modules
    assert objective.__module__ == "my"
    # Ours stay ours, for the file as for the program.
    assert objective.__globals__["storage"] is sys.modules["storage"] is storage
    assert objective.__globals__["objectives"].__file__ != str(folder / "objectives" / "__init__.py")
    assert sys.path[-1] == str(folder)
    assert sys.path.count(str(folder)) == 1


def test_the_folder_of_the_file_counts_and_not_the_working_folder(folder, tmp_path, monkeypatch):
    write(folder, "import helper_of_eva\nobjective = lambda trial: helper_of_eva.FACTOR\n", "deep/../my.py")
    monkeypatch.chdir(tmp_path)
    assert load("Eva's study/my.py:objective")(None) == 3


def test_two_files_of_one_name_stay_apart(folder):
    write(folder, "def f(trial):\n    return 1\n", "a/my.py")
    write(folder, "def f(trial):\n    return 2\n", "b/my.py")
    one, two = (load(f"{place}/my.py:f") for place in "ab")
    assert (one(None), two(None)) == (1, 2)
    assert one.__module__ != two.__module__


def test_a_module_is_found_from_the_working_folder(folder):
    write(folder, "", "evas_package/__init__.py")
    write(folder, OBJECTIVE, "evas_package/tuning.py")
    assert load("evas_package.tuning:objective").__module__ == "evas_package.tuning"


def test_a_class_is_made_and_dots_are_followed(folder):
    write(
        folder,
        "class Objective:\n"
        "    def __call__(self, trial):\n        return 1.0\n"
        "class Holder:\n"
        "    @staticmethod\n    def inner(trial):\n        return 2.0\n"
        "made = Objective()\n",
    )
    assert [load(f"my.py:{name}")(None) for name in ("Objective", "Holder.inner", "made")] == [1.0, 2.0, 1.0]


@pytest.mark.parametrize(
    ("text", "attribute", "parts"),
    [
        (OBJECTIVE, "objectiv", ["no attribute 'objectiv'", 'did you mean "objective"?']),
        (OBJECTIVE, "f", ["no attribute 'f'", "defined there: objective"]),
        ("f = 3\n", "f", ["f is of type int and cannot be called"]),
        ("def f():\n    return 1\n", "f", ["f()", "takes exactly one argument"]),
        ("def f(trial, x):\n    return 1\n", "f", ["f(trial, x)", "'x'"]),
        ("class F:\n    def __init__(self, x): ...\n", "F", ["the class F cannot be made without arguments", "'x'"]),
        ("class F:\n    def __init__(self):\n        raise SystemExit(1)\n", "F", ["cannot be made", "SystemExit"]),
        ("async def f(trial):\n    return 1\n", "f", ["async"]),
        ("def f(trial):\n    yield 1\n", "f", ["generator"]),
        ("def __getattr__(name):\n    raise OSError('gone')\n", "f", ["reading 'f' raised OSError: gone"]),
        ("class Stop(BaseException): ...\nraise Stop('here')\n", "f", ["line 2: Stop", "here"]),
        ("\n\n1 / 0\n", "f", ["my.py, line 3: ZeroDivisionError while it was loaded: division by zero"]),
        ("def f(:\n", "f", ["my.py, line 1: SyntaxError"]),
        ("x = '\0'", "f", ["my.py", "null bytes"]),
        ("import no_such_module\n", "f", ["my.py, line 1: ModuleNotFoundError", "'no_such_module'"]),
        ("import json\njson.loads('{')\n", "f", ["my.py, line 2: JSONDecodeError"]),
        ("import sys\nsys.exit(3)\n", "f", ["line 2: the file ends the program", "SystemExit: 3"]),
        (NEEDS_A_WORD, "f", ["line 4: its command line is wrong", "are required: --data;", "behind ` -- `"]),
        ("import os\nos.mkdir('objectives')\n", "f", ["line 2: FileExistsError", "each worker loads the file"]),
        ("from storage import save\n", "f", ["line 1", "`storage` belongs to studyhall", "storage.py", "rename it"]),
        ("import storage\nstorage.save()\n", "f", ["line 2", "`storage` belongs to studyhall", "rename it"]),
        ("from objectives import MINE\n", "f", ["`objectives` belongs to studyhall", "rename it"]),
        ("import objectives.mine\n", "f", ["`objectives` belongs to studyhall", "rename it"]),
    ],
)
def test_what_cannot_be_loaded_is_told_in_a_sentence(folder, text, attribute, parts):
    write(folder, text)
    told = sentence(f"my.py:{attribute}")
    assert [part for part in parts if part not in told] == []


def test_a_fault_of_another_kind_does_not_blame_the_neighbours(folder):
    write(folder, "import helper_of_eva\nhelper_of_eva.storage\n")
    assert "belongs to studyhall" not in sentence("my.py:f")


def test_an_error_in_a_neighbour_names_the_line_that_imports_it(folder):
    write(folder, "def (:\n", "broken_of_eva.py")
    write(folder, "\n\nimport broken_of_eva\n")
    assert "my.py, line 3: SyntaxError" in sentence("my.py:f")


def test_a_file_that_failed_leaves_no_module_behind(folder):
    before = set(sys.modules)
    write(folder, "1 / 0\n")
    sentence("my.py:f")
    assert {name for name in set(sys.modules) - before if "studyhall" in name} == set()


@pytest.mark.parametrize(
    ("reference", "part"),
    [
        ("absent.py:f", "absent.py is no file"),
        ("folder.py:f", "folder.py is a folder"),
        ("absent_package.module:f", "no module 'absent_package.module'"),
        ("json.absent:f", "no module 'json.absent'"),
        ("math:sqrt", "no Python source"),
        ("objectives.mine:f", "`objectives` belongs to studyhall"),
    ],
)
def test_a_place_that_is_not_there_is_named(folder, reference, part):
    (folder / "folder.py").mkdir()
    assert part in sentence(reference)
    with pytest.raises(ObjectiveError):
        source(reference)


def test_the_source_is_read_without_running_anything(folder):
    bomb = "raise RuntimeError('it ran')\n"
    write(folder, bomb, "bombs_of_eva/__init__.py")
    inner = write(folder, "# é\n" + bomb, "bombs_of_eva/inner.py")
    text, digest = source("bombs_of_eva.inner:f")
    assert (text, len(digest)) == (inner.read_text(), 64)
    assert source(f"{inner}:f") == (text, digest)
    inner.write_text(inner.read_text() + "\n")
    assert source(f"{inner}:f")[1] != digest
    assert "bombs_of_eva" not in sys.modules


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("import tensorflow as tf\n", True),
        ("from keras import layers\n", True),
        ("import os, keras.layers\n", True),
        ("try:\n    import tensorflow\nexcept ImportError:\n    pass\n", True),
        ("try:\n    import torch\nexcept ImportError:\n    import keras\n", True),
        ("class A:\n    import keras\n", True),
        ("def f(trial):\n    import tensorflow\n", False),
        ("import kerastuner\nfrom . import keras\nfrom .keras import x\nfrom os import path\n", False),
        ("# import tensorflow\n", False),
    ],
)
def test_whether_loading_imports_tensorflow_is_read_off_the_text(folder, text, answer):
    assert imports_tensorflow(f"{write(folder, text)}:f") is answer


def test_a_file_that_python_cannot_parse_is_told_with_its_line(folder):
    path = write(folder, "x = 1\ndef f(:\n")
    with pytest.raises(ObjectiveError, match=r"my\.py, line 2: SyntaxError"):
        imports_tensorflow(f"{path}:f")
