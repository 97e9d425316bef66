"""`check` holds a study against its data: what does not go together is told before anything is trained."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

from objectives.data import loading
from objectives.data.readers.formats import read_file
from studies.commands.app import run
from studies.study_file.reading import read_study

SOUND = """
objective = "{objective}"
metric    = "{metric}"
[budget]
trials = 3
[data]
dataset = "{dataset}"
{data}
[space]
{space}
"""

TOGETHER_WRONG = [
    ("cnn", "val_accuracy", "digits", "", "hue = { low = 0.0, high = 0.2 }", "three channels"),
    ("cnn", "val_accuracy", "digits", "classes = [1, 12]", "filters = 8", "has no class 12"),
    ("tabular", "val_mae", "diabetes", "", 'class_weight = "balanced"', "class_weight is for classes"),
    ("tabular", "val_mae", "diabetes", "", 'loss = { choices = ["mse", "focal"] }', '"focal" is for classes'),
    ("tabular", "val_f1", "wine", "", 'loss = { choices = ["auto", "huber"] }', '"huber" is for numbers'),
    ("tabular", "val_f1", "wine", 'evaluation = "k-fold"\nfolds = 90', "layers = 1", "at most"),
    ("mlp", "val_accuracy", "four.csv", 'target = "y"', "layers = 1", "four.csv"),
    ("cnn", "val_accuracy", "table.csv", 'target = "y"', "filters = 8", "holds tables"),
    ("mlp", "val_auc", "amounts.csv", 'target = "y"', "layers = 1", "no classes"),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "four.csv").write_text("x,y\n1,a\n2,b\n3,a\n4,b\n")
    (tmp_path / "table.csv").write_text("x,y\n" + "".join(f"{row},{'ab'[row % 2]}\n" for row in range(40)))
    (tmp_path / "amounts.csv").write_text("x,y\n" + "".join(f"{row},{row / 7:.3f}\n" for row in range(40)))
    return tmp_path


@pytest.mark.parametrize(("objective", "metric", "dataset", "data", "space", "sentence"), TOGETHER_WRONG)
def test_what_does_not_go_together_is_told(folder, capsys, objective, metric, dataset, data, space, sentence):
    text = SOUND.format(objective=objective, metric=metric, dataset=dataset, data=data, space=space)
    (folder / "mine.toml").write_text(text)
    assert run(["check", "mine.toml"]) != 0
    told = capsys.readouterr().err
    assert sentence in told
    assert "fault of studyhall" not in told


def test_the_data_are_described(folder, capsys):
    assert run(["check", "cancer", "--json"]) == 0
    described = json.loads(capsys.readouterr().out)["data"]
    assert {key: described.pop(key) for key in ("kind", "shape", "classes", "train", "validation", "rows")} == {
        "kind": "table", "shape": [30], "classes": 2, "train": 364, "validation": 91, "rows": 569
    }  # fmt: skip
    assert [one["name"] for one in described["class_rows"]] == ["malignant", "benign"]
    assert sum(one["rows"] for one in described["class_rows"]) == 364 + 91
    assert [one.keys() for one in described["class_rows"]] == [{"name", "rows", "share"}] * 2
    assert [one.keys() for one in described["baselines"]] == [{"name", "metric", "value", "rows"}] * 2
    assert [one["name"] for one in described["baselines"]] == ["majority class", "logistic regression"]
    assert [one["metric"] for one in described["baselines"]] == ["val_f1"] * 2
    assert described.keys() == {"class_rows", "baselines", "columns"}
    assert run(["check", "digits_mlp"]) == 0
    shown = capsys.readouterr().out
    assert (
        "digits, hold-out: images of 8 x 8 x 1, 10 classes; 1,079 rows to train on, 359 to validate, of 1,797" in shown
    )
    assert "10 epochs, on tensorflow" in shown
    assert re.search(r"majority class +0\.1\d*\nlogistic regression +0\.9\d*\n", shown)


def test_what_is_not_here_is_no_fault(folder, capsys, monkeypatch):
    monkeypatch.setenv("STUDYHALL_DATA", str(folder))
    assert run(["check", "fashion_mlp"]) == 0
    assert "not looked at" in capsys.readouterr().out


def test_data_that_a_variable_is_to_name_may_still_come(folder, capsys, monkeypatch):
    # Given a study whose file lies where a variable says, and nobody says it
    monkeypatch.delenv("STUDYHALL_DATA", raising=False)
    # Then it is sound, and what was not looked at is told
    assert run(["check", "sms_spam"]) == 0
    assert "$STUDYHALL_DATA/sms_spam.tsv is not found, for $STUDYHALL_DATA is not set" in unwrapped(capsys)
    # And nothing is started for it
    assert run(["launch", "sms_spam", "--storage", "s.db"]) == 2
    assert "$STUDYHALL_DATA is not set" in capsys.readouterr().err
    assert not list(folder.glob("s.*"))


def test_a_data_set_that_is_not_in_its_folder_is_missed_at_once(folder, capsys, monkeypatch):
    monkeypatch.setenv("STUDYHALL_DATA", str(folder))
    assert run(["check", "mnist_mlp"]) == 0
    assert "not looked at: no file" in unwrapped(capsys)
    assert run(["launch", "mnist_mlp", "--storage", "s.db"]) == 2
    assert "mnist.npz: $STUDYHALL_DATA must name a folder" in capsys.readouterr().err
    assert not list(folder.glob("s.*"))


def test_a_range_is_of_the_kind_of_its_parameter(capsys):
    wide = ["--set", "space.momentum={low=0,high=1}", "--set", "space.layers={low=1,high=3}"]
    assert run(["check", "digits_mlp", "--set", 'space.optimizer="sgd"', *wide]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"momentum +number +0\.0 \.\. 1\.0", shown)
    assert re.search(r"layers +integer +1 \.\. 3", shown)


def test_a_file_is_read_once_though_its_target_decides_the_metric(folder, capsys, monkeypatch):
    read = []
    monkeypatch.setattr(loading, "read_file", lambda *what: read.append(what) or read_file(*what))
    (folder / "mine.toml").write_text(
        'objective = "mlp"\nbudget = { trials = 1 }\ndata = { dataset = "amounts.csv", target = "y" }\n'
    )
    assert run(["check", "mine.toml"]) == 0
    assert "val_mae, minimize" in capsys.readouterr().out
    assert len(read) == 1
    # A launch only asks for the metric, and holds nothing
    assert read_study("mine.toml").metric == "val_mae"
    assert len(read) == 2


LITTLE_MEMORY = """
import resource, sys
import psutil, sklearn.linear_model, sklearn.model_selection, threadpoolctl
import studies.api.checking
from studies.commands.app import run
assert run(["check", "pictures.toml", "--set", "data.dataset='small.npz'"]) == 0
limit = psutil.Process().memory_info().vms + int(sys.argv[1]) * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
raise SystemExit(run(["check", "pictures.toml"]))
"""


@pytest.mark.parametrize("mebibytes", [50, 200])  # too little to read them, and to split and scale them
def test_data_for_which_memory_is_too_little_are_a_sentence(folder, mebibytes):
    for name, rows in (("small", 40), ("large", 8000)):
        np.savez_compressed(folder / name, x=np.zeros((rows, 128, 128), np.uint8), y=np.arange(rows) % 4)
    (folder / "pictures.toml").write_text(
        'objective = "cnn"\nmetric = "val_accuracy"\nbudget = { trials = 1 }\ndata = { dataset = "large.npz" }\n'
    )
    said = subprocess.run(
        [sys.executable, "-c", LITTLE_MEMORY, str(mebibytes)], capture_output=True, text=True, check=False
    )
    assert said.returncode == 1, said.stderr
    assert "large.npz: there is too little memory for these data" in said.stderr
    assert "fault of studyhall" not in said.stderr


def unwrapped(capsys):
    """What was printed, as one line."""
    return " ".join(capsys.readouterr().out.split())
