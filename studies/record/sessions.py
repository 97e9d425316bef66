"""The launches of a study, kept in the study: how long it has run, who runs it now, and the wish to stop."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from storage import SharedStorage
from storage.attempts import now
from storage.processes import ProcessIdentity

_STOP = "studyhall:stop"
_SESSION = "studyhall:session:"


@dataclass(frozen=True, kw_only=True)
class SessionRecord:
    """What a session last wrote of itself into its study.

    ``start`` is UTC in ISO 8601; ``clock`` is the same moment by its machine's monotonic clock, None in older studies.
    """

    start: str
    seconds: float
    heartbeat: int
    workers: int
    process: ProcessIdentity
    running: bool
    clock: float | None = None

    @classmethod
    def all_in(cls, attributes: Mapping[str, Any]) -> dict[str, SessionRecord]:
        """The records among a study's system attributes, by the session's id."""
        return {
            key.removeprefix(_SESSION): cls(
                start=row["start"],
                seconds=row["seconds"],
                heartbeat=row.get("heartbeat", row.get("beat", 0)),  # "beat" in a study of format 2
                workers=row["workers"],
                process=ProcessIdentity.from_json(row["process"]),
                running=row["running"],
                clock=row.get("clock"),
            )
            for key, row in attributes.items()
            if key.startswith(_SESSION)
        }


@dataclass
class Session:
    """One launch, resume or worker command: from its start until its last heartbeat.

    Its length is measured by the monotonic clock, so that moving the wall clock changes no budget.
    """

    storage: SharedStorage
    study_id: int
    workers: int
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    heartbeat_seconds: float = 5.0

    def __post_init__(self) -> None:
        self._start = now()
        self._count = 0
        self._begun = self._written = time.monotonic()
        self._stop_before = self.storage.get_study_system_attrs(self.study_id).get(_STOP)
        self._write(running=True)

    @property
    def seconds(self) -> float:
        """How long it has run, in seconds."""
        return time.monotonic() - self._begun

    @property
    def since_heartbeat(self) -> float:
        """Seconds that no heartbeat has noted yet."""
        return time.monotonic() - self._written

    def record_heartbeat(self) -> None:
        """Note that it still runs; writes at most once in ``heartbeat_seconds``.

        The supervisor does it for its workers, so no training loop that holds the GIL can silence them.
        """
        if time.monotonic() - self._written >= self.heartbeat_seconds:
            self._write(running=True)

    def end(self) -> None:
        """Note that it is over."""
        self._write(running=False)

    def is_in(self, attributes: Mapping[str, Any]) -> bool:
        """Whether these are of the study that it was begun in; a new one may have the id of one that was deleted."""
        return _SESSION + self.id in attributes

    def stop_requested(self, attributes: Mapping[str, Any]) -> bool:
        """Whether somebody asked for a stop since this session began."""
        return attributes.get(_STOP) != self._stop_before

    def _write(self, *, running: bool) -> None:
        self._written = time.monotonic()
        self._count += 1
        record = SessionRecord(
            start=self._start,
            seconds=round(self._written - self._begun, 3),
            heartbeat=self._count,
            workers=self.workers,
            process=ProcessIdentity.current(),
            running=running,
            clock=self._begun,
        )
        self.storage.set_study_system_attr(self.study_id, _SESSION + self.id, asdict(record))


@dataclass
class Watch:
    """Which sessions send no heartbeat any more, judged by the clock of the one that looks.

    Clocks of two machines differ, and one may be set back, so a heartbeat is a number that grows: a session is silent
    when its number has stood still for ``grace_seconds`` of looking. Somebody who was held up (a locked file, a
    slow disk, SIGSTOP) cannot tell whether the others were as well, and begins to count anew.
    """

    grace_seconds: float
    held_up_seconds: float
    _seen: dict[str, tuple[int, float]] = field(default_factory=dict)
    _records: Mapping[str, SessionRecord] = field(default_factory=dict)
    _looked: float = field(default_factory=time.monotonic)

    def look(self, attributes: Mapping[str, Any]) -> None:
        """Note every session's heartbeat; to be called often, after one's own."""
        moment = time.monotonic()
        if moment - self._looked > self.held_up_seconds:
            self._seen.clear()
        self._looked = moment
        self._records = SessionRecord.all_in(attributes)
        for key, record in self._records.items():
            if key not in self._seen or self._seen[key][0] != record.heartbeat:
                self._seen[key] = (record.heartbeat, moment)

    def is_silent(self, worker: str) -> bool:
        """Whether the session that started this worker has ended or sends no heartbeat."""
        session = worker.rpartition("-")[0]
        record = self._records.get(session)
        if record is None:
            return False
        return not record.running or self._looked - self._seen[session][1] > self.grace_seconds


def request_stop(storage: SharedStorage, study_id: int) -> None:
    """Ask every session that runs now, on any machine, to stop at the end of the epoch."""
    storage.set_study_system_attr(study_id, _STOP, {"at": now(), "id": uuid.uuid4().hex})


def live_sessions(attributes: Mapping[str, Any]) -> dict[str, SessionRecord]:
    """The sessions that have not ended, as far as can be seen from here, by id."""
    return {
        key: record
        for key, record in SessionRecord.all_in(attributes).items()
        if record.running and record.process.is_alive() is not False
    }


def running_seconds(attributes: Mapping[str, Any]) -> float:
    """The time in which at least one session ran, in seconds, up to each one's last heartbeat.

    Sessions of one boot of a machine are placed by its monotonic clock, those of several by the wall clocks.
    """
    records = sorted(SessionRecord.all_in(attributes).values(), key=lambda record: record.clock or 0.0)
    offsets: dict[str, float] = {}

    def began(record: SessionRecord) -> float:
        wall = datetime.fromisoformat(record.start).astimezone(UTC).timestamp()
        if record.clock is None or not record.process.boot:
            return wall
        return offsets.setdefault(record.process.boot, wall - record.clock) + record.clock

    spans = sorted((start := began(record), start + record.seconds) for record in records)
    total, reached = 0.0, float("-inf")
    for start, end in spans:
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total
