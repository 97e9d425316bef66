"""`check` holds a study against its data: what does not go together is told before anything is trained."""

import json
import re

import pytest

from studies.commands.app import run

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
    assert json.loads(capsys.readouterr().out)["data"] == {
        "kind": "table", "shape": [30], "classes": 2, "train": 364, "validation": 91, "rows": 569
    }  # fmt: skip
    assert run(["check", "digits_mlp"]) == 0
    shown = capsys.readouterr().out
    assert (
        "digits, hold-out: images of 8 x 8 x 1, 10 classes; 1,079 rows to train on, 359 to validate, of 1,797" in shown
    )
    assert "10 epochs, on tensorflow" in shown


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


def unwrapped(capsys):
    """What was printed, as one line."""
    return " ".join(capsys.readouterr().out.split())
