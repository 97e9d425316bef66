"""What a worker does with checkpoints: a trial that waits again keeps its own, one that is over has none."""

import importlib.util
import os
import subprocess
import sys

import optuna
import pytest
from helpers.paths import HELPERS, ROOT
from optuna.trial import TrialState

from storage.claims import claim, finish, requeue
from storage.processes import ProcessIdentity
from studies.execution.trial import trial_checkpoint

KILLED_WORKER = HELPERS / "killed_worker.py"
HAS_JAX = importlib.util.find_spec("jax") is not None
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


def only_trial(study):
    (trial,) = study.study.get_trials()
    return trial


def test_an_objective_finds_what_it_saved_in_the_attempt_before(study, work):
    found, checkpoint = [], trial_checkpoint(study, 0)

    def objective(trial):
        found.append(trial.checkpoint.load())
        trial.checkpoint.save(f"attempt {len(found)}".encode())
        if len(found) < 3:
            raise RuntimeError("boom")
        assert checkpoint.path.exists()
        return 0.5

    assert work(study, objective) == "budget reached"
    assert found == [None, b"attempt 1", b"attempt 2"]
    assert only_trial(study).state is TrialState.COMPLETE
    assert not checkpoint.path.exists()


def test_a_trial_that_waits_again_keeps_its_checkpoint(study, work):
    asked = []

    def objective(trial):
        trial.checkpoint.save(b"half way")
        asked.append(True)
        trial.report(0.5, 0)

    work(study, objective, lambda: "stopping" if asked else None)
    assert only_trial(study).state is TrialState.WAITING
    assert trial_checkpoint(study, 0).load() == b"half way"


def test_a_trial_whose_checkpoint_was_truncated_starts_over(study, work):
    checkpoint, found = trial_checkpoint(study, 0), []

    def objective(trial):
        found.append(trial.checkpoint.load())
        if len(found) == 2:
            return 0.5
        trial.checkpoint.save(b"half way")
        os.truncate(checkpoint.path, checkpoint.path.stat().st_size - 1)
        raise RuntimeError("boom")

    work(study, objective)
    assert found == [None, None]


def raises(trial):
    raise RuntimeError("boom")


def prunes(trial):
    raise optuna.TrialPruned


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(raises, TrialState.FAIL), (prunes, TrialState.PRUNED), (lambda trial: float("nan"), TrialState.FAIL)],
)
def test_a_trial_that_is_over_leaves_no_checkpoint(outcome, state, make_study, work):
    study = make_study(objective="quadratic")

    def objective(trial):
        trial.checkpoint.save(b"half way")
        return outcome(trial) if trial.number == 0 else 0.5

    work(study, objective)
    assert study.study.get_trials()[0].state is state
    assert list((study.files / "checkpoints").iterdir()) == []


def test_a_checkpoint_older_than_the_trial_is_not_given_to_it(study, work):
    trial_checkpoint(study, 0).save(b"of a study of that name that was deleted")
    found = []
    work(study, lambda trial: found.append(trial.checkpoint.load()) or 0.5)
    assert found == [None]


def test_a_worker_whose_trial_was_finished_by_another_sweeps_what_it_saved(study, work):
    def objective(trial):
        # Given a worker that stood still: its trial was handed on, and another one has finished it
        me, other = (
            ProcessIdentity.current(),
            ProcessIdentity.from_json({**ProcessIdentity.current().to_json(), "pid": 1}),
        )
        requeue(study.storage, trial._trial_id, me, "death")
        assert claim(study.storage, study.study_id, "w1", other) == trial._trial_id
        theirs = optuna.Trial(study.study, trial._trial_id)
        finish(study.storage, study.study, theirs, other, state=TrialState.COMPLETE, values=[0.25])
        # When it wakes up and saves
        trial.checkpoint.save(b"late")
        return 0.5

    assert work(study, objective) == "budget reached"
    # Then nothing of it is left
    assert only_trial(study).value == 0.25
    assert not trial_checkpoint(study, 0).path.exists()


# --- a real SIGKILL, and real training ------------------------------------------------------------------------

TRAINING = {
    "objective": "mlp",
    "metric": "val_loss",
    "directions": ("minimize",),
    "data": {"dataset": "digits"},
    "space": {
        "units": 16,
        "layers": 1,
        "optimizer": {"choices": ["adam"]},
        "dropout": {"low": 0.1, "high": 0.5},
        "learning_rate": {"low": 1e-3, "high": 1e-1, "log": True},
    },
    "train": {"epochs": 6, "early_stopping": {"patience": 2, "min_delta": 0.01}},
}


def run_killed_worker(location, *studies, kills_at_call=-1):
    path = os.pathsep.join([str(ROOT), *sys.path])
    arguments = [str(location.path), str(kills_at_call), *studies]
    return subprocess.run(
        [sys.executable, str(KILLED_WORKER), *arguments],
        env={**os.environ, **ONE_THREAD, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "backend",
    ["tensorflow", pytest.param("jax", marks=pytest.mark.skipif(not HAS_JAX, reason="no jax here; see `make jax`"))],
)
def test_a_trial_whose_worker_was_killed_gives_the_curve_of_one_that_was_not(location, make_study, backend):
    training = {**TRAINING, "train": {**TRAINING["train"], "backend": backend}}
    # Given a worker killed as it has reported its fourth epoch: asked once to begin, then twice an epoch
    killed = make_study("killed", **training)
    assert run_killed_worker(location, "killed", kills_at_call=8).returncode == -9
    before = only_trial(killed)
    assert list(before.intermediate_values) == [0, 1, 2, 3]
    assert trial_checkpoint(killed, 0).path.exists()
    # When another worker takes the trial, and then runs the same trial from beginning to end
    whole = make_study("whole", **training)
    ended = run_killed_worker(location, "killed", "whole")
    assert ended.returncode == 0, ended.stderr
    # Then one epoch was trained again, and nothing tells the two trials apart
    resumed, expected = only_trial(killed), only_trial(whole)
    assert resumed.user_attrs.pop("resumed_at") == [3]
    assert resumed.params == expected.params
    assert list(resumed.intermediate_values.items()) == list(expected.intermediate_values.items())
    assert resumed.value == expected.value
    assert resumed.user_attrs == expected.user_attrs
    assert {step: resumed.intermediate_values[step] for step in range(4)} == before.intermediate_values
    assert list((killed.files / "checkpoints").iterdir()) == []
