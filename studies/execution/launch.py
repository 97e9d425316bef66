"""One launch from a checked study to its end: engine chosen, slots found, supervisor run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from objectives.data.loading import absence
from studies.errors import StudyError
from studies.execution.devices import Slot, SlotRequest, thread_environment
from studies.execution.engines.base import Preparation
from studies.execution.engines.table import DEFAULT_ENGINE, engine_named
from studies.execution.outcome import LaunchOutcome, StopReason
from studies.execution.supervisor import Supervisor
from studies.record.budget import trials_left
from studies.record.noticed import data_notes, unasked
from studies.record.progress import Progress
from studies.record.source_study import lost_source
from studies.record.stored import StoredStudy
from studies.record.training_version import note_training
from studies.record.unowned import unowned_sentence
from studies.spec.resolving import resolve
from studies.spec.settings import WorkerSettings
from studies.spec.study import StudySpec

log = logging.getLogger("studyhall.launch")

_MOST_NOTES = 6


def launch(
    stored: StoredStudy,
    workers: WorkerSettings,
    view: Callable[[Progress], None],
    *,
    engine: str = DEFAULT_ENGINE,
    slots: Sequence[Slot] = (),
) -> LaunchOutcome:
    """Run a study whose data were checked until it ends.

    Args:
        view: is shown its progress about once a second.
        slots: those that were found for all the workers already. Found anew where fewer are needed, so that these
            have more threads each.

    Raises:
        DeviceError: the devices asked for are not there.
        StudyError: the study was not made by studyhall, or there is no such engine.
    """
    spec = stored.required_spec()
    if (sentence := unowned_sentence(stored)) is not None:
        log.warning("%s", sentence)
    left = trials_left(stored)
    if left == 0:
        return LaunchOutcome(ended=StopReason.BUDGET_REACHED)
    if (lost := lost_source(stored)) is not None:
        log.warning("study %r, which this one was warm-started from, is gone; the sampler goes on without it", lost)
    if (other := note_training(stored)) is not None:
        log.warning(other)
    count = workers.count if left is None else min(workers.count, left)
    if len(slots) != count:
        slots = find_slots(spec, workers.model_copy(update={"count": count}), engine=engine)
    objective = resolve(spec.objective)
    preparation = Preparation(
        frameworks=objective.frameworks(spec),
        task=objective.task(spec),
        environment={**thread_environment(slots[0].threads), **objective.environment(spec)},
        log=stored.files / "logs" / "imports.log",
        grace_seconds=None if objective.is_cooperative else stored.budget.grace,
    )
    supervisor = Supervisor(
        stored=stored,
        engine=engine_named(engine)(preparation),
        slots=slots,
        view=view,
        cooperative=objective.is_cooperative,
        workers=workers,
    )
    outcome = supervisor.run()
    _tell_of_data(data_notes(stored))
    for name, number in unasked(stored).items():
        log.warning(
            "trial %d was complete and had never asked for %s, which [space] declares: points that differ in it alone "
            "are evaluated again; give it a `when`, or leave it out",
            number,
            name,
        )
    return outcome


def _tell_of_data(notes: Sequence[str]) -> None:
    for note in notes[:_MOST_NOTES]:
        log.warning("data: %s", note)
    if (more := len(notes) - _MOST_NOTES) > 0:
        log.warning("data: %d more such notes, which `studyhall check` shows", more)


def find_slots(spec: StudySpec, workers: WorkerSettings, *, engine: str = DEFAULT_ENGINE) -> list[Slot]:
    """A slot for each of the study's workers.

    Raises:
        DeviceError: the devices asked for are not there.
        StudyError: there is no such engine.
    """
    request = SlotRequest(
        workers=workers.count,
        devices=workers.devices if resolve(spec.objective).uses_gpus else "none",
        per_device=workers.per_device,
        threads=spec.threads,
    )
    return engine_named(engine).find_slots(request)


def check_data(spec: StudySpec) -> None:
    """Refuse a study whose data are certainly not there, before anything is started for it.

    Raises:
        StudyError: says where they were looked for.
    """
    if spec.data is not None and (sentence := absence(spec.data.dataset)) is not None:
        raise StudyError(sentence)
