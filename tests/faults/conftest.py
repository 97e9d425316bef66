"""The table of faults: each one injected for real, and what it cost."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState

PROGRAMS = Path(__file__).parent / "programs"


@dataclass
class Row:
    """One line of the table."""

    fault: str
    injected: int = 0
    finished: int = 0
    lost: int = 0
    twice: int = 0
    again: int = 0
    seconds: float | None = None


@dataclass
class Drill:
    """A study under one fault."""

    place: object
    row: Row
    _at: list[datetime] = field(default_factory=list)

    def injected(self) -> None:
        """The fault happens now."""
        self.row.injected += 1
        self._at.append(datetime.now(UTC))

    def journal(self, kind: str) -> list[str]:
        path = self.place.folder / "journal.txt"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line.removeprefix(f"{kind} ") for line in lines if line.startswith(f"{kind} ")]

    def conclude(self, name: str, trials: int, *, finished: int | None = None) -> Row:
        """Count what the fault cost, from the journal and from the study; nothing may be lost or done twice.

        ``trials`` have come to their end, of which ``finished`` (None: all) have a result.
        """
        for at in self.journal("injected"):  # by the objective itself
            self.row.injected += 1
            self._at.append(datetime.fromisoformat(at))
        states = Counter(self.place.states(name))
        ends = Counter(self.journal("end"))
        epochs = Counter(self.journal("epoch"))
        self.row.finished = states[TrialState.COMPLETE] + states[TrialState.PRUNED]
        self.row.lost = trials - len(ends)
        self.row.twice = sum(count - 1 for count in ends.values())
        self.row.again = sum(count - 1 for count in epochs.values())
        self.row.seconds = self._until_running_again(name)
        assert self.row.finished == (trials if finished is None else finished)
        # A process killed between its objective's end and the telling leaves that end to be made again.
        assert self.row.lost == 0
        assert self.row.twice <= self._deaths(name)
        assert states[TrialState.RUNNING] == states[TrialState.WAITING] == 0
        return self.row

    def _deaths(self, name: str) -> int:
        rows = [trial.system_attrs.get("studyhall:attempts", []) for trial in self.place.study(name).trials]
        return sum(attempt["outcome"] == "death" for attempts in rows for attempt in attempts)

    def _until_running_again(self, name: str) -> float | None:
        waits = []
        for trial in self.place.study(name).get_trials(deepcopy=False):
            attempts = trial.system_attrs.get("studyhall:attempts", [])
            for attempt in attempts[1:]:
                start = datetime.fromisoformat(attempt["start"])
                before = [at for at in self._at if at <= start]
                if before:
                    waits.append((start - before[-1]).total_seconds())
        return max(waits, default=None)


_ROWS = pytest.StashKey[list[Row]]()


@pytest.fixture
def drill(request: pytest.FixtureRequest, place) -> Iterator[Drill]:
    """A study to be harmed; its row is printed when the test has passed."""
    shutil.copytree(PROGRAMS, place.folder, dirs_exist_ok=True)
    title = request.function.__doc__ or request.node.name
    made = Drill(place, Row(title.strip().rstrip(".")))
    yield made
    rows = request.config.stash.setdefault(_ROWS, [])
    if made.row.injected:
        rows.append(made.row)


@pytest.fixture
def on_server(request: pytest.FixtureRequest, drill: Drill) -> Iterator[Any]:
    """The study lies on a PostgreSQL server."""
    server = request.getfixturevalue("postgresql_server")
    with server.database() as url:
        drill.place.variables["STUDYHALL_STORAGE"] = url
        drill.row.fault += ", on PostgreSQL"
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def either_database(request: pytest.FixtureRequest) -> None:
    """The study lies in a file, and then on a server."""
    if request.param == "postgresql":
        request.getfixturevalue("on_server")


@pytest.fixture
def until(eventually: Callable[..., None], drill: Drill) -> Callable[[int], None]:
    """Wait until so many trials of the journal have ended."""

    def wait(ends: int) -> None:
        eventually(lambda: len(drill.journal("end")) >= ends or ended())
        assert len(drill.journal("end")) >= ends, drill.place.started[-1].stdout.read()

    def ended() -> bool:
        return drill.place.started[-1].poll() is not None

    return wait


def pytest_terminal_summary(terminalreporter, config) -> None:
    rows = config.stash.get(_ROWS, [])
    if not rows:
        return
    terminalreporter.section("what each fault cost")
    head = f"{'fault':66} {'times':>6} {'finished':>9} {'lost':>5} {'twice':>6} {'epochs again':>13} {'s to rerun':>11}"
    terminalreporter.write_line(head)
    for row in rows:
        seconds = "-" if row.seconds is None else f"{row.seconds:.1f}"
        counts = f"{row.injected:6} {row.finished:9} {row.lost:5} {row.twice:6} {row.again:13}"
        terminalreporter.write_line(f"{row.fault[:66]:66} {counts} {seconds:>11}")
