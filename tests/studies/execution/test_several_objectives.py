"""Studies with several objectives, and studies whose metric their data do not have."""

import json
import os
from pathlib import Path

import pytest
from optuna.trial import TrialState

from objectives.errors import TrainingError
from storage import StorageLocation, open_storage
from storage.processes import ProcessIdentity
from studies.commands.app import run
from studies.errors import StudyFileError
from studies.execution.messages import WorkerOrder
from studies.execution.worker import Worker
from studies.record import creation
from studies.sampling.pruners import make_pruner
from studies.spec.study import StudySpec
from studies.study_file.reading import read_study

MINE = """
def two(trial):
    x = trial.suggest_int("x", trial.number, trial.number)
    return [abs(x - 3), x]
"""


@pytest.fixture
def front(tmp_path, monkeypatch, capsys):
    """A finished study over x from 0 to 4: the smaller x, the farther from 3, so that 0 to 3 are the front."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    goal = ["--direction", "minimize,minimize", "--set", 'metric=["distance", "size"]']
    words = ["--name", "s", "--set", "sampler=random", "--trials", "5", "--seed", "1", "--storage", "s.db"]
    assert run(["launch", "mine.py:two", *goal, *words]) == 0
    capsys.readouterr()
    return lambda *more: (run(["best", "s", "--storage", "s.db", *more]), capsys.readouterr().out)[1]


def test_best_shows_the_front_with_the_metrics_names(front):
    head, *rows = [line.split() for line in front().splitlines()]
    assert head[:3] == ["trial", "distance", "size"]
    # The best by the first one first.
    assert [row[1:3] for row in rows if row] == [["0", "3"], ["1", "2"], ["2", "1"], ["3", "0"]]
    assert [found["metrics"] for found in json.loads(front("--json"))] == [
        {"distance": float(abs(x - 3)), "size": float(x)} for x in (3, 2, 1, 0)
    ]


def small(**settings):
    whole = {"name": "s", "objective": "mlp", "budget": {"trials": 1}, "seed": 7, "pruner": "none", **settings}
    return StudySpec.model_validate(whole)


def worker(tmp_path, spec, objective, interruption=lambda: None):
    """A worker of this process on a new study of that spec, whose objective is another."""
    location = StorageLocation.parse(str(tmp_path / "s.db"))
    study = creation.create_or_join(location, open_storage(location, create=True), spec).stored
    order = WorkerOrder(
        slot=0,
        worker="w0",
        device="CPU",
        location=location,
        study=study.name,
        failed_before=0,
        environment={},
        log=Path(os.devnull),
    )
    return study, Worker(order, ProcessIdentity.current(), study, spec, objective, interruption)


def test_a_trial_of_several_objectives_can_be_interrupted(tmp_path):
    epochs = []

    def objective(trial):
        for epoch in range(5):
            epochs.append(epoch)
            trial.stop_if_asked()
        return 1.0, 2.0

    spec = small(metric=["val_accuracy", "parameters"], directions=("maximize", "minimize"))
    study, at_work = worker(tmp_path, spec, objective, lambda: "stopping" if len(epochs) == 3 else None)
    assert at_work.run() == "stopped"
    assert epochs == [0, 1, 2]
    assert study.study.trials[0].state is TrialState.WAITING
    assert study.study.metric_names == ["val_accuracy", "parameters"]


def test_a_metric_that_the_data_do_not_have_ends_the_study_and_fails_no_trial(tmp_path):
    def objective(trial):
        raise TrainingError("metric: these data have classes")

    study, at_work = worker(tmp_path, small(metric="val_accuracy"), objective)
    with pytest.raises(TrainingError):
        at_work.run()
    assert [trial.state for trial in study.study.trials] == [TrialState.WAITING]


def test_directions_are_the_metrics_own():
    spec = read_study("mlp", {"budget.trials": 1, "metric": ["val_accuracy", "flops", "val_log_loss"]})
    assert spec.directions == ("maximize", "minimize", "minimize")


@pytest.mark.parametrize(
    ("settings", "key", "words"),
    [
        ({"metric": "val_r2"}, "metric", "these data have classes"),
        ({"metric": ["val_f1", "val_parameters"]}, "metric", 'did you mean "parameters"'),
        ({"metric": ["val_f1", "val_f1"]}, "metric", "different names"),
        ({"metric": []}, "metric", "different names"),
        ({"metric": ["val_f1", "flops"], "direction": "maximize"}, "metric", "2 metrics and 1 direction"),
        (
            {"metric": ["val_f1", "flops"], "directions": ["maximize", "maximize"]},
            "directions",
            'say directions = ["maximize", "minimize"]',
        ),
        ({"metric": ["val_f1", "flops"], "pruner": "median"}, "pruner", "cannot prune"),
        ({"train.seeds": 0}, "train.seeds", "found 0"),
        ({"train.fraction": 1.5}, "train.fraction", "found 1.5"),
        ({"train.threads": 0}, "train.threads", "found 0"),
    ],
)
def test_what_cannot_be_is_refused(settings, key, words):
    with pytest.raises(StudyFileError) as caught:
        read_study("mlp", {"budget.trials": 1, **settings})
    assert [found for found, _ in caught.value.faults] == [key]
    assert words in str(caught.value)


def test_pruners_and_displays_count_the_steps_of_all_runs():
    spec = small(metric="val_accuracy", data={}, train={"epochs": 4, "seeds": 3}, pruner="hyperband")
    assert spec.steps == 12
    assert make_pruner(spec)._max_resource == 12
    assert small(metric=["loss", "flops"], directions=("minimize",) * 2, train={"epochs": 4}).steps is None
