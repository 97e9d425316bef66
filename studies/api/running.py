"""launch, resume, worker: what makes a study run."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypedDict, Unpack

from pydantic import ValidationError

from objectives.wording import did_you_mean, quoted
from storage import StorageLocation, open_storage
from studies.api.places import Storage, find, locate
from studies.errors import StudyError, StudyFileError
from studies.execution.devices import Slot
from studies.execution.engines.table import DEFAULT_ENGINE, engine_named
from studies.execution.launch import check_data, find_slots
from studies.execution.launch import launch as run_workers
from studies.execution.outcome import LaunchOutcome, StopReason, exit_code
from studies.record.budget import check_size, raise_budget, trials_left
from studies.record.closing import reopen
from studies.record.creation import create_or_join, never_began
from studies.record.fingerprint import check_source
from studies.record.progress import Progress, read_progress
from studies.record.stored import StoredStudy
from studies.record.unowned import check_decision, settle_unowned
from studies.spec.resolving import resolve
from studies.spec.settings import WorkerSettings, seconds
from studies.study_file.messages import sentence
from studies.study_file.reading import read_study

log = logging.getLogger("studyhall.launch")

Devices = Sequence[int] | Literal["all", "none"]
View = Callable[[Progress], None]
"""Is shown a running study about once a second."""


@dataclass(frozen=True, kw_only=True)
class LaunchReport:
    """How a launch ended, and how its study stands now."""

    outcome: LaunchOutcome
    exit_code: int
    """0 for a good end, as the command line exits with it."""
    progress: Progress
    location: StorageLocation
    files: Path
    nothing_to_do: bool
    """Its budget was reached before."""

    def to_json(self) -> dict[str, Any]:
        """The stable keys of ``launch --json``."""
        outcome = {"outcome": self.outcome.ended.name.lower(), "detail": self.outcome.detail}
        return {**outcome, "exit_code": self.exit_code, **self.progress.to_json()}


class LaunchOptions(TypedDict, total=False):
    """What `launch` and `start` take beside the study; what is left out is as the study file says."""

    storage: Storage | None
    name: str | None
    workers: int | None
    devices: Devices | None
    workers_per_device: int | None
    trials: int | None
    timeout: float | str | None
    directions: Sequence[str] | str | None
    sampler: str | None
    pruner: str | None
    seed: int | None
    settings: Mapping[str, Any] | None
    arguments: Sequence[str] | None
    engine: str
    accept_changes: bool
    unowned: str | None


def launch(study: str, *, view: View | None = None, **options: Unpack[LaunchOptions]) -> LaunchReport:
    """Run a study with parallel workers to its end: start it, or go on with it where it was left.

    Args:
        study: a gallery study, a file.toml, or an objective such as file.py:function.
        view: is shown the study's progress about once a second.
        options: ``storage`` (a path or URL), ``name`` (another one for the study), ``workers`` (parallel processes),
            ``devices`` ("all", "none", or numbers of GPUs), ``workers_per_device``, ``trials`` (finished ones that
            the whole study is to have), ``timeout`` (its running time: seconds, or text such as "2h"),
            ``directions``, ``sampler``, ``pruner``, ``seed``, ``settings`` (any other setting by its dotted key,
            such as ``{"train.epochs": 3}``), ``arguments`` (the command line of a file of the user's own),
            ``engine`` (where workers run), ``accept_changes`` (go on although the objective has changed),
            ``unowned`` ("requeue" or "fail": what becomes of RUNNING trials that nobody can be shown to hold; give
            it only when no other program works on the study).

    Raises:
        StudyFileError: with all that is wrong with the study.
        StudyError: it cannot run as asked.
        StorageError: the storage cannot be used.
    """
    ready = prepare(study, **options)
    return run(ready.stored, ready.workers, view, engine=ready.engine, slots=ready.slots)


def resume(
    name: str,
    *,
    storage: Storage | None = None,
    workers: int | None = None,
    devices: Devices | None = None,
    workers_per_device: int | None = None,
    trials: int | None = None,
    timeout: float | str | None = None,
    engine: str = DEFAULT_ENGINE,
    accept_changes: bool = False,
    unowned: str | None = None,
    view: View | None = None,
) -> LaunchReport:
    """Go on with a study that was interrupted, or give it a larger budget.

    Args:
        trials: finished trials that the whole study is to have.
        timeout: time to add to the study's: seconds, or text such as "1h".
        unowned: see `launch`.

    Raises:
        StudyError: there is no such study, or it cannot go on as asked.
        StorageError: the storage cannot be used.
    """
    stored = find(name, storage)
    engine_named(engine)  # refused also where there is nothing left to run
    check_decision(unowned)
    check_source(stored, accept=accept_changes or never_began(stored))
    if trials is not None or timeout is not None:
        raise_budget(stored, trials=trials, more_seconds=_seconds(timeout))
    _go_on(stored, unowned)
    return run(stored, _workers(stored, workers, devices, workers_per_device), view, engine=engine)


def worker(
    name: str,
    *,
    storage: Storage | None = None,
    workers: int | None = 1,
    devices: Devices | None = None,
    workers_per_device: int | None = None,
    view: View | None = None,
) -> LaunchReport:
    """Join a study that runs elsewhere with workers of this process.

    Raises:
        StudyError: there is no such study, or it cannot go on as asked.
        StorageError: the storage cannot be used.
    """
    stored = find(name, storage)
    check_source(stored, accept=False)
    return run(stored, _workers(stored, workers, devices, workers_per_device), view)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A study that is checked, and stands in its storage."""

    stored: StoredStudy
    workers: WorkerSettings
    engine: str
    slots: Sequence[Slot]


def prepare(study: str, **options: Unpack[LaunchOptions]) -> Prepared:
    """Everything of `launch` before its workers start: the study checked, and made in its storage or joined there.

    Raises:
        TypeError: an option that there is not.
    """
    if unknown := options.keys() - LaunchOptions.__annotations__.keys():
        known = LaunchOptions.__annotations__
        raise TypeError(f"no option {min(unknown)!r}; allowed: {', '.join(known)}{did_you_mean(min(unknown), known)}")
    given, unowned = _settings(options), options.get("unowned")
    check_decision(unowned)
    spec = read_study(study, given)
    check_size(spec, spec.budget.trials)
    check_data(spec)
    engine = options.get("engine", DEFAULT_ENGINE)
    slots = find_slots(spec, spec.workers, engine=engine)
    location = locate(options.get("storage"))
    accept = options.get("accept_changes", False)
    for note in resolve(spec.objective).notes(spec):
        log.warning(note)
    joined = create_or_join(location, open_storage(location, create=True), spec, accept_changes=accept)
    stored = joined.stored
    check_source(stored, accept=accept or never_began(stored))
    if not joined.is_new:
        # A number given now is meant; one that merely stands in the file never lowers what was raised before.
        with stored.storage.transaction():
            budget, wish = stored.budget, spec.budget.to_budget()
            is_given = "budget.trials" in given
            replace(
                wish,
                points=budget.points,
                trials=budget.trials if is_given else _higher(budget.trials, wish.trials),
                seconds=_higher(budget.seconds, wish.seconds),
            ).store(stored.storage, stored.study_id)
            if is_given:
                raise_budget(stored, trials=wish.trials)
    _go_on(stored, unowned)
    return Prepared(stored=stored, workers=spec.workers, engine=engine, slots=slots)


def run(
    stored: StoredStudy,
    workers: WorkerSettings,
    view: View | None,
    *,
    engine: str = DEFAULT_ENGINE,
    slots: Sequence[Slot] = (),
) -> LaunchReport:
    """Run a study whose data were checked; see `launch`."""
    with stored.kept_for_resume(), stored.while_there():
        before = read_progress(stored)
        outcome = run_workers(stored, workers, view or (lambda progress: None), engine=engine, slots=slots)
        progress = read_progress(stored)
    return LaunchReport(
        outcome=outcome,
        exit_code=exit_code(stored, outcome),
        progress=progress,
        location=stored.location,
        files=stored.files,
        nothing_to_do=outcome.ended is StopReason.BUDGET_REACHED and before.finished == progress.finished,
    )


def _go_on(stored: StoredStudy, unowned: str | None) -> None:
    """Undo what keeps a study from going on that an objective or a limit has ended, for that is what is wanted now."""
    reopen(stored)
    if unowned is not None and (sentence := settle_unowned(stored, unowned)) is not None:
        log.warning("%s", sentence)


def _workers(
    stored: StoredStudy, workers: int | None, devices: Devices | None, per_device: int | None
) -> WorkerSettings:
    """The study's, with what is given now; its data are checked, which it needs from here on.

    Raises:
        StudyFileError: what is given now is no such setting.
    """
    spec = stored.required_spec()
    if trials_left(stored) != 0:
        check_data(spec)
    wish = {"count": workers, "devices": devices, "per_device": per_device}
    given = {key: value for key, value in wish.items() if value is not None}
    try:
        return WorkerSettings.model_validate({**spec.workers.model_dump(), **given})
    except ValidationError as error:
        faults = [sentence({**row, "loc": ("workers", *row["loc"])}, {}) for row in error.errors()]
        raise StudyFileError(f"study {quoted(stored.name)}", faults) from None


def _settings(options: LaunchOptions) -> dict[str, Any]:
    """The options as the study file's keys; ``settings`` wins where both name one."""
    directions = options.get("directions")
    given: dict[str, Any] = {
        "name": options.get("name"),
        "budget.trials": options.get("trials"),
        "budget.timeout": options.get("timeout"),
        "directions": directions.split(",") if isinstance(directions, str) else directions,
        "sampler": options.get("sampler"),
        "pruner": options.get("pruner"),
        "seed": options.get("seed"),
        "arguments": options.get("arguments"),
        "workers.count": options.get("workers"),
        "workers.devices": options.get("devices"),
        "workers.per_device": options.get("workers_per_device"),
    }
    return {key: value for key, value in given.items() if value is not None} | dict(options.get("settings") or {})


def _seconds(timeout: float | str | None) -> float | None:
    try:
        found = seconds(timeout) if isinstance(timeout, str) else timeout
    except ValueError as error:
        raise StudyError(f"timeout: found {timeout!r}", str(error)) from None
    if found is not None and not 0 < found < math.inf:
        raise StudyError(f"timeout: found {timeout!r}", "allowed: more than 0 seconds")
    return found


def _higher(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else max(one, other)
