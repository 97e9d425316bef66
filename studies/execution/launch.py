"""One launch from a checked study to its end: devices dealt, engine chosen, supervisor run."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import joblib
from optuna.trial import TrialState

from objectives.data.loading import absence
from objectives.space.search_space import SearchSpace
from storage.claims import FINISHED, Budget
from studies.errors import StudyError
from studies.execution.devices import Slot, deal, find_gpus, thread_environment, visible
from studies.execution.engines.local import LocalEngine
from studies.execution.outcome import LaunchOutcome, StopReason
from studies.execution.supervisor import Supervisor
from studies.record.progress import Progress
from studies.record.source_study import lost_source
from studies.record.stored import StoredStudy
from studies.sampling.samplers import sampler_of
from studies.spec.resolving import resolve
from studies.spec.settings import WorkerSettings
from studies.spec.study import StudySpec

log = logging.getLogger("studyhall.launch")


def launch(stored: StoredStudy, workers: WorkerSettings, view: Callable[[Progress], None]) -> LaunchOutcome:
    """Run the study with these workers until it ends; ``view`` is shown its progress about once a second.

    Raises:
        DeviceError: the devices asked for are not there.
        StudyError: the study was not made by studyhall, or its data are gone.
    """
    spec = stored.required_spec()
    left = trials_left(stored)
    if left == 0:
        return LaunchOutcome(ended=StopReason.BUDGET_REACHED)
    check_data(spec)
    count = workers.count if left is None else min(workers.count, left)
    if (lost := lost_source(stored)) is not None:
        log.warning("study %r, which this one was warm-started from, is gone; the sampler goes on without it", lost)
    slots = deal_slots(spec, workers.model_copy(update={"count": count}))
    objective = resolve(spec.objective)
    threads = spec.threads or max(1, int(joblib.cpu_count()) // count)
    engine = LocalEngine(
        preload_tensorflow="tensorflow" in objective.frameworks(spec),
        environment={**thread_environment(threads), **objective.environment(spec)},
        log=stored.files / "logs" / "imports.log",
    )
    return Supervisor(stored, engine, slots, view, cooperative=objective.is_cooperative, workers=workers).run()


def deal_slots(spec: StudySpec, workers: WorkerSettings) -> list[Slot]:
    """A slot for each of the study's workers.

    Raises:
        DeviceError: the devices asked for are not there.
    """
    uses_gpus = resolve(spec.objective).uses_gpus
    return deal(
        visible(find_gpus()) if uses_gpus and workers.devices != "none" else [],
        workers=workers.count,
        cores=int(joblib.cpu_count()),
        devices=workers.devices if uses_gpus else "none",
        per_device=workers.per_device,
        threads=spec.threads,
    )


def trials_left(stored: StoredStudy) -> int | None:
    """How many more trials the budget wants finished; None without such a budget."""
    budget = stored.budget
    if budget.trials is None:
        return None
    counts = stored.storage.count_states(stored.study_id)
    return max(0, budget.trials - sum(counts[state] for state in FINISHED))


def raise_budget(stored: StoredStudy, *, trials: int | None = None, more_seconds: float | None = None) -> Budget:
    """Set the number of trials, and add to the time; one transaction, so that two terminals both count."""
    with stored.storage.transaction():
        budget = stored.budget
        if trials is not None:
            check_size(stored.required_spec(), trials)
            counts = stored.storage.count_states(stored.study_id)
            finished = sum(counts[state] for state in FINISHED)
            if trials < finished:
                raise StudyError(
                    f"study {stored.name!r} has {finished} finished trials, which is more than {trials} already; "
                    f"give a number above {finished} to go on"
                )
            budget = replace(budget, trials=trials)
        if more_seconds is not None:
            budget = replace(budget, seconds=(budget.seconds or 0.0) + more_seconds)
        budget.store(stored.storage, stored.study_id)
    return budget


def check_size(spec: StudySpec, trials: int | None) -> None:
    """Refuse a budget of more trials than a finite sampler has points.

    Raises:
        StudyError: with the number of points.
    """
    size = SearchSpace(spec.space).size() if sampler_of(spec).covers_space else None
    if size is not None and trials is not None and trials > size:
        raise StudyError(
            f"the {spec.sampler.name} of study {spec.name!r} has {size} points, and {trials} trials are asked for; "
            f"give `--trials {size}` or fewer"
        )


def check_data(spec: StudySpec) -> None:
    """Refuse a study whose data are certainly not there, before anything is started for it.

    Raises:
        StudyError: says where they were looked for.
    """
    if spec.data is not None and (sentence := absence(spec.data.dataset)) is not None:
        raise StudyError(sentence)


def exit_code(stored: StoredStudy, outcome: LaunchOutcome) -> int:
    """What `launch` and `resume` exit with."""
    code = _EXIT_CODES[outcome.ended]
    counts = stored.storage.count_states(stored.study_id)
    finished = sum(counts[state] for state in FINISHED)
    if code == 0 and finished == 0 and counts[TrialState.FAIL] > 0:
        return 1
    return code


_EXIT_CODES = {
    StopReason.BUDGET_REACHED: 0,
    StopReason.EXHAUSTED: 0,
    StopReason.STOPPED: 0,
    StopReason.TIME_OVER: 0,
    StopReason.TARGET_REACHED: 0,
    StopReason.STALLED: 0,
    StopReason.INTERRUPTED: 130,
    StopReason.TERMINATED: 143,
    StopReason.HUNG_UP: 129,
    StopReason.TOO_MANY_FAILURES: 1,
    StopReason.UNUSABLE: 1,
    StopReason.GIVEN_UP: 1,
}
