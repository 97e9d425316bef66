"""How a study stands, over all processes and machines: read from the storage, which is all that they share."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from storage.attempts import attempts_of, unowned
from storage.claims import FINISHED, Budget, running_attempts
from storage.optuna_schema import trial_id_of
from studies.record.best import best_trial, finished_after, is_feasible
from studies.record.sessions import SessionRecord, live_sessions, running_seconds
from studies.record.stored import StoredStudy
from studies.sampling.optuna_private import pareto_front


@dataclass(frozen=True, kw_only=True)
class RunningTrial:
    """A trial in the hands of a worker. ``epochs`` counts its reports so far.

    ``alive`` is whether that worker lives; None when it runs on another machine.
    """

    number: int
    worker: str
    host: str
    pid: int
    epochs: int
    last_value: float | None
    since: str
    alive: bool | None


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A study at one moment. ``best`` is the best feasible COMPLETE trial of a study with one direction."""

    name: str
    complete: int
    infeasible: int
    """How many of the complete trials break a constraint."""
    pruned: int
    failed: int
    running: int
    waiting: int
    budget: Budget
    seconds: float
    epochs: int
    directions: tuple[str, ...]
    metrics: tuple[str, ...]
    value_names: tuple[str, ...]
    steps: int | None
    """How many steps a trial reports at most, where that is known."""
    best: FrozenTrial | None
    front: int
    since_best: int
    workers: tuple[RunningTrial, ...]
    sessions: Mapping[str, SessionRecord]
    unowned: int
    """RUNNING trials that nobody can be shown to hold."""

    @property
    def finished(self) -> int:
        """COMPLETE or PRUNED, as the budget counts."""
        return self.complete + self.pruned

    @property
    def none_feasible(self) -> bool:
        """Whether there are complete trials, and none is the best because each breaks a constraint."""
        return self.complete > 0 and self.best is None and not self.front

    def to_json(self) -> dict[str, Any]:
        """The stable keys of ``status --json``."""
        best = self.best
        return {
            "name": self.name,
            "finished": self.finished,
            "complete": self.complete,
            "infeasible": self.infeasible,
            "pruned": self.pruned,
            "failed": self.failed,
            "running": self.running,
            "unowned": self.unowned,
            "waiting": self.waiting,
            "trials": self.budget.trials,
            "timeout_seconds": self.budget.seconds,
            "running_seconds": round(self.seconds, 1),
            "epochs": self.epochs,
            "directions": list(self.directions),
            "metric": self.metrics[0] if len(self.metrics) == 1 else None,
            "metrics": list(self.metrics),
            "best": None if best is None else {"number": best.number, "value": best.value, "params": best.params},
            "pareto_trials": self.front if len(self.directions) > 1 else None,
            "trials_since_best": self.since_best,
            "workers": [vars(worker) for worker in self.workers],
            "sessions": len(self.sessions),
        }


def read_progress(stored: StoredStudy) -> Progress:
    """Read the study's state now, all of one moment."""
    with stored.storage.snapshot():
        return _read(stored)


def _read(stored: StoredStudy) -> Progress:
    attributes = stored.attributes
    trials = stored.overview.look()
    counts = dict.fromkeys(TrialState, 0)
    for trial in trials:
        counts[trial.state] += 1
    directions = stored.storage.get_study_directions(stored.study_id)
    best = best_trial(trials, directions[0]) if len(directions) == 1 else None
    running = stored.storage.trials_of([trial_id_of(trial) for trial, _ in running_attempts(trials)])
    owned = running_attempts(running)
    return Progress(
        name=stored.name,
        complete=counts[TrialState.COMPLETE],
        infeasible=sum(trial.state is TrialState.COMPLETE and not is_feasible(trial) for trial in trials),
        pruned=counts[TrialState.PRUNED],
        failed=counts[TrialState.FAIL],
        running=counts[TrialState.RUNNING],
        waiting=counts[TrialState.WAITING],
        budget=stored.budget,
        seconds=running_seconds(attributes),
        epochs=stored.overview.reports,
        directions=tuple(direction.name.lower() for direction in directions),
        metrics=() if stored.spec is None else stored.spec.metrics,
        value_names=tuple(stored.value_names),
        steps=None if stored.spec is None else stored.spec.steps,
        best=None if best is None else stored.storage.get_trial(trial_id_of(best)),
        since_best=finished_after(trials, best),
        front=len(pareto_front(trials, directions)) if len(directions) > 1 else 0,
        workers=tuple(
            RunningTrial(
                number=trial.number,
                worker=attempt.worker,
                host=attempt.process.host,
                pid=attempt.process.pid,
                epochs=len(trial.intermediate_values),
                last_value=trial.intermediate_values[last] if (last := trial.last_step) is not None else None,
                since=attempt.start,
                alive=attempt.process.is_alive(),
            )
            for trial, attempt in owned
        ),
        sessions=live_sessions(attributes),
        unowned=len(unowned(stored.storage, stored.study_id)) if counts[TrialState.RUNNING] > len(owned) else 0,
    )


def finished_by(trials: Sequence[FrozenTrial], worker: str) -> int:
    """How many finished trials the worker of that name has ended."""
    return sum(
        1
        for trial in trials
        if trial.state in FINISHED and (rows := attempts_of(trial.system_attrs)) and rows[-1].worker == worker
    )


@dataclass
class Pace:
    """Rates over the last ``window_seconds`` of looking at a study."""

    window_seconds: float = 60.0
    _looks: deque[tuple[float, int, int]] = field(default_factory=deque)

    def look(self, progress: Progress) -> None:
        """Note where the study stands now."""
        moment = time.monotonic()
        self._looks.append((moment, progress.finished, progress.epochs))
        while len(self._looks) > 2 and moment - self._looks[0][0] > self.window_seconds:
            self._looks.popleft()

    @property
    def epochs_per_second(self) -> float:
        """Reports in a second, over all workers."""
        return self._rate(2)

    def seconds_left(self, progress: Progress) -> float | None:
        """How long the rest of the budget takes at this pace; None while nobody can know."""
        estimates = []
        rate = self._rate(1)
        if progress.budget.trials is not None and rate > 0:
            estimates.append((progress.budget.trials - progress.finished) / rate)
        if progress.budget.seconds is not None:
            estimates.append(progress.budget.seconds - progress.seconds)
        return max(0.0, min(estimates)) if estimates else None

    def _rate(self, column: int) -> float:
        if len(self._looks) < 2:
            return 0.0
        first, last = self._looks[0], self._looks[-1]
        return (last[column] - first[column]) / max(last[0] - first[0], 1e-9)
