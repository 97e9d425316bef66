"""When a slot is filled again after its worker died, and when it is given up."""

import time
from pathlib import Path

import pytest

from storage import StorageLocation
from studies.execution.messages import WorkerOrder
from studies.execution.slots import LONGEST_BACK_OFF_SECONDS, MAX_DEATHS_IN_A_ROW, SlotState


@pytest.fixture
def clock(monkeypatch):
    """A monotonic clock that stands still."""
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)


@pytest.fixture
def state():
    order = WorkerOrder(
        slot=0,
        worker="w-0",
        device="1 core",
        location=StorageLocation(Path("/nowhere/s.db")),
        study="s",
        failed_before=0,
        environment={},
        log=Path("/nowhere/w-0.log"),
    )
    return SlotState(order)


@pytest.mark.usefixtures("clock")
def test_a_slot_is_filled_at_once_after_one_death_and_ever_later_after_more(state):
    pauses = []
    for _ in range(MAX_DEATHS_IN_A_ROW - 1):
        assert not state.back_off(finished=0)
        pauses.append(state.start_at - 1000.0)
    assert pauses == pytest.approx([0.0, 0.1, 0.3, 0.7, 1.5, 3.1, 6.3, *[LONGEST_BACK_OFF_SECONDS] * 2])
    assert not state.is_due()


@pytest.mark.usefixtures("clock")
def test_a_slot_is_given_up_after_too_many_deaths_in_a_row(state):
    given_up = [state.back_off(finished=0) for _ in range(MAX_DEATHS_IN_A_ROW)]
    assert given_up == [False] * (MAX_DEATHS_IN_A_ROW - 1) + [True]
    assert state.over
    assert not state.is_due()


@pytest.mark.usefixtures("clock")
def test_a_finished_trial_ends_the_row(state):
    for finished in range(1, 3 * MAX_DEATHS_IN_A_ROW):
        assert not state.back_off(finished)
        assert state.deaths_in_a_row == 1
        assert state.is_due()
