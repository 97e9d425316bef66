"""The commands in a sentence get the flag that names the storage, wherever it has to stand."""

import pytest

from studies.commands.next_command import completed, named_flag, named_storage
from studies.wording import offered

FLAG = " --storage sqlite:////d/x.db"


@pytest.mark.parametrize(
    ("command", "there"),
    [
        (offered("resume", "x"), f"`studyhall resume x{FLAG}`"),
        (offered("resume", "c`d"), f"`studyhall resume $'c\\x60d'{FLAG}`"),
        (offered("resume", "-x"), f"`studyhall resume{FLAG} -- -x`"),
        (offered("resume", "--help", flags="--accept-changes"), f"`studyhall resume --accept-changes{FLAG} -- --help`"),
        (offered("storage verify", flags="--repair"), f"`studyhall storage verify --repair{FLAG}`"),
        ("`studyhall launch`", f"`studyhall launch{FLAG}`"),
        ("`studyhall doctor`", "`studyhall doctor`"),
        ("`optuna storage upgrade`", "`optuna storage upgrade`"),
    ],
)
def test_the_flag_stands_where_the_command_reads_it(command, there):
    assert completed(f"first {command}, then", FLAG) == f"first {there}, then"


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        (["list"], ""),
        (["list", "--storage", "studyhall.db"], ""),
        (["list", "--storage", "./a/../studyhall.db"], ""),
        (["list", "--storage", "sqlite:///studyhall.db"], ""),
        (["list", "--storage", "b c.db"], " --storage 'sqlite:///{folder}/b c.db'"),
        (["list", "--storage=b.db"], " --storage sqlite:///{folder}/b.db"),
        (["list", "--storage", "sqlite:///b.db"], " --storage sqlite:///{folder}/b.db"),
        (["list", "--storage", "postgresql://eva:s3cret@h/d"], " --storage 'postgresql://eva:***@h/d'"),
        (["list", "--storage", "postgres:/eva:s3cret@h/d"], ""),
        (["show", "--", "--storage", "b.db"], ""),
    ],
)
def test_a_hint_names_the_database_however_it_was_named(words, flag, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").mkdir()
    assert named_flag(words) == flag.format(folder=tmp_path)


def test_what_the_variable_names_needs_no_flag(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STUDYHALL_STORAGE", "mine.db")
    assert named_flag(["list"]) == ""
    assert str(named_storage(["list"])) == f"sqlite:///{tmp_path}/mine.db"
    assert named_flag(["list", "--storage", "studyhall.db"]) == f" --storage sqlite:///{tmp_path}/studyhall.db"
