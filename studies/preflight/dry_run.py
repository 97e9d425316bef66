"""One short trial of a study, somewhere that is gone afterwards: whether it runs at all, and what it takes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from objectives.wording import quoted
from storage import StorageLocation, open_storage
from storage.attempts import attempts_of, times_of
from studies.errors import StudyError
from studies.execution.launch import check_data, launch
from studies.execution.outcome import StopReason
from studies.record.creation import create_or_join
from studies.spec.study import StudySpec

_SIGNALS = (StopReason.INTERRUPTED, StopReason.TERMINATED, StopReason.HUNG_UP)


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """How the trial went. ``seconds`` are its own, ``total_seconds`` those with the start of its worker."""

    trial: FrozenTrial
    seconds: float
    total_seconds: float

    def to_json(self) -> dict[str, Any]:
        """The key ``run`` of ``check --json``."""
        return {
            "state": self.trial.state.name,
            "values": self.trial.values,
            "params": self.trial.params,
            "seconds": round(self.seconds, 2),
            "total_seconds": round(self.total_seconds, 2),
        }


def shortened(spec: StudySpec) -> StudySpec:
    """The same study with one trial of one epoch, one worker and nothing but itself to draw on."""
    train = spec.train.model_copy(update={"epochs": 1, "seeds": 1}) if spec.train is not None else None
    workers = spec.workers.model_copy(update={"count": 1})
    budget = spec.budget.model_copy(update={"trials": 1, "failures": 1, "patience": None, "target": None})
    return spec.model_copy(
        update={"train": train, "budget": budget, "warm_start": None, "start": spec.start[:1], "workers": workers}
    )


def dry_run(spec: StudySpec) -> DryRun:
    """Run one short trial of the study in a worker of its own.

    A function of the user's own cannot be shortened and runs one whole trial.

    Raises:
        StudyError: the trial could not be run or failed; the sentence says why.
        KeyboardInterrupt: a signal ended it.
    """
    check_data(spec)
    short, begun = shortened(spec), time.monotonic()
    with TemporaryDirectory(prefix="studyhall-check-") as folder:
        location = StorageLocation.parse(str(Path(folder) / "check.db"))
        stored = create_or_join(location, open_storage(location, create=True), short).stored
        outcome = launch(stored, short.workers, lambda progress: None)
        if outcome.ended in _SIGNALS:
            raise KeyboardInterrupt
        trials = stored.study.get_trials()
        stored.storage.engine.dispose()
    finished = [trial for trial in trials if trial.state in (TrialState.COMPLETE, TrialState.PRUNED)]
    if not finished:
        raise StudyError(
            f"the trial of {quoted(spec.name)} did not get to its end: {_reason(trials) or outcome.detail}"
        )
    (trial,) = finished
    return DryRun(trial=trial, seconds=times_of(trial).seconds or 0.0, total_seconds=time.monotonic() - begun)


def _reason(trials: list[FrozenTrial]) -> str:
    """Why the last failed trial failed, with the parameters it had."""
    failed = [trial for trial in trials if trial.state is TrialState.FAIL]
    if not failed:
        return ""
    attempts = attempts_of(failed[-1].system_attrs)
    detail = attempts[-1].detail if attempts else ""
    first = (detail or str(failed[-1].user_attrs.get("failure", "it failed"))).partition("\n")[0]
    where = [line.strip() for line in detail.splitlines() if line.strip().startswith("File ")]
    return f"{first}" + (f" ({where[-1]})" if where else "") + f"; its parameters: {failed[-1].params or 'none yet'}"
