"""Which modules beside a file a study is made from as well."""

import sys
from pathlib import Path

import pytest

from objectives.user_code.own_modules import own_modules


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder, files):
    for name, text in files.items():
        path = folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def found_below(folder, reference):
    return {str(Path(path).relative_to(folder)) for path in own_modules(reference)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import helper", {"helper.py"}),
        ("import os, helper as h", {"helper.py"}),
        ("from helper import x", {"helper.py"}),
        ("def f(trial):\n    import helper", {"helper.py"}),
        ("try:\n    import helper\nexcept ImportError:\n    pass", {"helper.py"}),
        ("import importlib\nimportlib.import_module('helper')", {"helper.py"}),
        ("from importlib import import_module\nimport_module('pack.inner')", {"pack/__init__.py", "pack/inner.py"}),
        ("__import__('helper')", {"helper.py"}),
        ("import second", {"second.py", "helper.py"}),
        ("import pack", {"pack/__init__.py"}),
        ("from pack import inner", {"pack/__init__.py", "pack/inner.py"}),
        ("import pack.inner", {"pack/__init__.py", "pack/inner.py"}),
        ("from pack.user import x", {"pack/__init__.py", "pack/inner.py", "pack/user.py"}),
        ("from space.deep import x", {"space/deep.py"}),
        ("import circle", {"circle.py"}),
        ("import compiled", {"compiled.abi3.so"}),
        ("import broken", {"broken.py"}),
        # What is never the user's, is not there, or does not run where the file is loaded.
        ("import random, storage, optuna, absent, pack_age", set()),
        ("from . import helper", set()),
        ("if __name__ == '__main__':\n    import helper", set()),
        ("def (", set()),
        ("import_module('../helper')", set()),
    ],
)
def test_imports_are_followed_in_the_text(folder, text, found):
    write(folder, {"helper": "x = 1", "second": "from helper import x", "random": "", "storage": "", "broken": "def ("})
    write(
        folder,
        {
            "circle": "import my",
            "space/deep": "",
            "pack/__init__": "",
            "pack/inner": "",
            "pack/user": "from . import inner",
        },
    )
    (folder / "pack" / "user.py").write_text("from .inner import x\nfrom .. import helper\nfrom ... import helper\n")
    (folder / "compiled.abi3.so").write_bytes(b"\x7fELF")
    (folder / "my.py").write_text(text)
    assert found_below(folder, f"{folder / 'my.py'}:f") == found


def test_a_file_of_a_package_has_the_modules_of_that_package(folder):
    write(folder, {"pack/__init__": "", "pack/deep/__init__": "", "pack/deep/my": "import beside\nimport pack.other\n"})
    write(folder, {"pack/deep/beside": "", "pack/other": "", "other": "", "helper": ""})
    found = found_below(folder / "pack", f"{folder / 'pack/deep/my.py'}:f")
    assert found == {"deep/beside.py", "__init__.py", "other.py"}


def test_a_module_has_its_package_and_what_lies_beside_that(folder):
    write(
        folder,
        {"pack/__init__": "import helper", "pack/my": "from . import other\nfrom .sub import x\n", "pack/other": ""},
    )
    write(folder, {"pack/sub/__init__": "from ..third import y", "pack/third": "", "helper": "", "unused": ""})
    inside = {"pack/__init__.py", "pack/other.py", "pack/sub/__init__.py", "pack/third.py"}
    assert found_below(folder, "pack.my:f") == {*inside, "helper.py"}
    assert "helper" not in sys.modules


def test_an_installed_module_has_its_own_package_alone(folder, monkeypatch):
    place = folder / "site-packages"
    write(place, {"pack/__init__": "", "pack/my": "import helper\nfrom . import other", "pack/other": "", "helper": ""})
    monkeypatch.syspath_prepend(place)
    assert found_below(place, "pack.my:f") == {"pack/__init__.py", "pack/other.py"}


def test_another_content_has_another_sum(folder):
    write(folder, {"my": "import helper", "helper": "x = 1"})
    before = own_modules("my.py:f")
    write(folder, {"helper": "x = 2"})
    assert own_modules("my.py:f").keys() == before.keys()
    assert own_modules("my.py:f") != before
