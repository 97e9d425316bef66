"""check, doctor, rerun: whether a study can run, what this machine has, whether a trial can be repeated."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from objectives.data.remembered import remembering
from objectives.space.search_space import SearchSpace
from studies.analysis import reproduce
from studies.analysis.reproduce import Comparison
from studies.api.places import Storage, find, locate
from studies.errors import StudyFileError
from studies.preflight.data_check import DataCheck, data_check, unseen
from studies.preflight.doctor import Finding, findings
from studies.preflight.dry_run import DryRun, dry_run
from studies.record.budget import check_size
from studies.spec.resolving import resolve
from studies.spec.study import StudySpec
from studies.study_file.reading import read_study


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """A sound study, and what it will do."""

    spec: StudySpec
    size: int | None
    """Points of the space; None: endlessly many, or the objective suggests its own parameters."""
    data: DataCheck | None
    not_looked_at: str | None
    """Why the study's data are not in ``data``."""
    dry_run: DryRun | None
    notes: Sequence[str] = ()
    """What is sound, and perhaps not meant."""

    def to_json(self) -> dict[str, Any]:
        """The stable keys of ``check --json``."""
        facts: dict[str, Any] = {"spec": self.spec.model_dump(mode="json", exclude_none=True), "size": self.size}
        facts |= {"notes": list(self.notes)}
        facts |= {"data": self.data.to_json()} if self.data is not None else {}
        return facts | ({"run": self.dry_run.to_json()} if self.dry_run is not None else {})


def check(
    study: str, settings: Mapping[str, Any] | None = None, *, arguments: Sequence[str] | None = None, run: bool = False
) -> CheckReport:
    """Read a study and find everything that is wrong with it. Starts nothing but by ``run``.

    Args:
        study: a gallery study, a file.toml, or an objective such as file.py:function.
        settings: laid over it, by their dotted keys.
        arguments: the command line of a file of the user's own.
        run: run one trial as well, of one epoch; nothing of it is kept.

    Raises:
        StudyFileError: with all that is wrong.
        StudyError: its trial failed.
        DataError: its data cannot be read or split.
    """
    given = {} if arguments is None else {"arguments": arguments}
    with remembering():
        spec = read_study(study, {**given, **(settings or {})})
        check_size(spec, spec.budget.trials)
        data = data_check(spec)
    if data is not None and data.faults:
        raise StudyFileError(study, [("", fault) for fault in data.faults])
    return CheckReport(
        spec=spec,
        size=SearchSpace(spec.space).size() if spec.space else None,
        data=data,
        not_looked_at=unseen(spec.data) if data is None and spec.data is not None else None,
        dry_run=dry_run(spec) if run else None,
        notes=(*resolve(spec.objective).notes(spec), *(data.notes if data is not None else ())),
    )


def doctor(*, storage: Storage | None = None) -> list[Finding]:
    """What studyhall finds on this machine: versions, devices, storage, data, optional parts. Changes nothing."""
    return findings(locate(storage))


def rerun(
    name: str,
    number: int,
    *,
    storage: Storage | None = None,
    environment: MutableMapping[str, str] | None = None,
) -> Comparison:
    """Train a trial again, with its parameters and the study's seed, and compare. Changes nothing in the study.

    Args:
        environment: takes the variables that pin this process to the device that a worker would have:
            ``os.environ``, in a process that has loaded no framework yet. Without it the comparison is never held
            to the last bit.

    Raises:
        StudyError: there is no such study or trial, or it cannot be repeated.
        RerunError: the objective raised.
        StorageError: the storage cannot be used.
    """
    return reproduce.rerun(find(name, storage), number, environment)
