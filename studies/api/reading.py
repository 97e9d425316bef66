"""status, show, trial, best: what only reads one study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from optuna.study import StudyDirection
from optuna.trial import FrozenTrial

from objectives.wording import quoted
from storage import StorageLocation
from storage.attempts import Attempt, attempts_of
from storage.optuna_schema import trial_id_of
from studies.analysis.learning_curves import Curves, Finding, diagnose
from studies.api.places import Storage, find
from studies.errors import StudyError
from studies.record.best import best_trial
from studies.record.progress import Progress, read_progress
from studies.record.stored import StoredStudy, stored_trial
from studies.sampling.optuna_private import pareto_front
from studies.spec.study import StudySpec
from studies.wording import offered


@dataclass(frozen=True, kw_only=True)
class StudyReport:
    """A study with its trials. ``spec`` is None for a plain Optuna study that studyhall has never run."""

    name: str
    location: StorageLocation
    files: Path
    spec: StudySpec | None
    trials: Sequence[FrozenTrial]


@dataclass(frozen=True, kw_only=True)
class TrialReport:
    """A trial, everybody who has tried it, its learning curves and what they say."""

    trial: FrozenTrial
    attempts: Sequence[Attempt]
    curves: Curves
    findings: Sequence[Finding]


@dataclass(frozen=True, kw_only=True)
class BestTrials:
    """The best trial; with several objectives the Pareto front, the best by the first one first."""

    value_names: Sequence[str]
    trials: Sequence[FrozenTrial]


def status(name: str, *, storage: Storage | None = None) -> Progress:
    """How a study stands, over all workers and machines. Changes nothing.

    Raises:
        StudyNotFound: there is no such study.
        StorageError: the storage cannot be used.
    """
    return read_progress(find(name, storage))


def show(name: str, *, storage: Storage | None = None) -> StudyReport:
    """A study and its trials.

    Raises:
        StudyNotFound: there is no such study.
        StorageError: the storage cannot be used.
    """
    return report_of(find(name, storage))


def report_of(stored: StoredStudy) -> StudyReport:
    """The study and its trials as they are now."""
    trials = stored.study.get_trials(deepcopy=False)
    return StudyReport(name=stored.name, location=stored.location, files=stored.files, spec=stored.spec, trials=trials)


def trial(name: str, number: int, *, storage: Storage | None = None) -> TrialReport:
    """One trial whole.

    Raises:
        StudyError: there is no such study or trial.
        StorageError: the storage cannot be used.
    """
    found = stored_trial(find(name, storage), number)
    curves = Curves.of(found.user_attrs)
    return TrialReport(trial=found, attempts=attempts_of(found.system_attrs), curves=curves, findings=diagnose(curves))


def best(name: str, *, storage: Storage | None = None) -> BestTrials:
    """The best feasible trial, or the Pareto front of a study with several objectives.

    Raises:
        StudyError: there is no such study, or it has no complete or no feasible trial yet.
        StorageError: the storage cannot be used.
    """
    stored = find(name, storage)
    with stored.storage.snapshot():
        directions = stored.storage.get_study_directions(stored.study_id)
        trials = stored.overview.look()
        one = best_trial(trials, directions[0]) if len(directions) == 1 else None
        best_ones = pareto_front(trials, directions) if len(directions) > 1 else [] if one is None else [one]
        found = stored.storage.trials_of([trial_id_of(trial) for trial in best_ones])
    sign = -1 if directions[0] is StudyDirection.MAXIMIZE else 1
    found.sort(key=lambda row: (sign * row.values[0], row.number))
    if not found:
        progress = read_progress(stored)
        if progress.none_feasible:
            raise StudyError(
                f"study {quoted(name)} has no feasible trial yet: "
                f"all {progress.complete} complete trials break a constraint",
                f"{offered('show', name)} lists them",
            )
        raise StudyError(
            f"study {quoted(name)} has no complete trial yet", f"{offered('status', name)} shows how it stands"
        )
    return BestTrials(value_names=stored.value_names, trials=found)
