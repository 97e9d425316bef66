"""What only a PostgreSQL server can do: die, and come back."""

from __future__ import annotations

import pytest
from optuna.trial import TrialState

TRIALS = 12


@pytest.mark.long
def test_the_server_dies_and_comes_back(drill, until, on_server):
    """SIGQUIT of the server, restart, resume"""
    launched = drill.place.start("launch", "train.py:train", "--workers", "2", "--trials", str(TRIALS))
    until(3)
    on_server.stop()
    drill.injected()
    output, _ = launched.communicate()
    on_server.start()
    assert launched.returncode == 1, output
    assert "Traceback" not in output
    done = drill.place.run("resume", "train")
    assert done.returncode == 0, done.stdout + done.stderr
    assert drill.place.states("train").count(TrialState.COMPLETE) == TRIALS
    assert set(drill.journal("end")) == {str(number) for number in range(TRIALS)}
    drill.row.finished = TRIALS
