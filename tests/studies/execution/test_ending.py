"""How long workers may go on once a launch ends."""

import time

import pytest

from studies.execution.ending import LAST_SECONDS, Ending
from studies.execution.outcome import LaunchOutcome, StopReason

OVER = LaunchOutcome(ended=StopReason.TIME_OVER)
SIGNAL = LaunchOutcome(ended=StopReason.INTERRUPTED)
LONG = 1e6


@pytest.mark.parametrize("grace", [LONG, None])
def test_what_runs_may_finish_within_the_grace(grace):
    ending = Ending()
    assert not ending.has_begun
    ending.let_finish(OVER, grace)
    assert (ending.has_begun, ending.is_stopping, ending.is_killing) == (True, False, False)
    # A second end changes nothing
    ending.let_finish(LaunchOutcome(ended=StopReason.STALLED), 0.0)
    assert (ending.outcome, ending.is_stopping) == (OVER, False)


def test_without_a_grace_it_is_stopped_at_once_and_killed_soon():
    ending = Ending()
    ending.let_finish(OVER, 0.0)
    assert (ending.is_stopping, ending.is_killing) == (True, False)
    assert time.monotonic() < ending.kill_at <= time.monotonic() + LAST_SECONDS


@pytest.mark.parametrize(("grace", "is_killed"), [(LONG, True), (None, False)])
def test_a_signal_stops_at_once_and_kills_after_the_grace(grace, is_killed):
    ending = Ending()
    ending.hand_back(SIGNAL, grace)
    assert (ending.is_stopping, ending.is_killing) == (True, False)
    assert (ending.kill_at < float("inf")) is is_killed


def test_a_signal_ends_a_grace_and_no_end_that_is_under_way():
    ending = Ending()
    ending.let_finish(OVER, LONG)
    ending.hand_back(SIGNAL, LONG)
    assert (ending.outcome, ending.is_stopping) == (SIGNAL, True)
    ending.hand_back(LaunchOutcome(ended=StopReason.STOPPED), LONG)
    assert ending.outcome == SIGNAL
