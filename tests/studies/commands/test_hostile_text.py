"""Text of a stranger's database or file is data, in every command: no terminal and no shell obeys it."""

import io
import json
import re
import subprocess
import sys

import optuna
import pytest
from helpers.nasty import NAME, TEXT, chinese, is_harmless, objective, suggested

from studies.commands.app import run

BASH = "set -f; studyhall() { printf '%s\\0' \"$@\"; }\n"


pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a stranger's database: a study that finished, one that runs, one of several objectives."""
    monkeypatch.chdir(tmp_path)
    url = "sqlite:///studyhall.db"
    study = optuna.create_study(storage=url, study_name=TEXT)
    study.set_metric_names([NAME])
    study.optimize(objective, n_trials=3, catch=ValueError)
    study.ask()
    for name in ("-n", "--help", "it's", "a`b"):
        optuna.create_study(storage=url, study_name=name).optimize(objective, n_trials=1)
    front = optuna.create_study(storage=url, study_name=f"front {TEXT}", directions=["minimize", "maximize"])
    front.set_metric_names([NAME, TEXT])
    front.optimize(lambda trial: (suggested(trial), trial.number), n_trials=1)
    (tmp_path / "k.toml").write_text(
        'objective = "quadratic"\n"\\u001b[2J\\u202e`x`\\n" = 1\n[space]\n"\\u001b[31m" = 2\nx = "\\u009b31m"\n'
    )
    (tmp_path / "f.py").write_text(f"raise ValueError({TEXT!r})\n")
    return tmp_path


STUDIES = [TEXT, f"front {TEXT}", "-n", "--help", "it's", "a`b", TEXT[:-1]]
OF_A_STUDY = ["status", "show", "best", "stop", "resume", "worker", "delete"]
OTHERS = [
    ["list"],
    ["check", "k.toml"],
    ["check", TEXT],
    ["check", f"{NAME}.toml"],
    ["check", "f.py:objective"],
    ["check", "quadratic", "--set", f"{TEXT}=1", "--set", f"name={TEXT}"],
    ["launch", "quadratic", "--name", TEXT],
    ["launch", "quadratic", "--name", "a" * 300],
    ["launch", "quadratic", "--sampler", TEXT],
    ["launch", "quadratic", "--devices", TEXT],
    ["launch", "quadratic", "--engine", TEXT],
    ["launch", f"{NAME}.py:objective"],
    ["list", "--storage", f"{NAME}/x.db"],
    ["list", "--storage", f"{NAME}://x"],
    ["list", "--storage", f"sqlite:///{NAME}.db"],
    ["storage", "verify"],
    ["storage", "backup", "studyhall.db"],
    ["storage", "copy", "studyhall.db", "studyhall.db"],
    ["storage", "copy", "studyhall.db", "other.db", "--study", "no study" + TEXT],
    [TEXT],
    ["list", f"--{TEXT}"],
    ["--debug", "show", TEXT, "17"],
]


def told(words, capsys):
    code = run(words)
    said = capsys.readouterr()
    assert code in (0, 1, 2), said.err
    assert is_harmless(said.out), words
    assert is_harmless(said.err), words
    return said.out + said.err


def read_by_bash(command, folder):
    done = subprocess.run(["bash", "-c", BASH + command], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout.decode().split("\0")[:-1]


@pytest.mark.usefixtures("place")
def test_no_command_lets_a_stranger_speak_to_the_terminal_or_the_shell(place, capsys):
    for name in STUDIES:
        lines = [[command, "--", name] for command in OF_A_STUDY]
        for words in [*lines, ["show", "--", name, "0"], ["show", "--", name, "1"], ["rerun", "--", name, "0"]]:
            said = told(words, capsys)
            # What is offered is one command, and means this study
            for command in re.findall(r"`(studyhall [^`]*)`", said):
                read = read_by_bash(command, place)
                assert name in read or set(read) <= {"list", "delete", "--help"}
    for words in OTHERS:
        said = told(words, capsys)
        for command in re.findall(r"`(studyhall [^`]*)`", said):
            read_by_bash(command, place)
    assert not (place / "PWNED").exists()
    assert "[red]x[/] [link=file:///etc]y[/link]" in told(["show", "--", TEXT, "0"], capsys)


@pytest.mark.usefixtures("place")
def test_json_is_one_document_that_says_it_all(capsys):
    def read(*words):
        said = told([*words, "--json"], capsys)
        assert said.isascii()
        return json.loads(said)

    assert TEXT in [study["name"] for study in read("list")]
    assert read("show", TEXT)["name"] == TEXT
    assert read("show", TEXT, "0")["params"][NAME] == TEXT
    assert read("show", TEXT, "0")["attributes"][NAME] == TEXT
    assert read("best", TEXT)["params"][NAME] == TEXT
    read("status", TEXT)


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "utf-8", "cp1252"])
def test_a_terminal_without_a_character_is_shown_its_number(encoding, tmp_path, monkeypatch):
    # Given a study with parameters in German and Chinese, and a curve
    monkeypatch.chdir(tmp_path)
    url = "sqlite:///studyhall.db"
    optuna.create_study(storage=url, study_name="数").optimize(chinese, n_trials=2)
    optuna.create_study(storage=url, study_name="curve").optimize(objective, n_trials=1)
    lines = (
        ["show", "数", "0"],
        ["best", "数"],
        ["list"],
        ["show", "curve", "0"],
        ["launch", "--help"],
        ["show", "数字"],
    )
    for words in lines:
        # When a terminal has another encoding
        streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]
        monkeypatch.setattr(sys, "stdout", streams[0])
        monkeypatch.setattr(sys, "stderr", streams[1])
        code = run(words)
        said = b""
        for stream in streams:
            stream.flush()
            said += stream.buffer.getvalue()
        # Then the command says what it has to say
        assert code == (2 if "数字" in words else 0), (words, said)
        if words[:2] in (["show", "数"], ["best", "数"]):
            assert ("学习率" if encoding == "utf-8" else r"\u5b66\u4e60\u7387") in said.decode(encoding)
