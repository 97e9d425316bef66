"""The words that `show` finds for a trial's curves: on real trainings, and at the edges of each rule."""

import io

import optuna
import pytest
from rich.console import Console

from objectives.data.settings import DataSettings
from objectives.models.mlp import MLP
from objectives.models.network import HyperModelObjective
from objectives.space.search_space import SearchSpace
from objectives.training.settings import TrainSettings
from objectives.training.task import Task
from studies.analysis.learning_curves import Curves, diagnose
from studies.commands.chart import WIDTH, chart, side_by_side

# Parameters of `mlp` on digits, epochs, split -> the verdicts that must be among those found, and those that must not.
REAL = {
    "a single unit": ({"layers": 1, "units": 1}, 8, None, {"underfitting"}, {"overfitting", "fine"}),
    "far too small steps": (
        {"units": 64, "learning_rate": 1e-5}, 6, None, {"underfitting"}, {"overfitting", "diverged"},
    ),
    "a large network on 90 rows": (
        {"layers": 3, "units": 512, "learning_rate": 3e-3}, 50, [0.05, 0.2, 0.75], {"overfitting"}, {"underfitting"},
    ),
    "ended too early": ({"layers": 1, "units": 64}, 6, None, {"still improving"}, {"overfitting", "underfitting"}),
    "too large steps": (
        {"units": 64, "learning_rate": 0.03, "optimizer": "rmsprop"}, 20, None, {"unstable"}, {"underfitting", "fine"},
    ),
    "absurd steps": (
        {"layers": 3, "activation": "elu", "optimizer": "sgd", "momentum": 0.9, "learning_rate": 50.0}, 4, None,
        {"diverged"}, {"underfitting", "overfitting", "unstable"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REAL)
def test_a_real_training_is_read_as_it_was_made(case):
    params, epochs, split, wanted, unwanted = REAL[case]
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    task = Task(
        space=SearchSpace(params),
        data=DataSettings(dataset="digits", split=split),
        train=TrainSettings(epochs=epochs),
        metrics=("val_loss",),
        directions=("minimize",),
        seed=1,
    )
    trial = optuna.create_study().ask()
    HyperModelObjective(task, MLP)(trial)
    found = {finding.verdict for finding in diagnose(Curves.of(trial.user_attrs))}
    assert wanted <= found, trial.user_attrs["curves"]
    assert not unwanted & found, trial.user_attrs["curves"]


def verdicts(**curves):
    return [finding.verdict for finding in diagnose(Curves.of({"curves": curves}))]


FALLING = [1.0, 0.6, 0.4, 0.3, 0.25, 0.22, 0.2, 0.19]


@pytest.mark.parametrize(
    ("curves", "found"),
    [
        ({}, []),
        ({"loss": [1.0, 0.5], "val_loss": [1.0, 0.6]}, []),
        ({"loss": [1.0], "val_loss": [None]}, ["diverged"]),
        ({"loss": [1.0, 2.1, 2.2], "val_loss": [1.0, 1.0, 1.0]}, ["diverged"]),
        # A regression has no accuracies.
        ({"loss": FALLING, "val_loss": [1.0, 0.7, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6]}, ["fine"]),
        ({"loss": FALLING, "val_loss": [1.0, 0.7, 0.5, 0.5, 0.6, 0.7, 0.8, 0.9]}, ["overfitting"]),
        ({"loss": FALLING, "val_loss": FALLING}, ["still improving"]),
        ({"loss": [1.0] * 6, "val_loss": [1.0] * 6}, ["underfitting"]),
        # The training loss stands still while validation's rises: nothing was learned too well.
        ({"loss": [1.0] * 6, "val_loss": [1.0, 1.0, 1.0, 1.1, 1.1, 1.1]}, ["underfitting"]),
        # Learned within the first epoch.
        ({"loss": [0.02] * 4, "val_loss": [0.02] * 4, "accuracy": [0.99] * 4, "val_accuracy": [0.99] * 4}, ["fine"]),
        (
            {"loss": FALLING, "val_loss": [0.9] * 8, "accuracy": [0.9] * 8, "val_accuracy": [0.75] * 8},
            ["overfitting"],
        ),
        (
            {"loss": FALLING, "val_loss": [0.9] * 8, "accuracy": [0.6] * 8, "val_accuracy": [0.6] * 8},
            ["underfitting"],
        ),
        ({"loss": [1.0, *[0.5, 0.2] * 6], "val_loss": [0.6] * 13}, ["unstable"]),
    ],
)
def test_the_edges_of_the_rules(curves, found):
    assert verdicts(**curves) == found


def test_one_bad_epoch_is_no_verdict():
    curves = [1.0, 0.6, 0.5, 0.45, 0.44, 0.44, 0.44, 0.44, 0.6, 0.44, 0.44, 0.44]
    assert verdicts(loss=[1 / (n + 1) for n in range(12)], val_loss=curves) == ["fine"]


def drawn(made, width=200):
    console = Console(width=width, file=io.StringIO())
    console.print(made)
    return console.file.getvalue().splitlines()


def test_a_chart_runs_from_the_highest_to_the_lowest_value():
    lines = drawn(chart("loss", {"training": FALLING, "validation": [*FALLING[:4], 0.5, 0.6, 0.7, 0.8]}))
    assert "loss  • training  ○ validation" in lines[0]
    assert lines[1].lstrip().startswith("1 ┤◉")
    assert lines[-2].lstrip().startswith("0.19 ┤")
    assert lines[-2].rstrip().endswith("•")
    assert lines[-1].rstrip().endswith("epoch 8")


def test_charts_stand_below_each_other_in_a_narrow_terminal():
    both = [chart(name, {"training": FALLING}) for name in ("loss", "accuracy")]
    assert len(drawn(side_by_side(both, 80), 80)) == 2 * len(drawn(side_by_side(both, 200)))
    assert max(map(len, drawn(side_by_side(both, 80), 80))) <= WIDTH + 14
    assert "no finite value" in drawn(chart("loss", {"training": (float("nan"),)}))[0]


def test_show_says_it_with_charts_and_in_json(place):
    (place.folder / "one.toml").write_text(
        'objective = "mlp"\nmetric = "val_loss"\n[budget]\ntrials = 1\n[data]\ndataset = "digits"\n'
        "[space]\nlayers = 1\nunits = 64\nlearning_rate = { low = 1e-3, high = 1.1e-3 }\n[train]\nepochs = 6\n"
    )
    assert place.run("launch", "one.toml").returncode == 0
    facts = place.json("show", "one", "0")
    assert [row["verdict"] for row in facts["findings"]] == ["still improving"]
    assert "more epochs" in facts["findings"][0]["sentence"]
    shown = place.run("show", "one", "0").stdout
    assert "loss  • training  ○ validation" in shown
    assert facts["findings"][0]["sentence"] in shown


def test_show_has_a_line_for_each_fold(place):
    data = 'data={dataset="digits",evaluation="k-fold",folds=3}'
    done = place.run("launch", "digits_mlp", "--trials", "1", "--set", data, "--set", "train.epochs=2")
    assert done.returncode == 0, done.stdout
    facts, shown = place.json("show", "digits_mlp", "0"), place.run("show", "digits_mlp", "0").stdout
    folds = facts["attributes"]["folds"]
    assert [row["split"] for row in folds] == [0, 1, 2]
    assert facts["values"] == [pytest.approx(sum(row["value"] for row in folds) / 3)]
    table = shown[shown.index("repeat  split  value") :].splitlines()[1:4]
    assert [float(line.split()[2]) for line in table] == pytest.approx([row["value"] for row in folds], abs=1e-5)
