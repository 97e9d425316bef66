"""Whatever is wrong with a study file is said in one go, and nothing is created."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from studies.commands.app import run

GOOD = """
objective = "mlp"
metric = "val_accuracy"
direction = "maximize"
[budget]
trials = 5
[data]
dataset = "digits"
[space]
units = { choices = [16, 32] }
learning_rate = { low = 1e-3, high = 1e-1, log = true }
optimizer = { choices = ["sgd", "adam"] }
momentum = { low = 0.0, high = 0.9, when = { optimizer = ["sgd"] } }
[train]
epochs = 2
"""


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


# What the file says -> the key that the sentence names, and words that it must hold.
TABLE = {
    "no TOML": ("objective = = 3", "", "not valid TOML"),
    "no objective": ("[budget]\ntrials = 3", "objective", "missing"),
    "unknown objective": (changed('"mlp"', '"mlpp"'), "objective", 'did you mean "mlp"'),
    "objective of another type": (changed('"mlp"', "3"), "objective", "found 3"),
    "no such file": (changed('"mlp"', '"nowhere.py:objective"'), "objective", "nowhere.py"),
    "no such function": (changed('"mlp"', '"mine.py:objectiv"'), "objective", 'did you mean "objective"'),
    "file that is no Python": (changed('"mlp"', '"broken.py:objective"'), "objective", "line 1"),
    "no such module": (changed('"mlp"', '"no_such_package.x:f"'), "objective", "no_such_package"),
    "data for a function of one's own": (changed('"mlp"', '"mine.py:objective"'), "data", "leave it out"),
    "space of a function of one's own": (
        "objective = 'mine.py:objective'\n[budget]\ntrials = 2\n[space]\nx = { low = 0, high = 1, when = { y = 1 } }",
        "space.x.when.y",
        "no such parameter",
    ),
    "grid of a function of one's own": (
        "objective = 'mine.py:objective'\nsampler = 'grid'",
        "sampler",
        "has to know every parameter before the first trial",
    ),
    "unknown key": ("metrics = 'x'\n" + GOOD, "metrics", 'did you mean "metric"'),
    "unknown key in a section": (changed("epochs", "epoch"), "train.epoch", 'did you mean "epochs"'),
    "unknown section": (GOOD + "[worker]\ncount = 2", "worker", 'did you mean "workers"'),
    "number for a section": ("train = 5\n" + GOOD.split("[train]")[0], "train", "a table such as { epochs = ... }"),
    "text for a number": (changed("epochs = 2", 'epochs = "two"'), "train.epochs", "must be a whole number"),
    "number for a list": ("start = 5\n" + GOOD, "start", "must be a list, in brackets"),
    "size that is none": (GOOD + "[workers]\nmemory = 'lots'", "workers.memory", '"2GiB"'),
    "unknown metric": (changed("val_accuracy", "val_acuracy"), "metric", 'did you mean "val_accuracy"'),
    "metric of a formula": ("objective = 'beale'\nmetric = 'x'\n[budget]\ntrials = 1", "metric", "no metrics"),
    "wrong way": (changed("maximize", "minimize"), "direction", 'direction = "maximize"'),
    "unknown direction": (changed("maximize", "maximise"), "direction", 'did you mean "maximize"'),
    "both directions": ("directions = ['minimize']\n" + GOOD, "", "not both"),
    "too many directions": (
        changed('direction = "maximize"', 'directions = ["maximize", "minimize"]'),
        "directions",
        "one direction",
    ),
    "unknown sampler": ("sampler = 'tpee'\n" + GOOD, "sampler", 'did you mean "tpe"'),
    "sampler without its package": ("sampler = 'gp'\n" + GOOD, "sampler", ".[torch]"),
    "unknown option": (
        "sampler = { name = 'tpe', n_startup = 3 }\n" + GOOD,
        "sampler.n_startup",
        'did you mean "n_startup_trials"',
    ),
    "option of another type": (
        "sampler = { name = 'tpe', n_startup_trials = 'ten' }\n" + GOOD,
        "sampler.n_startup_trials",
        "must be int",
    ),
    "option of another sampler": (
        "sampler = { sigma0 = 3 }\n" + GOOD,
        "sampler.sigma0",
        '"tpe" has no such',
    ),
    "option of another pruner": ("pruner = { upper = 3 }\n" + GOOD, "pruner.upper", '"median" has no such'),
    "grid over a continuum": ("sampler = 'grid'\n" + GOOD, "sampler", "space.learning_rate"),
    "grid with a condition": (
        "sampler = 'grid'\n"
        + changed("low = 1e-3, high = 1e-1, log = true", "choices = [0.1]").replace(
            "low = 0.0, high = 0.9,", "choices = [0.0, 0.9],"
        ),
        "sampler",
        "bruteforce",
    ),
    "unknown pruner": ("pruner = 'medium'\n" + GOOD, "pruner", 'did you mean "median"'),
    "pruner that refuses": ("pruner = { name = 'percentile', percentile = 400.0 }\n" + GOOD, "pruner", "Percentile"),
    "pruner that divides by it": ("pruner = { name = 'hyperband', min_resource = 0 }\n" + GOOD, "pruner", "refuses"),
    "sampler that draws nothing": ("sampler = { name = 'cmaes', popsize = 0 }\n" + GOOD, "sampler", "popsize"),
    "pruner without what it needs": ("pruner = 'threshold'\n" + GOOD, "pruner", "lower"),
    "no budget": (changed("trials = 5", ""), "budget", "--set budget.trials=100"),
    "no trials": (changed("trials = 5", "trials = 0"), "budget.trials", "found 0"),
    "half a trial": (changed("trials = 5", "trials = 1.5"), "budget.trials", "found 1.5"),
    "timeout in words": (changed("trials = 5", "timeout = 'soon'"), "budget.timeout", "2h"),
    "unknown data set": (changed('"digits"', '"digit"'), "data.dataset", 'did you mean "digits"'),
    "shares that do not sum to one": (
        changed('"digits"', '"digits"\nsplit = [0.5, 0.2, 0.2]'),
        "data.split",
        "sum to 1",
    ),
    "a third share of MNIST": (changed('"digits"', '"mnist"\nsplit = [0.6, 0.2, 0.2]'), "data.split", "two ratios"),
    "no such data": (changed('"digits"', '"./rows.csv"'), "data.dataset", 'did you mean "row.csv"'),
    "data of an unknown kind": (changed('"digits"', '"./mine.py"'), "data.dataset", "is a file; allowed"),
    "target of known data": (changed('"digits"', '"digits"\ntarget = "y"'), "data.target", "takes no target"),
    "folds without folds": (changed('"digits"', '"digits"\nfolds = 3'), "data.folds", 'evaluation = "k-fold"'),
    "low above high": (changed("low = 1e-3", "low = 1.0"), "space.learning_rate.low", "less than high"),
    "log from zero": (changed("low = 1e-3", "low = 0.0"), "space.learning_rate.low", "more than 0"),
    "no choices": (changed("[16, 32]", "[]"), "space.units", "at least one"),
    "choice out of bounds": (changed("[16, 32]", "[16, 0]"), "space.units.choices[1]", "found 0"),
    "numbers for whole ones": (
        changed("{ choices = [16, 32] }", "{ low = 1.5, high = 3.5 }"),
        "space.units",
        "integers",
    ),
    "unknown parameter": (changed("units =", "unit ="), "space.unit", 'did you mean "units"'),
    "numbered parameter that there is not": (changed("units =", "unit_2 ="), "space.unit_2", "no such parameter"),
    "parameter where nothing uses it": (
        changed('0.9, when = { optimizer = ["sgd"] } }', "0.9 }"),
        "space.momentum",
        '"rmsprop" uses it; add when = { optimizer = ["sgd"] }',
    ),
    "parameter of a layer that may not be there": (
        GOOD + "[space.l2_2]\nlow = 0.0\nhigh = 0.1\n[space.layers]\nlow = 1\nhigh = 3",
        "space.l2_2",
        "layers of at least 2 uses it; add when = { layers = [2, 3] }",
    ),
    "value that nothing uses": (
        changed("units =", "maxout_pieces = 3\nunits ="),
        "space.maxout_pieces",
        "leave it out",
    ),
    "misspelt range": (changed("high = 1e-1", "hihg = 1e-1"), "space.learning_rate", 'did you mean "high"'),
    "condition on nothing": (changed("{ optimizer = ", "{ optimiser = "), "space.momentum.when", "optimizer"),
    "condition that never holds": (changed('["sgd"] }', '["rmsprop"] }'), "space.momentum.when", "can only be"),
    "circle of conditions": (
        changed('["sgd", "adam"] }', '["sgd", "adam"], when = { momentum = [0.1] } }'),
        "space",
        "",
    ),
    "negative seed": ("seed = -1\n" + GOOD, "seed", "found -1"),
    "no workers": (GOOD + "[workers]\ncount = 0", "workers.count", "found 0"),
    "devices in words": (GOOD + "[workers]\ndevices = 'first'", "workers.devices", 'found "first"'),
    "backend that is not installed": (changed("epochs = 2", "backend = 'jax'"), "train.backend", ".[jax]"),
    "no epochs": (changed("epochs = 2", "epochs = 0"), "train.epochs", "found 0"),
    "train for a formula": (
        "objective = 'beale'\n[budget]\ntrials = 1\n[train]\nepochs = 3",
        "train",
        "leave [train] out",
    ),
    "start point outside": ("start = [{ units = 16 }, { units = 17 }]\n" + GOOD, "start[1].units", "allowed: 16, 32"),
    "start point of another type": ("start = [{ units = [16] }]\n" + GOOD, "start[0].units", "found [16]"),
    "start that is no list": ("start = { units = 16 }\n" + GOOD, "start", "found"),
    "empty start point": ("start = [{}]\n" + GOOD, "start[0]", "must not be empty"),
    "warm start of a sampler that cannot use it": (
        "sampler = 'random'\nwarm_start = 'other'\n" + GOOD,
        "warm_start",
        "leave it out",
    ),
    "unknown way with duplicates": ("duplicates = 'reus'\n" + GOOD, "duplicates", 'did you mean "reuse"'),
    "duplicates of one's own objective": (
        "objective = 'mine.py:objective'\nduplicates = 'reuse'\n[budget]\ntrials = 2",
        "duplicates",
        "function of your own",
    ),
    "base that is not there": (
        "sampler = { name = 'partial-fixed', fixed = { units = 16 }, base = 'tpee' }\n" + GOOD,
        "sampler.base",
        'did you mean "tpe"',
    ),
    "fixed outside the space": (
        "sampler = { name = 'partial-fixed', fixed = { units = 17 } }\n" + GOOD,
        "sampler.fixed.units",
        "allowed: 16, 32",
    ),
    "empty name": ("name = ''\n" + GOOD, "name", "at least one character"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mine.py").write_text("def objective(trial):\n    return 0.0\n")
    (tmp_path / "row.csv").write_text("x,y\n1,0\n")
    (tmp_path / "broken.py").write_text("def objective(trial:\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) >= 25


@pytest.mark.parametrize("case", TABLE)
def test_gets_its_sentence_and_exit_code_2_and_no_study(
    case: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given a study file with that fault
    text, key, words = TABLE[case]
    (folder / "bad.toml").write_text(text)
    # When it is launched
    code = run(["launch", "bad.toml", "--storage", "bad.db"])
    # Then stderr names file, key, and what is allowed, and nothing was created
    sentence = capsys.readouterr().err
    assert code == 2
    assert "bad.toml:" in sentence
    assert re.search(rf"bad\.toml: {re.escape(key)}", sentence), sentence
    assert words in sentence
    assert "Traceback" not in sentence
    assert not (folder / "bad.db").exists()
    assert not (folder / "bad.files").exists()


def test_a_family_for_images_refuses_a_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bad.toml").write_text("objective = 'cnn'\n[budget]\ntrials = 1\n[data]\ndataset = 'wine'")
    assert run(["check", "bad.toml"]) == 2
    assert '"wine" holds tables, and "cnn" reads "images"' in capsys.readouterr().err


def test_the_good_file_is_good(folder: Path) -> None:
    (folder / "good.toml").write_text(GOOD)
    assert run(["check", "good.toml"]) == 0


@pytest.mark.parametrize("line", ["targt = 'y'\ndataset = 'table.csv'", "dataset = 'tabel'"])
def test_wrong_data_say_nothing_of_the_metric(folder: Path, capsys: pytest.CaptureFixture[str], line: str) -> None:
    text = f"objective = 'tabular'\nmetric = 'val_mae'\n[budget]\ntrials = 1\n[data]\n{line}"
    (folder / "bad.toml").write_text(text)
    assert run(["check", "bad.toml"]) == 2
    told = capsys.readouterr().err
    assert "bad.toml: data." in told
    assert "bad.toml: metric" not in told


def test_all_faults_are_told_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = changed("trials = 5", "trials = 0").replace("epochs", "epoch").replace('"sgd", "adam"', '"sgd", "adamm"')
    (folder / "bad.toml").write_text(f"sampler = 'tpee'\n{text}")
    assert run(["check", "bad.toml"]) == 2
    told = capsys.readouterr().err
    for key in ("sampler:", "budget.trials:", "train.epoch:", "space.optimizer.choices[1]:"):
        assert f"bad.toml: {key}" in told


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("train.epochs=0", "found 0"),
        ("train.epoch=3", 'did you mean "epochs"'),
        ("sampler=tpee", 'did you mean "tpe"'),
        ("name.x=3", "no table"),
        ("nonsense", "key=value"),
    ],
)
def test_settings_are_checked_like_the_file(
    setting: str, words: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "good.toml").write_text('name = "good"\n' + GOOD)
    assert run(["launch", "good.toml", "--set", setting]) == 2
    assert words in capsys.readouterr().err
    assert not (folder / "studyhall.db").exists()


@pytest.mark.parametrize(
    ("study", "words"),
    [
        ("digits_mpl", 'did you mean "digits_mlp"'),
        ("goo.toml", "no such file"),
        ("mine.py:objectiv", 'did you mean "objective"'),
        ("mine.py", "mine.py:FUNCTION"),
    ],
)
def test_a_study_that_is_not_there(study: str, words: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["launch", study, "--trials", "1"]) == 2
    assert words in capsys.readouterr().err
    assert not (folder / "studyhall.db").exists()
