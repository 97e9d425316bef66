"""The time a study has run, over launches that overlap, end, die, or are still on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from optuna.study import StudyDirection

from storage import StorageLocation, open_storage
from storage.processes import ProcessIdentity
from studies.record import sessions
from studies.record.sessions import Session, Watch, live_sessions, request_stop, running_seconds

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def row(start_seconds: float, seconds: float, *, running: bool = False):
    start = (NOON + timedelta(seconds=start_seconds)).isoformat()
    process = ProcessIdentity.current().to_json()
    return {"start": start, "seconds": seconds, "workers": 1, "process": process, "running": running}


def rows(*spans):
    return {f"studyhall:session:{index}": row(*span) for index, span in enumerate(spans)} | {"other": 1}


@pytest.mark.parametrize(
    ("spans", "seconds"),
    [
        ([], 0),
        ([(0, 10)], 10),
        ([(0, 10), (100, 5)], 15),
        ([(0, 10), (5, 10)], 15),
        ([(0, 100), (10, 5), (20, 5)], 100),
        ([(50, 10), (0, 10)], 20),
    ],
)
def test_time_counts_once_however_many_launches_share_it(spans, seconds):
    assert running_seconds(rows(*spans)) == pytest.approx(seconds)


def at(clock: float, wall: float, seconds: float, boot: str):
    facts = row(wall, seconds)
    return facts | {"clock": clock, "process": facts["process"] | {"boot": boot}}


@pytest.mark.parametrize(
    ("sessions", "seconds"),
    [
        # One after the other, while the clock went back by an hour, or on
        ([at(100.0, 0, 60.0, "a"), at(200.0, 100 - 3600, 60.0, "a")], 120),
        ([at(100.0, 0, 3600.0, "a"), at(3800.0, 3700 - 3600, 3600.0, "a")], 7200),
        ([at(100.0, 0, 60.0, "a"), at(130.0, 30 + 3600, 60.0, "a")], 90),
        # Machines, and boots of one, are told apart by their wall clocks
        ([at(100.0, 0, 60.0, "a"), at(100.0, 30, 60.0, "b")], 90),
        ([at(9000.0, 0, 60.0, "a"), at(20.0, 300, 60.0, "b")], 120),
    ],
)
def test_no_change_of_the_clock_changes_the_time_that_has_run(sessions, seconds):
    attributes = {f"studyhall:session:{index}": facts for index, facts in enumerate(sessions)}
    assert running_seconds(attributes) == pytest.approx(seconds)


@pytest.fixture
def study(tmp_path):
    storage = open_storage(StorageLocation.parse(str(tmp_path / "x.db")), create=True)
    return storage, storage.create_new_study([StudyDirection.MINIMIZE], "x")


def test_a_session_lives_until_it_ends(study):
    storage, study_id = study
    session = Session(storage, study_id, workers=3)
    assert [session.workers for session in live_sessions(storage.get_study_system_attrs(study_id)).values()] == [3]
    session.end()
    assert live_sessions(storage.get_study_system_attrs(study_id)) == {}


def test_a_session_whose_process_is_dead_is_not_live():
    dead = ProcessIdentity.current().to_json() | {"born": 1}
    assert live_sessions({"studyhall:session:a": row(0, 1, running=True) | {"process": dead}}) == {}


def test_a_stop_ends_the_sessions_that_run_and_no_later_one(study):
    storage, study_id = study
    before = Session(storage, study_id, workers=1)
    assert not before.stop_requested(storage.get_study_system_attrs(study_id))
    request_stop(storage, study_id)
    after = Session(storage, study_id, workers=1)
    attributes = storage.get_study_system_attrs(study_id)
    assert before.stop_requested(attributes)
    assert not after.stop_requested(attributes)
    request_stop(storage, study_id)
    assert after.stop_requested(storage.get_study_system_attrs(study_id))


def test_a_session_writes_a_heartbeat_that_others_see(study, clock):
    storage, study_id = study
    session = Session(storage, study_id, workers=1, heartbeat_seconds=5.0)
    watch = Watch(grace_seconds=30.0, held_up_seconds=60.0)
    for _ in range(20):
        clock.now += 10.0
        session.record_heartbeat()
        watch.look(storage.get_study_system_attrs(study_id))
    assert not watch.is_silent(f"{session.id}-0")
    clock.now += 40.0
    watch.look(storage.get_study_system_attrs(study_id))
    assert watch.is_silent(f"{session.id}-0")


class Clock:
    """A monotonic clock that moves when it is told to."""

    def __init__(self, monkeypatch):
        self.now = 1000.0
        monkeypatch.setattr(sessions.time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def beating(number, *, running=True, key="heartbeat"):
    return {"studyhall:session:far": row(0, 1, running=running) | {key: number}}


@pytest.mark.parametrize("key", ["heartbeat", "beat"])  # the second in a study of format 2
def test_a_session_is_silent_when_its_heartbeat_has_stood_still_for_the_grace(clock, key):
    watch = Watch(grace_seconds=30.0, held_up_seconds=5.0)
    for number in range(100):
        clock.now += 1.0
        watch.look(beating(number, key=key))
        assert not watch.is_silent("far-0")
    for second in range(40):
        clock.now += 1.0
        watch.look(beating(99, key=key))
        assert watch.is_silent("far-0") == (second >= 30)


def test_somebody_who_was_held_up_does_not_judge_before_another_grace(clock):
    watch = Watch(grace_seconds=30.0, held_up_seconds=5.0)
    watch.look(beating(1))
    clock.now += 60.0  # a locked file: the others could not write theirs either
    watch.look(beating(1))
    assert not watch.is_silent("far-0")


def test_a_session_that_has_ended_is_silent_and_an_unknown_one_is_not_judged(clock):
    watch = Watch(grace_seconds=30.0, held_up_seconds=5.0)
    watch.look(beating(7, running=False))
    assert watch.is_silent("far-3")
    assert not watch.is_silent("other-0")
