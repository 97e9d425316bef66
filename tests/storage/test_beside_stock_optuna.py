"""Every study of ours stays a plain Optuna study: Optuna's own tools read our file, and write beside us."""

import json
import subprocess
import sys
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from storage import StorageLocation, open_storage
from storage.claims import claim, finish, requeue
from storage.processes import ProcessIdentity


@pytest.fixture
def studied(opened):
    """Trials of ours in every state: 0 complete, 1 pruned, 2 failed, 3 waiting again, 4 running."""
    me = ProcessIdentity.current()
    study = optuna.load_study(study_name="s", storage=opened)
    trials = [optuna.Trial(study, claim(opened, 1, "w", me)) for _ in range(5)]
    for trial in trials:
        trial.suggest_float("x", 0, 1)
        trial.suggest_categorical("units", [64, 128])
        trial.report(trial.number / 10, 0)
    finish(opened, study, trials[0], me, state=TrialState.COMPLETE, values=[0.25])
    finish(opened, study, trials[1], me, state=TrialState.PRUNED)
    requeue(opened, trials[2]._trial_id, me, "divergence", "nan")
    requeue(opened, trials[3]._trial_id, me, "interrupted")
    return study


def test_optuna_load_study_reads_what_we_wrote(studied, path):
    stock = optuna.load_study(study_name="s", storage=f"sqlite:///{path}")
    assert [trial.state.name for trial in stock.trials] == ["COMPLETE", "PRUNED", "FAIL", "WAITING", "RUNNING"]
    assert stock.trials == studied.trials
    assert stock.best_value == 0.25
    assert stock.trials[2].user_attrs["failure"] == "divergence: nan"


def test_the_optuna_command_lists_what_we_wrote(studied, path):
    command = Path(sys.executable).with_name("optuna")
    result = subprocess.run(
        [command, "trials", "--storage", f"sqlite:///{path}", "--study-name", "s", "-f", "json"],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = json.loads(result.stdout)
    assert [(row["number"], row["state"]) for row in rows] == [
        (0, "COMPLETE"),
        (1, "PRUNED"),
        (2, "FAIL"),
        (3, "WAITING"),
        (4, "RUNNING"),
    ]
    assert rows[0]["params"] == studied.trials[0].params


def test_a_plain_optuna_script_runs_on_our_storage(opened):
    study = optuna.load_study(study_name="s", storage=opened)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
    assert [trial.number for trial in study.trials] == [0, 1, 2]


def test_four_stock_processes_beside_four_of_ours_break_none_of_ours(processes, path, opened):
    # Given one study, and 4 processes of stock Optuna that optimise it, by its URL, beside 4 of ours
    calls = [("optimize", path, 6)] * 4 + [("optimize_stock", path, 6)] * 4
    # When all run at once
    results = processes.wait(processes.start(*calls))
    # Then none of ours has failed, nor, with a little patience, any of theirs
    assert [r for r in results if "raised" in r] == []
    assert [r["value"] for r in results[4:]] == [6] * 4
    # And every trial is whole, with a number of its own
    finished = [t for t in opened.get_all_trials(1) if t.state is TrialState.COMPLETE]
    assert len(finished) == 48
    assert all(len(t.intermediate_values) == 3 for t in finished)
    assert [t.number for t in opened.get_all_trials(1)] == list(range(len(opened.get_all_trials(1))))


@pytest.mark.parametrize("name", ["plain.db", "it's 100%41 {odd}? #1.db"])
def test_the_url_that_we_print_is_the_one_that_optuna_understands(tmp_path, fresh_database, name):
    location = StorageLocation(tmp_path / name)
    location.path.write_bytes(fresh_database)
    open_storage(location).set_study_user_attr(1, "note", 1)
    assert optuna.load_study(study_name="s", storage=location.url).user_attrs == {"note": 1}
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".db"] == [name]
