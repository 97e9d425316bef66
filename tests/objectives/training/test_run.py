"""The states and results of runs: what follows from them, and that JSON keeps all of it."""

import json
import math

import pytest

from objectives.training.run import RunResult, RunState, mean_curves

RESULT = RunResult(epochs=2, ended="all epochs", curves={"loss": (0.5, None)}, values=(0.1, 7.0), best_epoch=1)
DIVERGED = RunResult(epochs=1, ended="diverged", curves={"loss": (None,)})
LOGS = ({"loss": 0.1 + 0.2, "val_loss": 1 / 3}, {"loss": 1e-300, "val_loss": 5.0})


@pytest.mark.parametrize("result", [RESULT, DIVERGED])
def test_a_result_comes_back_from_json(result):
    assert RunResult.from_json(json.loads(json.dumps(result.to_json()))) == result


@pytest.mark.parametrize(
    "state",
    [
        RunState(epochs=3),
        RunState(epochs=3, runs=2, earlier=(RESULT,), logs=LOGS, seconds=0.1, stopped=True, reported=False),
        RunState(epochs=3, logs=LOGS, diverged=True),
    ],
)
def test_a_state_comes_back_from_json(state):
    assert RunState.from_json(json.loads(json.dumps(state.to_json()))) == state


def test_logs_that_are_no_numbers_come_back_from_json():
    state = RunState(epochs=3, logs=({"loss": math.nan, "val_loss": -math.inf},), diverged=True)
    (logs,) = RunState.from_json(json.loads(json.dumps(state.to_json()))).logs
    assert math.isnan(logs["loss"])
    assert logs["val_loss"] == -math.inf


@pytest.mark.parametrize(
    ("state", "over", "final"),
    [
        (RunState(epochs=3, logs=LOGS), False, False),
        (RunState(epochs=2, logs=LOGS), True, True),
        (RunState(epochs=2, runs=2, logs=LOGS), True, False),
        (RunState(epochs=2, runs=2, earlier=(RESULT,), logs=LOGS), True, True),
        (RunState(epochs=3, runs=2, logs=LOGS, stopped=True), True, False),
        (RunState(epochs=3, runs=2, logs=LOGS, diverged=True), True, True),
        (RunState(epochs=3, runs=2, logs=LOGS, pruned=True), True, True),
    ],
)
def test_a_run_that_is_over_is_final_where_no_other_follows(state, over, final):
    assert (state.over, state.final) == (over, final)


def test_steps_count_on_from_run_to_run():
    assert RunState(epochs=5, logs=LOGS).step == 1
    assert RunState(epochs=5, runs=3, earlier=(RESULT, RESULT), logs=LOGS).step == 11


def test_curves_are_averaged_over_the_runs_that_came_as_far():
    longer = RunResult(epochs=3, ended="all epochs", curves={"loss": (1.5, 2.0, 1 / 3), "lr": (1.0,)})
    assert mean_curves([RESULT, longer]) == {"loss": (1.0, None, 0.333333)}
    assert mean_curves([longer]) == longer.curves
